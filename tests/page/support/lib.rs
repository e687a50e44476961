//! What the tests of the page share: a browser, and services in every state.

mod browser;
mod services;

pub use browser::{Browser, Scheme};
pub use services::{Course, HISTORY, Served, Service, broken, check, failing, many, steady};

use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Whether this must be installed, as in CI. Without the variable, a test without it is skipped.
#[must_use]
pub fn is_required() -> bool {
    std::env::var_os("HEALTH_REQUIRE_SERVICES").is_some()
}

/// A folder of the build.
///
/// # Panics
///
/// If the test does not run from the folder of a build.
#[must_use]
pub fn folder(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap(); // target/debug/deps/states-0123
    test.ancestors().nth(3).unwrap().join(name)
}

/// Calls `look` until it returns a value, for `most` at most. For what happens in another process.
///
/// # Panics
///
/// If there is no value by then.
pub fn until<T>(what: &str, most: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < most, "it did not happen in {most:?}: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
