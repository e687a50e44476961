//! Whether anybody serves: health is not separate from what serves.

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
}

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
