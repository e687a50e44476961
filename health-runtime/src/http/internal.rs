//! The paths that the internal port and the internal router answer beside the probes.

use crate::http::{ALLOW, Answer, ProbeRequest, Probes, WRONG_METHOD, is_allowed};
use crate::report::Audience;

#[cfg(feature = "token")]
const LOGIN: &str = "/login";

/// A path beside those of the probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InternalPath {
    Metrics,
    #[cfg(feature = "token")]
    Hold,
    #[cfg(feature = "token")]
    Release,
    #[cfg(all(feature = "page", feature = "token"))]
    Login,
}

impl InternalPath {
    const ALL: &[Self] = &[
        Self::Metrics,
        #[cfg(feature = "token")]
        Self::Hold,
        #[cfg(feature = "token")]
        Self::Release,
        #[cfg(all(feature = "page", feature = "token"))]
        Self::Login,
    ];

    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Metrics => "/metrics",
            #[cfg(feature = "token")]
            Self::Hold => "/hold",
            #[cfg(feature = "token")]
            Self::Release => "/release",
            #[cfg(all(feature = "page", feature = "token"))]
            Self::Login => LOGIN,
        }
    }
}

impl Probes {
    /// The paths that the service offers to this audience. A probe with such a path takes precedence.
    pub(super) fn internal_paths(&self) -> impl Iterator<Item = InternalPath> {
        let offered = InternalPath::ALL.iter().filter(|internal| self.offers(**internal));
        offered
            .copied()
            .filter(|internal| self.target(internal.path()).is_none())
    }

    /// What this path asks for beside the probes.
    pub(super) fn internal_path(&self, path: &str) -> Option<InternalPath> {
        self.internal_paths().find(|internal| internal.path() == path)
    }

    fn offers(&self, internal: InternalPath) -> bool {
        let is_on = match internal {
            InternalPath::Metrics => true,
            #[cfg(feature = "token")]
            InternalPath::Hold | InternalPath::Release => self.engine.service.operator_controls,
            #[cfg(all(feature = "page", feature = "token"))]
            InternalPath::Login => self.is_guarded(),
        };
        is_on && self.audience == Audience::Internal
    }

    /// Answers at once. Runs no check.
    pub(super) fn answer_internal(&self, internal: InternalPath, request: &ProbeRequest<'_>) -> Answer {
        #[cfg(feature = "token")]
        if internal.path() != LOGIN // the form is how a browser gets in
            && let Some(refusal) = self.unauthorized(request)
        {
            return refusal.to(request.method);
        }
        let answer = match internal {
            InternalPath::Metrics if is_allowed(request.method) => self.metrics(request),
            InternalPath::Metrics => self.refusal(405, WRONG_METHOD).with_header("allow", ALLOW),
            #[cfg(feature = "token")]
            InternalPath::Hold => self.hold(request),
            #[cfg(feature = "token")]
            InternalPath::Release => self.release(request),
            #[cfg(all(feature = "page", feature = "token"))]
            InternalPath::Login => self.login(request),
        };
        answer.to(request.method)
    }
}
