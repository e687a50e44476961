//! [`State`]: a status and its reason.

use crate::outcome::{Reason, Status};

/// A status, and the reason for it if it is not simply healthy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) status: Status,
    pub(crate) reason: Option<Reason>,
}

impl State {
    pub(crate) const HEALTHY: Self = Self {
        status: Status::Healthy,
        reason: None,
    };

    pub(crate) const fn unhealthy(reason: Reason) -> Self {
        Self {
            status: Status::Unhealthy,
            reason: Some(reason),
        }
    }

    /// A state without a reason, for a probe: the reasons are in the reports of its checks.
    pub(in crate::engine) fn of(status: Status) -> Self {
        Self { status, reason: None }
    }

    pub(in crate::engine) fn worse(self, other: Self) -> Self {
        if other.status > self.status { other } else { self }
    }

    pub(in crate::engine) fn capped(self, status: Status) -> Self {
        Self {
            status: self.status.min(status),
            ..self
        }
    }

    pub(in crate::engine) const DISABLED: Self = Self {
        status: Status::Healthy,
        reason: Some(Reason::Disabled),
    };

    /// Whether a probe with this state passes.
    pub(crate) fn passes(self) -> bool {
        self.status != Status::Unhealthy
    }

    /// Whether the message of this run explains the state: the reason is the same, or the breaker is open.
    pub(in crate::engine) fn is_said_by(self, run: Self) -> bool {
        self.reason == run.reason || self.reason == Some(Reason::BreakerOpen)
    }
}
