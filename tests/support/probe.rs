//! The client for a `HEALTHCHECK`: `probe --probe [URL]` like an application, `probe URL` with the exit code of `run`.
//! `TIMEOUT_MS` and `DEFAULT_URL` are what an application writes in its code.

use std::env;
use std::process::ExitCode;
use std::time::Duration;

use health_runtime::probe;

fn main() -> ExitCode {
    let timeout = env::var("TIMEOUT_MS").expect("the test sets it");
    let timeout = Duration::from_millis(timeout.parse().expect("a number"));
    let url = env::var("DEFAULT_URL").unwrap_or_default();
    probe::exit_if_asked(&url, timeout);
    if let Some(url) = env::args().nth(1) {
        return probe::run(&url, timeout);
    }
    println!("the service runs");
    ExitCode::SUCCESS
}
