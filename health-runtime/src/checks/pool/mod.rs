//! The check of a pool of database connections, for every crate that has such a pool.
//!
//! A busy pool is not a dead database. So a run never queues for a connection, and while the pool is full, it asks the
//! database over a connection of its own.
//!
//! ```text
//! rule      what a run does, and what it reports
//! place     a place in the queue of a full pool: it shows whether any connection comes back
//! own       asking over the connection that a check keeps for itself while the pool is full
//! bb8       the pools of the crate `bb8`, for every kind of connection
//! deadpool  the pools of the crate `deadpool`, for every kind of connection
//! ```

#[cfg(feature = "_bb8")]
mod bb8;
#[cfg(feature = "_deadpool")]
pub(in crate::checks) mod deadpool;
mod own;
mod place;
mod rule;
#[cfg(test)]
mod tests;

use std::ops::DerefMut;
use std::time::Duration;

pub(crate) use self::rule::check;
use crate::current_run::Owner;
use crate::outcome::{BoxError, Outcome};

/// A pool, as its check sees it.
pub(crate) trait Pool: Clone + Send + Sync + 'static {
    /// A connection outside of the pool. Dropping it closes it.
    type Connection: Send + 'static;
    /// A connection that the pool has handed out. Dropping it gives it back.
    type Taken: DerefMut<Target = Self::Connection> + Send + 'static;

    /// What exists as long as the pool, and belongs to no other pool. Another owner means that connections that the
    /// check has kept no longer fit, for example because the password has changed.
    ///
    /// `None` if nothing identifies the pool. Then the check keeps nothing between its runs. While the pool is full,
    /// each run opens a connection of its own, and looks for itself whether a connection comes back.
    fn owner(&self) -> Option<Box<dyn Owner>>;

    fn sizes(&self) -> Sizes;

    fn is_closed(&self) -> bool;

    /// Takes a connection if one is free now. `None` if not.
    fn take_idle(&self) -> impl Future<Output = Result<Option<Self::Taken>, Fault>> + Send;

    /// Waits in the pool's queue for a connection, and opens a new one if the pool is not full.
    fn take(self) -> impl Future<Output = Result<Self::Taken, Fault>> + Send + 'static;

    /// Opens a connection outside of the pool.
    fn open(&self) -> impl Future<Output = Result<Self::Connection, Fault>> + Send;

    /// Asks the database with one round trip.
    fn ask(connection: &mut Self::Connection) -> impl Future<Output = Result<Answer, Fault>> + Send;

    /// Removes the connection from the pool and closes it, without waiting for the server. A driver whose connections
    /// skip an answer that nobody waits for may give it back instead.
    fn discard(taken: Self::Taken);

    /// How long a connection of the check's own is kept while nothing needs it.
    fn keep(&self) -> Duration {
        Duration::from_secs(60)
    }
}

/// A connection that a pool of another crate holds, such as deadpool or bb8. `E` is the error of what opens it.
#[cfg(any(feature = "_bb8", feature = "_deadpool"))]
pub(crate) trait Asked<E>: Send + 'static {
    /// Asks the database with one round trip.
    fn ask(&mut self) -> impl Future<Output = Result<Answer, Fault>> + Send;

    fn fault(error: E) -> Fault;
}

/// How many connections a pool has at the moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) size: usize,
    pub(crate) idle: usize,
    pub(crate) max: usize,
}

impl Sizes {
    fn in_use(self) -> usize {
        self.size.saturating_sub(self.idle)
    }

    fn is_full(self) -> bool {
        self.in_use() >= self.max
    }
}

/// What the database has answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    /// Whether it refuses writes. `None` if that is not known.
    pub(crate) read_only: Option<bool>,
    /// What else it says about itself. `None` for a database that says nothing more.
    pub(crate) found: Option<Outcome>,
}

/// Why a connection or an answer could not be had.
#[allow(dead_code, reason = "not every pool has every fault")]
#[derive(Debug)]
pub(crate) enum Fault {
    /// The connection is broken. Another one may work.
    Lost(BoxError),
    /// The database accepts no more connections. So it runs.
    TooMany(BoxError),
    /// The pool gave up, and does not say why.
    Unexplained,
    /// Anything else.
    Failed(BoxError),
}

impl Fault {
    fn into_error(self) -> BoxError {
        match self {
            Self::Lost(error) | Self::TooMany(error) | Self::Failed(error) => error,
            Self::Unexplained => "the pool gave no connection".into(),
        }
    }
}
