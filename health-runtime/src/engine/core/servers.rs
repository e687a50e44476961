//! Whether a server of the application runs. If the service needs one and none runs, it is not ready.

use std::time::Duration;

use crate::engine::Time;
use crate::outcome::Reason;

/// What is known about the servers of the service. A service without a server cannot be reached, even if its checks
/// pass.
#[derive(Debug, Default)]
pub(crate) struct Servers {
    /// `health.listener` was called.
    listens: bool,
    /// How many of these listeners accept connections.
    accepting: usize,
    /// A listener has accepted connections, now or before.
    accepted: bool,
    /// The public probes have been handed out. A server of the application has to answer them.
    public: bool,
    /// Probes are served on a port of their own, public or internal ones.
    port: bool,
    /// A server of the application runs: it has answered a request, or waits for `shutdown_signal()`.
    runs: bool,
    /// Since when readiness has waited for a server.
    waits_since: Option<Time>,
    /// The event [`NoServer`](super::Event::NoServer) has been queued.
    told: bool,
}

/// If readiness waits this long for a server, the log reports it. A shorter wait is normal: a service may bind its port
/// late.
const PATIENCE: Duration = Duration::from_secs(10);

impl Servers {
    /// `health.listener` was called.
    pub(crate) fn listen(&mut self) {
        self.listens = true;
    }

    /// Notes that one more listener accepts connections.
    pub(crate) fn accept(&mut self) {
        self.accepting += 1;
        self.accepted = true;
    }

    /// Notes that a listener that accepted connections is gone.
    pub(crate) fn cease(&mut self) {
        self.accepting -= 1;
    }

    /// Notes that the public probes are handed out, for a server of the application.
    pub(crate) fn offer_public(&mut self) {
        self.public = true;
    }

    /// Notes that probes are served on a port of their own, by a server of this crate.
    pub(crate) fn offer_port(&mut self) {
        self.port = true;
    }

    /// Notes that a server of the application runs.
    pub(crate) fn run(&mut self) {
        self.runs = true;
    }

    /// Whether a server serves, or has served.
    pub(in crate::engine) fn serve(&self) -> bool {
        self.accepted || self.runs
    }

    /// Whether readiness has waited for a server for [`PATIENCE`]. Returns `true` only once.
    pub(in crate::engine) fn is_overdue(&mut self, now: Time) -> bool {
        if self.told || self.gate() != Some(Reason::Starting) {
            return false;
        }
        let since = *self.waits_since.get_or_insert(now);
        self.told = now.saturating_sub(since) >= PATIENCE;
        self.told
    }

    /// Why readiness fails because of the servers.
    ///
    /// If `listener` is used, the listeners decide. Otherwise readiness waits only in a service that has both a port of
    /// its own for probes and public probes for a server of the application. It waits until a server of the application
    /// is known to run: a request to the public probes proves that.
    pub(in crate::engine) fn gate(&self) -> Option<Reason> {
        match (self.listens, self.accepted) {
            (true, _) if self.accepting > 0 => None,
            (true, true) => Some(Reason::NotServing),
            (true, false) => Some(Reason::Starting),
            (false, _) if self.public && self.port && !self.runs => Some(Reason::Starting),
            (false, _) => None,
        }
    }
}
