//! [`StartError`], the error if a health engine cannot start.

use std::error::Error;
use std::fmt;

/// An error that occurs when a health engine cannot be started. More variants may be added in the future.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The engine was not started inside a tokio runtime, which it needs in order to run the checks.
    NoRuntime,
    /// Two checks have the same name.
    DuplicateName(String),
    /// A nested struct has the same name as a check or another nested struct, which makes the name ambiguous.
    AmbiguousName(String),
    /// A check has an invalid name. A name must begin with `a`-`z` or `0`-`9`, and can only contain these characters,
    /// `_`, `.` and `-`, with a maximum length of 64. The names `live`, `ready` and `startup` are reserved.
    Name(String),
    /// A nested struct has an invalid name. A name must begin with `a`-`z` or `0`-`9`, and can only contain these
    /// characters, `_` and `-`, with a maximum length of 64. The names `live`, `ready` and `startup` are reserved.
    NestName(String),
    /// Structs are nested more than 32 levels deep, which means that one of them contains itself. The string is the
    /// path of the fields that lead there.
    NestedTooDeep(String),
    /// A check that was added by hand is in the liveness probe, but nothing says why restarting the process would fix a
    /// failure. To give a reason, set `in_process` or `restart_helps` on the check's spec, or add the check with
    /// [`Checks::add_live`](crate::Checks::add_live).
    Liveness(String),
    /// One of a check's options is out of range or contradicts another option. The derive macro rejects the same
    /// options at compile time, except in `depends_on`: it does not see the checks outside of the struct. There, the
    /// start refuses a name that no check has, and a check that depends on itself through others.
    Check {
        /// The full name of the check, including the names of the nested structs that lead to it.
        name: String,
        /// A message that says which option is wrong and how to fix it.
        problem: String,
    },
    /// An option of the service, or one of the defaults for its checks, is out of range or contradicts another option.
    /// The message says which option is wrong and how to fix it.
    Service(String),
    /// The prefix is invalid. A prefix is empty, or it must begin with `/`, must not end with `/`, and can only contain
    /// letters, digits, `/`, `_`, `-`, `.` and `~`. None of its segments can be empty, `.` or `..`.
    Prefix(String),
    /// The operating system could not start a thread for the engine, or it has run out of file descriptors.
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
                "health check `{name}` does not belong in the liveness probe: a failure there restarts this process, and a restart is not known to fix it; leave `liveness` out, or add `in_process` if it looks only at this process, or say why a restart helps: `restart_helps(\"...\")`"
            ),
            Self::Check { name, problem } => write!(f, "health check `{name}`: {problem}"),
            Self::Service(problem) => write!(f, "service options: {problem}"),
            Self::Prefix(prefix) => write!(
                f,
                "{prefix:?} is not a valid prefix for probes; it is empty, or it begins with `/`, does not end with `/`, and consists of letters, digits, `/`, `_`, `-`, `.` and `~`, without `//` and without `.` or `..` between two `/`"
            ),
            Self::Thread(_) => f.write_str("cannot start a thread of the engine"),
        }
    }
}

impl StartError {
    /// Panics with this error, if the start has no other way to fail.
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
