//! [`State`], a status and its reason: what everything in the engine is said with.

use crate::outcome::{Reason, Status};

/// A status, and the reason for it where it is not simply healthy.
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

    /// Of an aggregate: the reasons stand with its parts.
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

    /// Whether a probe passes with it.
    pub(crate) fn passes(self) -> bool {
        self.status != Status::Unhealthy
    }

    /// Whether what this run said explains it.
    pub(in crate::engine) fn is_said_by(self, run: Self) -> bool {
        self.reason == run.reason || self.reason == Some(Reason::BreakerOpen)
    }
}
