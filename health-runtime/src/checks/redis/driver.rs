//! What `redis_checks!` implements for a version of the crate `redis`: a client, a connection, a failure.

use std::collections::HashMap;

#[cfg(any(feature = "bb8-redis-0_26", feature = "deadpool-redis-0_23"))]
use crate::checks::pool::Fault;
use crate::outcome::BoxError;

/// A client. It has no connection, but can open one.
#[doc(hidden)]
pub trait Client: Sync {
    type Connection: Connection;

    /// Opens a connection.
    fn open(&self) -> impl Future<Output = Result<Self::Connection, Failure>> + Send;

    /// The `Debug` output of its address and its user. It can contain the password.
    fn info(&self) -> String;
}

/// A connection, a manager of connections, or a connection to a cluster.
#[doc(hidden)]
pub trait Connection: Clone + Send + Sync + 'static {
    /// Sends a command whose answer is a text.
    fn text(&self, command: &'static [&'static str]) -> impl Future<Output = Result<String, Failure>> + Send;

    /// Sends a command whose answer is a map of names to texts.
    fn pairs(
        &self,
        command: &'static [&'static str],
    ) -> impl Future<Output = Result<HashMap<String, String>, Failure>> + Send;
}

/// Why there is no connection or no answer.
#[doc(hidden)]
#[derive(Debug)]
pub struct Failure {
    kind: Kind,
    error: BoxError,
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    /// The server has answered with an error of this code.
    Answer(String),
    /// The server's machine refuses connections.
    Refused,
    /// The driver's own timeout has passed.
    TimedOut,
    /// The connection is broken, or could not be opened.
    Lost,
    /// Anything else.
    Other,
}

impl Failure {
    /// The arguments are what the methods of `redis::RedisError` return.
    pub fn new(
        code: Option<&str>,
        is_io_error: bool,
        is_timeout: bool,
        is_connection_refusal: bool,
        error: impl Into<BoxError>,
    ) -> Self {
        let error = error.into();
        let kind = match code {
            Some(code) => Kind::Answer(code.chars().take(32).collect()),
            None if is_connection_refusal => Kind::Refused,
            None if is_timeout => Kind::TimedOut,
            None if is_io_error => Kind::Lost,
            None => Kind::Other,
        };
        Self { kind, error }
    }

    /// The code of the server's answer, such as `NOPERM`.
    pub(super) fn code(&self) -> Option<&str> {
        match &self.kind {
            Kind::Answer(code) => Some(code),
            _ => None,
        }
    }

    /// Whether a new connection may work where this one did not.
    pub(super) fn is_lost(&self) -> bool {
        matches!(self.kind, Kind::Lost | Kind::Refused)
    }

    /// Whether the error does not contain the cause, so that it is worth looking for it.
    pub(super) fn is_unexplained(&self) -> bool {
        matches!(self.kind, Kind::Lost | Kind::TimedOut)
    }

    /// The same failure for a pool.
    #[cfg(any(feature = "bb8-redis-0_26", feature = "deadpool-redis-0_23"))]
    pub(super) fn into_fault(self) -> Fault {
        if self.is_lost() {
            Fault::Lost(self.into_error())
        } else {
            Fault::Failed(self.into_error())
        }
    }

    /// The error of a command over a connection.
    pub(super) fn into_error(self) -> BoxError {
        match self.kind {
            Kind::TimedOut => format!("no answer: {}", self.error).into(),
            Kind::Lost => format!("the connection was lost: {}", self.error).into(),
            _ => self.error,
        }
    }

    /// The error of an attempt to connect.
    pub(super) fn into_open_error(self) -> BoxError {
        match self.kind {
            Kind::TimedOut | Kind::Lost => format!("no connection: {}", self.error).into(),
            _ => self.error,
        }
    }
}
