//! [`StartError`]: why a health engine does not start, and the way out of it.

use std::error::Error;
use std::fmt;

/// Why a health engine does not start. More reasons may be added.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// There is no tokio runtime here to run the checks on.
    NoRuntime,
    /// Two checks have the same name.
    DuplicateName(String),
    /// A nested struct has the name of a check or of another nested struct, so that it says nothing which of them is
    /// asked for.
    AmbiguousName(String),
    /// A check has a name that no path can have: it begins with `a`-`z` or `0`-`9`, consists of at most 64 of those, `_`,
    /// `.`, `-`, and is not `live`, `ready` or `startup`.
    Name(String),
    /// A nested struct has a name that none can have: it begins with `a`-`z` or `0`-`9`, consists of at most 64 of those,
    /// `_` and `-`, and is not `live`, `ready` or `startup`.
    NestName(String),
    /// Structs are nested in one another more than 32 deep: one of them contains itself. The path says by which fields.
    NestedTooDeep(String),
    /// A check that was added by hand is in the liveness probe, and nothing says that a restart of this process fixes it:
    /// neither `in_process` nor `restart_helps` on its spec, nor [`Checks::add_live`](crate::Checks::add_live).
    Liveness(String),
    /// An option of a check is beyond a limit, or contradicts another one. The derive refuses the same options while
    /// compiling.
    Check {
        /// The check's full name, with the names of the nested structs that lead to it.
        name: String,
        /// Which option is wrong, and how to fix it.
        problem: String,
    },
    /// An option of the service, or a default for its checks, is beyond a limit or contradicts another one. The text says
    /// which option is wrong, and how to fix it.
    Service(String),
    /// The prefix is not one: it has to begin with `/`, not to end with it, and to consist of letters, digits, `/`, `_`,
    /// `-`, `.` and `~`, without parts that are `.` or `..`.
    Prefix(String),
    /// The operating system gave no thread, or no file descriptors for it.
    Thread(std::io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRuntime => f.write_str(
                "no tokio runtime here to run the checks on; start health inside `#[tokio::main]`, or after `let _guard = runtime.enter();`",
            ),
            Self::DuplicateName(name) => {
                write!(f, "two health checks are named `{name}`; rename one with `name = \"...\"`")
            }
            Self::AmbiguousName(name) => write!(
                f,
                "`{name}` is the name of a nested struct and of something else, and in a probe's path could mean either; rename one with `name = \"...\"`"
            ),
            Self::NestName(name) => write!(
                f,
                "{name:?} is not a valid name for a nested struct; it begins with `a`-`z` or `0`-`9`, consists of at most 64 of those, `_` and `-`, and is not `live`, `ready` or `startup`"
            ),
            Self::NestedTooDeep(path) => write!(
                f,
                "health states are nested more than 32 deep, at `{path}`; a struct that contains itself cannot be `nested` in itself"
            ),
            Self::Name(name) => write!(
                f,
                "{name:?} is not a valid name for a check; it begins with `a`-`z` or `0`-`9`, consists of at most 64 of those, `_`, `.` and `-`, and is not `live`, `ready` or `startup`"
            ),
            Self::Liveness(name) => write!(
                f,
                "health check `{name}` does not belong in the liveness probe: what fails there restarts this process, and nothing says that a restart fixes it; leave `liveness` out, or add `in_process` if it looks only at this process, or say why a restart helps: `restart_helps(\"...\")`"
            ),
            Self::Check { name, problem } => write!(f, "health check `{name}`: {problem}"),
            Self::Service(problem) => write!(f, "service options: {problem}"),
            Self::Prefix(prefix) => write!(
                f,
                "{prefix:?} is not a valid prefix for probes; it begins with `/`, does not end with `/`, and consists of letters, digits, `/`, `_`, `-`, `.`, `~`"
            ),
            Self::Thread(_) => f.write_str("cannot start the thread that paces the checks"),
        }
    }
}

impl StartError {
    /// Panics with it, where starting has no other way to fail.
    #[track_caller]
    pub(crate) fn refuse(&self) -> ! {
        match self.source() {
            Some(source) => panic!("cannot start health: {self}: {source}"),
            None => panic!("cannot start health: {self}"),
        }
    }
}

impl Error for StartError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Thread(error) => Some(error),
            _ => None,
        }
    }
}
