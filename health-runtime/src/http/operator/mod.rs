//! What an operator may do over the internal port, besides looking: prove who he is, and hold readiness.
//!
//! ```text
//! token  whether a request has the token of the internal port
//! hold   holds readiness, and releases it
//! ```

mod hold;
mod token;

use crate::http::{Answer, ProbeRequest, Probes};
use crate::report::Audience;

/// An action, each at a path of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Hold,
    Release,
}

impl Action {
    const ALL: [Self; 2] = [Self::Hold, Self::Release];

    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Hold => "/hold",
            Self::Release => "/release",
        }
    }
}

impl Probes {
    /// The actions that the service offers to this audience. The path of a probe counts before that of an action.
    pub(super) fn actions(&self) -> impl Iterator<Item = Action> {
        let offers = self.audience == Audience::Internal && self.engine.service.operator_controls;
        let actions = Action::ALL.into_iter().filter(move |_| offers);
        actions.filter(|action| self.target(action.path()).is_none())
    }

    /// The answer of the action at this path, if there is one.
    pub(super) fn act(&self, request: &ProbeRequest<'_>) -> Option<Answer> {
        let action = self.actions().find(|action| action.path() == request.path)?;
        let answer = self
            .unauthorized(request)
            .unwrap_or_else(|| self.carry_out(action, request));
        Some(answer.to(request.method))
    }
}
