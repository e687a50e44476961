//! A client for Docker's `HEALTHCHECK`. It asks a probe of the service from inside the container, so the image does not
//! need `curl`.
//!
//! ```no_run
//! use health_runtime::probe;
//! use std::time::Duration;
//!
//! fn main() -> std::io::Result<()> {
//!     // The first line of `main`: the command `app --probe` asks the running service, and exits.
//!     probe::exit_if_asked("http://localhost:3000/livez", Duration::from_secs(2));
//!     // … the service
//!     Ok(())
//! }
//! ```
//!
//! ```dockerfile
//! HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["/app", "--probe"]
//! ```
//!
//! The page on [containers](crate::_documentation::containers) explains which probe to ask and which intervals fit.
//! This module needs no feature and no runtime.

mod answer;
mod connect;
mod deadline;
mod target;

use std::env;
use std::io::{self, Write as _};
use std::process::{self, ExitCode};
use std::time::Duration;

use self::deadline::Deadline;
use self::target::Target;

/// The argument that [`exit_if_asked`] looks for.
pub(crate) const ARGUMENT: &str = "--probe";

/// The exit codes of a `HEALTHCHECK`. Docker reserves 2.
const HEALTHY: u8 = 0;
const UNHEALTHY: u8 = 1;

/// Sends one GET request to this URL, and returns the exit code for Docker's `HEALTHCHECK`: 0 if the status code of the
/// answer is between 200 and 299, otherwise 1. It never returns 2, which Docker reserves.
///
/// If the code is 1, this function prints one line with the cause to standard error, for example
/// `503: unhealthy (db: timeout)`. Docker keeps this line, and `docker inspect` shows it. If the code is 0, nothing is
/// printed.
///
/// Return the code from `main`. If your `main` returns something else, use [`exit_if_asked`].
///
/// ```no_run
/// use health_runtime::probe;
/// use std::process::ExitCode;
/// use std::time::Duration;
///
/// fn main() -> ExitCode {
///     if std::env::args().any(|argument| argument == "--probe") {
///         return probe::run("http://localhost:3000/livez", Duration::from_secs(2));
///     }
///     // … the service
///     ExitCode::SUCCESS
/// }
/// ```
///
/// # The URL
///
/// The URL is `http://HOST[:PORT][/PATH][?QUERY]`. The port is 80 by default, and the path is `/`. The host is a name,
/// an IPv4 address, or an IPv6 address in brackets. A fragment is ignored.
///
/// `localhost` is always `127.0.0.1` and `::1`, in this order, without a lookup. Any other name is resolved as usual on
/// the system. The addresses of a name are tried one after the other, until one accepts the connection.
///
/// An `https` URL is not supported, because a server in the same container needs no encryption. Ask a port that serves
/// plain HTTP instead, such as that of `serve_internal`. A user name or a password in the URL is not supported either.
/// If the URL is wrong, the code is 1, and the line says what to write.
///
/// # The timeout
///
/// The timeout covers everything: looking up the name, connecting, sending and waiting for the answer. A timeout of
/// more than 24 h is treated as 24 h. The timeout should be:
///
/// - shorter than the `--timeout` of the `HEALTHCHECK`, so that the line is printed before Docker ends the command;
/// - longer than [`probe_budget`](crate::HealthBuilder::probe_budget), which is 800 ms by default, because the service
///   may wait that long for a check before it answers.
///
/// If the lookup of a name hangs, its thread continues to run until the process ends.
///
/// # What counts as an answer
///
/// Only the status code counts. If it is between 200 and 299, the function returns without reading the headers and the
/// body. Otherwise, it reads the body to find the reason, up to 64 KiB and until the timeout. Interim answers (1xx) are
/// skipped. Redirects are not followed, and are treated as failures. `HTTP_PROXY` and similar variables are ignored.
///
/// # Blocking
///
/// This function blocks its thread. Call it before the service starts, not in a running service.
pub fn run(url: &str, timeout: Duration) -> ExitCode {
    ExitCode::from(code(url, timeout))
}

/// Exits the process with the code of [`run`] if its first argument is `--probe`. Otherwise, this function does
/// nothing.
///
/// Call it first in `main`, before any other work. It works with every return type of `main`. A second argument
/// replaces `url`, so that the command can ask another probe: `["/app", "--probe", "http://localhost:9090/readyz"]`.
/// With more arguments, the exit code is 1.
///
/// ```no_run
/// use health_runtime::probe;
/// use std::time::Duration;
///
/// #[tokio::main]
/// async fn main() -> std::io::Result<()> {
///     probe::exit_if_asked("http://localhost:3000/livez", Duration::from_secs(2));
///     // … the service
///     Ok(())
/// }
/// ```
pub fn exit_if_asked(url: &str, timeout: Duration) {
    let mut arguments = env::args_os().skip(1);
    if arguments.next().is_none_or(|first| first != ARGUMENT) {
        return;
    }
    let code = match (arguments.next(), arguments.next()) {
        (None, _) => code(url, timeout),
        (Some(url), None) => code(&url.to_string_lossy(), timeout),
        (Some(_), Some(_)) => failed("`--probe` takes one URL at most"),
    };
    process::exit(code.into());
}

fn code(url: &str, timeout: Duration) -> u8 {
    match ask(url, timeout) {
        Ok(()) => HEALTHY,
        Err(why) => failed(&why),
    }
}

fn failed(why: &str) -> u8 {
    // Not `eprintln!`: it panics if nobody reads standard error any more, and then the exit code is 101.
    let _ = writeln!(io::stderr(), "{why}");
    UNHEALTHY
}

fn ask(url: &str, timeout: Duration) -> Result<(), String> {
    let target = Target::parse(url)?;
    let deadline = Deadline::after(timeout);
    let stream = connect::connect(&target, &deadline)?;
    answer::get(stream, &target, &deadline)
}

/// Text from outside on one line of plain ASCII. It is cut after this many bytes.
fn plain(text: &str, limit: usize) -> String {
    let mut line = String::new();
    for c in text.chars() {
        let before = line.len();
        if c == ' ' || c.is_ascii_graphic() {
            line.push(c);
        } else {
            line.extend(c.escape_default());
        }
        if line.len() > limit {
            line.truncate(before);
            line.push_str("...");
            break;
        }
    }
    line
}
