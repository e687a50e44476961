//! The wire formats. Each format turns a [`Report`] into bytes and does not depend on the engine. The rest of the crate
//! only uses the items of this file.
//!
//! ```text
//! choice  which format a client asks for
//! limit   how long a body may be
//! json    the default format
//! text    what the API server of Kubernetes answers, for people
//! schema  the schemas of the bodies, for OpenAPI
//! ```

mod choice;
mod json;
mod limit;
#[cfg(feature = "utoipa-6")]
pub(crate) mod schema;
mod text;

use std::borrow::Cow;

use bytes::Bytes;

use crate::report::{Audience, Report};
use crate::spec::Public;

/// The format of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Text,
}

/// Whom a body is made for, and what the request asks for beside the checks.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    pub(crate) audience: Audience,
    /// How much the public sees.
    pub(crate) public: Public,
    /// The query names `verbose`.
    pub(crate) verbose: bool,
    /// The path names one check.
    pub(crate) one: bool,
    /// The checks that the query excludes, in the order of declaration.
    pub(crate) excluded: Vec<Excluded>,
    /// The names that the query excludes although no check has them.
    pub(crate) unmatched: Vec<String>,
}

/// A check of the probe that the query excludes.
#[derive(Clone, Debug)]
pub(crate) struct Excluded {
    pub(crate) index: usize,
    pub(crate) name: Cow<'static, str>,
    /// The name of the nested struct, if the query excludes the check with the whole struct.
    pub(crate) with: Option<String>,
}

impl Scope {
    /// All checks of a probe.
    pub(crate) const fn whole(audience: Audience, public: Public) -> Self {
        Self {
            audience,
            public,
            verbose: false,
            one: false,
            excluded: Vec::new(),
            unmatched: Vec::new(),
        }
    }

    /// Whether the body shows the status and nothing else.
    fn is_status_only(&self) -> bool {
        self.audience == Audience::Public && self.public == Public::StatusOnly
    }
}

impl Format {
    /// The format that is used if the client does not ask for one.
    pub(crate) const DEFAULT: Self = Self::Json;

    /// All formats, in the order of their [`index`](Self::index).
    pub(crate) const ALL: [Self; 2] = [Self::Json, Self::Text];

    /// The formats that the header `Accept` can choose. Among equals, the first one is chosen.
    const NEGOTIATED: &[Self] = &[Self::Json, Self::Text];

    pub(crate) const fn index(self) -> usize {
        self as usize
    }

    /// The names of the format in the query. The documentation shows the first one.
    const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Json => &["json"],
            Self::Text => &["text"],
        }
    }

    /// The format with this name in the query.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.names().contains(&name))
    }

    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Text => "text/plain; charset=utf-8",
        }
    }

    /// Returns the largest number of checks that a report for this audience needs.
    pub(crate) fn most_checks(audience: Audience) -> usize {
        limit::most_checks(audience)
    }

    /// Renders a report. If not all checks fit, the last ones are left out, and the body contains their number.
    pub(crate) fn render(self, report: &Report, scope: &Scope) -> Bytes {
        match self {
            Self::Json => json::render(report, scope),
            Self::Text => text::render(report, scope),
        }
    }

    /// Renders the reason why a request is refused. The text comes from this crate, never from the request.
    pub(crate) fn refusal(self, why: &'static str) -> Bytes {
        match self {
            Self::Json => json::refusal(why),
            Self::Text => text::refusal(why),
        }
    }
}
