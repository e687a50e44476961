//! The interpreter that has the packages of `.ci/clients`.

use std::env;
use std::path::{Path, PathBuf};

/// The interpreter. Without it, says that the test of this package is skipped. `tmpdir` is `CARGO_TARGET_TMPDIR`, which
/// only a test has.
pub fn installed(tmpdir: &str, package: &str) -> Option<PathBuf> {
    // `.ci/clients` puts it into the folder of the build.
    let python = Path::new(tmpdir).join("../python-clients/bin/python");
    if python.is_file() {
        return Some(python);
    }
    let text = format!("skipped: {package} is not installed (bash .ci/clients)");
    let is_required = env::var("HEALTH_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
    assert!(!is_required, "{text}");
    eprintln!("{text}");
    None
}
