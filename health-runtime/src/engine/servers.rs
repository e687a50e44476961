//! Whether anybody serves: health is not separate from what serves.

use std::time::Duration;

use super::Time;
use crate::outcome::Reason;

/// What is known of the servers of this service: nobody can reach one that has no server, whatever its checks say.
#[derive(Debug, Default)]
pub(crate) struct Servers {
    /// There is a listener of ours, or was.
    listens: bool,
    /// How many of our listeners accept connections.
    accepting: usize,
    /// One has.
    accepted: bool,
    /// The public probes have been handed out, for a server that will answer them.
    public: bool,
    /// The internal probes are served.
    internal: bool,
    /// A server of the application runs: it has asked a probe, or waits for its end.
    runs: bool,
    /// Since when readiness waits for a server.
    waits_since: Option<Time>,
    /// The log has been told.
    told: bool,
}

/// How long readiness waits for a server before the log says so: a service that binds its port late is in no trouble.
const PATIENCE: Duration = Duration::from_secs(10);

impl Servers {
    /// `health.listener` was called.
    pub(crate) fn listen(&mut self) {
        self.listens = true;
    }

    /// A server accepts connections from our listener from now on.
    pub(crate) fn accept(&mut self) {
        self.accepting += 1;
        self.accepted = true;
    }

    /// A listener that accepted is gone.
    pub(crate) fn cease(&mut self) {
        self.accepting -= 1;
    }

    /// Probes are handed out: the public ones, or the internal ones.
    pub(crate) fn offer(&mut self, is_public: bool) {
        self.public |= is_public;
        self.internal |= !is_public;
    }

    /// A server runs.
    pub(crate) fn run(&mut self) {
        self.runs = true;
    }

    /// Whether a server is known to serve, or to have served.
    pub(super) fn serve(&self) -> bool {
        self.accepted || self.runs
    }

    /// Whether readiness has waited for a server for so long that somebody should hear of it. Says so once.
    pub(super) fn is_overdue(&mut self, now: Time) -> bool {
        if self.told || self.gate() != Some(Reason::Starting) {
            return false;
        }
        let since = *self.waits_since.get_or_insert(now);
        self.told = now.saturating_sub(since) >= PATIENCE;
        self.told
    }

    /// Why readiness fails because of the servers.
    ///
    /// Where `listener` is used, the listeners say whether anybody serves. Else the internal port alone waits: until the
    /// application's server shows in some other way that it runs. Whoever asks the public probes has found it running.
    pub(super) fn gate(&self) -> Option<Reason> {
        match (self.listens, self.accepted) {
            (true, _) if self.accepting > 0 => None,
            (true, true) => Some(Reason::NotServing),
            (true, false) => Some(Reason::Starting),
            (false, _) if self.public && self.internal && !self.runs => Some(Reason::Starting),
            (false, _) => None,
        }
    }
}
