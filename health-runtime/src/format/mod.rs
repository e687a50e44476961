//! The wire formats. Each format turns a [`Report`] into bytes and does not depend on the engine. The rest of the crate
//! only uses the items of this file.

mod json;

use bytes::Bytes;

use crate::report::{Audience, Report};

/// The format of an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Format {
    Json,
}

impl Format {
    /// The format that is used if the client does not ask for one.
    pub(crate) const DEFAULT: Self = Self::Json;

    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
        }
    }

    /// Returns the largest number of checks that a report for this audience needs.
    pub(crate) fn most_checks(self, audience: Audience) -> usize {
        match self {
            Self::Json => json::most_checks(audience),
        }
    }

    /// Renders a report. If the audience is the public, messages and details are only included if `public_details` is
    /// set. If not all checks fit, the last ones are left out, and the body contains their number.
    pub(crate) fn render(self, report: &Report, audience: Audience, public_details: bool) -> Bytes {
        match self {
            Self::Json => json::render(report, audience, public_details),
        }
    }

    /// Renders the reason why a request is refused. The text comes from this crate, never from the request.
    pub(crate) fn refusal(self, why: &'static str) -> Bytes {
        match self {
            Self::Json => json::refusal(why),
        }
    }
}
