//! What the internal port and the internal router answer beside the probes.

use crate::http::{ALLOW, Answer, ProbeRequest, Probes, WRONG_METHOD, is_allowed};

/// A path beside those of the probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InternalPath {
    Metrics,
}

impl InternalPath {
    const ALL: [Self; 1] = [Self::Metrics];

    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Metrics => "/metrics",
        }
    }
}

impl Probes {
    /// The paths that these probes answer beside their own. None if they are public. A probe with such a path takes
    /// precedence.
    pub(super) fn internal_paths(&self) -> impl Iterator<Item = InternalPath> {
        let paths = InternalPath::ALL.into_iter().filter(|_| self.is_internal());
        paths.filter(|internal| self.target(internal.path()).is_none())
    }

    /// What this path asks for beside the probes.
    pub(super) fn internal_path(&self, path: &str) -> Option<InternalPath> {
        self.internal_paths().find(|internal| internal.path() == path)
    }

    /// Answers at once. Runs no check.
    pub(super) fn answer_internal(&self, internal: InternalPath, request: &ProbeRequest<'_>) -> Answer {
        if !is_allowed(request.method) {
            let refusal = self.refusal(405, WRONG_METHOD).with_header("allow", ALLOW);
            return refusal.to(request.method);
        }
        let answer = match internal {
            InternalPath::Metrics => self.metrics(request),
        };
        answer.to(request.method)
    }
}
