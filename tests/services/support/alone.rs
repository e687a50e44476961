//! A test in a process of its own, for what the kernel counts for a whole process.

use std::env;
use std::process::Command;
use std::thread;

const ALONE: &str = "HEALTH_TEST_IS_ALONE";

/// Runs the calling test once more, in a process of its own, and returns true: then the test is done. Returns false in
/// that process. Call it first in a test, on the thread of the test.
///
/// # Panics
///
/// If the test fails there.
#[must_use = "the test is done if it is true"]
pub fn ran_alone() -> bool {
    if is_alone() {
        return false;
    }
    let thread = thread::current();
    let test = thread.name().expect("the thread of a test has its name");
    // `setpriv`: the kernel ends that process together with this thread.
    let output = Command::new("setpriv")
        .args(["--pdeathsig", "KILL"])
        .arg(env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    print!("{printed}");
    let has_passed = output.status.success() && printed.contains("\ntest result: ok. 1 passed");
    assert!(has_passed, "`{test}` has failed: {}\n{errors}", output.status);
    true
}

pub(crate) fn is_alone() -> bool {
    env::var_os(ALONE).is_some()
}
