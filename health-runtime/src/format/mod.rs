//! The wire formats. Each one turns a [`Report`] into bytes, and does not depend on the engine. This file is all that
//! the rest of the crate knows of them.

mod json;

use bytes::Bytes;

use crate::report::{Audience, Report};

/// The format of an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Format {
    Json,
}

impl Format {
    /// The format if the client asks for none.
    pub(crate) const DEFAULT: Self = Self::Json;

    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
        }
    }

    /// The most checks that a report for this audience needs.
    pub(crate) fn most_checks(self, audience: Audience) -> usize {
        match self {
            Self::Json => json::most_checks(audience),
        }
    }

    /// Renders a report. For the public, it has error texts only with `details`. If not all checks fit, the last ones
    /// are left out and counted.
    pub(crate) fn render(self, report: &Report, audience: Audience, details: bool) -> Bytes {
        match self {
            Self::Json => json::render(report, audience, details),
        }
    }

    /// Renders why a request is refused. The text is one of ours, not from the request.
    pub(crate) fn refusal(self, why: &'static str) -> Bytes {
        match self {
            Self::Json => json::refusal(why),
        }
    }
}
