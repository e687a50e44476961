//! The wire formats. Each format turns a [`Report`] into bytes and does not depend on the engine. The rest of the crate
//! only uses the items of this file.
//!
//! ```text
//! choice        which format a client asks for
//! limit         how long a body may be
//! json          the default format
//! health_json   `application/health+json`, an Internet-Draft
//! text          what the API server of Kubernetes answers, for people
//! spring        what Spring Boot Actuator answers
//! microprofile  what MicroProfile Health answers
//! aspnet        what the health checks of ASP.NET Core answer to their UI
//! metrics       the text formats for metrics
//! schema        the schemas of the bodies, for OpenAPI
//! facts         what these three show of a check beside its status
//! page          for a browser, and its events
//! ```

mod aspnet;
mod choice;
mod facts;
mod health_json;
mod json;
mod limit;
#[cfg_attr(
    not(feature = "serve"),
    allow(dead_code, reason = "only an internal port writes metrics as text")
)]
mod metrics;
mod microprofile;
#[cfg(feature = "page")]
pub(crate) mod page;
#[cfg(feature = "utoipa-6")]
pub(crate) mod schema;
mod spring;
mod text;

use std::borrow::Cow;
use std::num::NonZeroUsize;
use std::sync::LazyLock;

use bytes::Bytes;

#[cfg(feature = "serve")]
pub(crate) use self::metrics::MetricsFormat;
#[cfg(feature = "metrics-0_24")]
pub(crate) use self::metrics::{DURATION, Family, Kind, Sink, Value, list};

use crate::detail::Detail;
use crate::outcome::Status;
use crate::report::{Audience, CheckReport, Report};
use crate::spec::Public;
use crate::text::boundary;

/// The public sees at most this many bytes of an error, if it sees errors at all.
const PUBLIC_MESSAGE: usize = 200;

/// The longest name or version of the service that is shown, in bytes.
const LABEL: usize = 128;

/// The format of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Text,
    HealthJson,
    Spring,
    MicroProfile,
    AspNet,
    #[cfg(feature = "page")]
    Page,
    /// The updates of an open page.
    #[cfg(feature = "page")]
    Events,
}

/// Whom a body is made for, and what the request asks for beside the checks.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    pub(crate) audience: Audience,
    /// How much the public sees.
    pub(crate) public: Public,
    /// The query names `verbose`.
    pub(crate) verbose: bool,
    /// Each check has its history.
    pub(crate) history: bool,
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
            history: false,
            one: false,
            excluded: Vec::new(),
            unmatched: Vec::new(),
        }
    }

    /// Whether the body shows the status and nothing else.
    fn is_status_only(&self) -> bool {
        self.audience == Audience::Public && self.public == Public::StatusOnly
    }

    /// Whether the body shows everything.
    fn is_internal(&self) -> bool {
        self.audience == Audience::Internal
    }

    fn shows_details(&self) -> bool {
        self.is_internal() || self.public == Public::Details
    }

    /// The message of the check, as far as the audience may read it.
    fn message<'a>(&self, check: &'a CheckReport) -> Option<&'a str> {
        let message = check.message.as_deref().filter(|_| self.shows_details())?;
        let most = if self.is_internal() {
            message.len() // it is bounded already
        } else {
            PUBLIC_MESSAGE
        };
        Some(cut(message, most))
    }

    /// The details of the check, as far as the audience may read them.
    fn details<'a>(&self, check: &'a CheckReport) -> &'a [Detail] {
        if self.shows_details() { &check.details } else { &[] }
    }

    /// The headline for this audience. The public one never quotes a message.
    fn headline(&self, report: &Report) -> String {
        match self.audience {
            Audience::Public => report.clone().into_public(Public::CheckStates).headline(),
            Audience::Internal => report.headline(),
        }
    }

    /// The headline, unless all is well.
    fn trouble(&self, report: &Report) -> Option<String> {
        (report.status != Status::Healthy).then(|| self.headline(report))
    }
}

/// How many checks of the report are left out of a body with the first `shown` ones. `None` if all of them are in it.
fn omitted(report: &Report, shown: usize) -> Option<NonZeroUsize> {
    NonZeroUsize::new(report.omitted + report.checks.len() - shown)
}

fn cut(text: &str, most: usize) -> &str {
    &text[..boundary::floor(text, most)]
}

impl Format {
    /// The format that is used if the client does not ask for one.
    pub(crate) const DEFAULT: Self = Self::Json;

    /// All formats, in the order of their [`index`](Self::index).
    pub(crate) const ALL: [Self; if cfg!(feature = "page") { 8 } else { 6 }] = [
        Self::Json,
        Self::Text,
        Self::HealthJson,
        Self::Spring,
        Self::MicroProfile,
        Self::AspNet,
        #[cfg(feature = "page")]
        Self::Page,
        #[cfg(feature = "page")]
        Self::Events,
    ];

    /// The formats that the header `Accept` can choose. Among equals, the first one is chosen.
    const NEGOTIATED: &[Self] = &[
        Self::Json,
        Self::Text,
        Self::HealthJson,
        Self::Spring,
        #[cfg(feature = "page")]
        Self::Page,
        #[cfg(feature = "page")]
        Self::Events,
    ];

    pub(crate) const fn index(self) -> usize {
        self as usize
    }

    /// The names of the format in the query. Messages show the first one.
    const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Json => &["json"],
            Self::Text => &["text"],
            // In a query, `+` is a space.
            Self::HealthJson => &["health+json", "health json", "health-json"],
            Self::Spring => &["spring"],
            Self::MicroProfile => &["microprofile"],
            Self::AspNet => &["aspnet"],
            #[cfg(feature = "page")]
            Self::Page => &["html"],
            #[cfg(feature = "page")]
            Self::Events => &["events"],
        }
    }

    /// The format with this name in the query.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.names().contains(&name))
    }

    /// Why a query with an unknown name is refused. The text lists all names.
    pub(crate) fn unknown() -> &'static str {
        static UNKNOWN: LazyLock<String> = LazyLock::new(|| {
            let names: Vec<_> = Format::ALL.iter().map(|format| format.names()[0]).collect();
            format!("no such format; the formats are {}", names.join(", "))
        });
        &UNKNOWN
    }

    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::Json | Self::MicroProfile | Self::AspNet => "application/json",
            Self::Text => "text/plain; charset=utf-8",
            Self::HealthJson => "application/health+json",
            Self::Spring => "application/vnd.spring-boot.actuator.v3+json",
            #[cfg(feature = "page")]
            Self::Page => "text/html; charset=utf-8",
            #[cfg(feature = "page")]
            Self::Events => "text/event-stream",
        }
    }

    /// Returns the largest number of checks that a report for this audience needs.
    pub(crate) fn most_checks(audience: Audience) -> usize {
        limit::most_checks(audience)
    }

    /// Whether the format shows the history of the checks to the person on call, also if the query does not ask for it.
    pub(crate) const fn has_history(self) -> bool {
        match self {
            #[cfg(feature = "page")]
            Self::Page | Self::Events => true,
            _ => false,
        }
    }

    /// Renders a report. If not all checks fit, the last ones are left out, and the body contains their number.
    pub(crate) fn render(self, report: &Report, scope: &Scope) -> Bytes {
        match self {
            Self::Json => json::render(report, scope),
            Self::Text => text::render(report, scope),
            Self::HealthJson => health_json::render(report, scope),
            Self::Spring => spring::render(report, scope),
            Self::MicroProfile => microprofile::render(report, scope),
            Self::AspNet => aspnet::render(report, scope),
            #[cfg(feature = "page")]
            Self::Page => page::render(report, scope),
            #[cfg(feature = "page")]
            Self::Events => page::event(report, scope),
        }
    }

    /// Renders the reason why a request is refused. The text comes from this crate, never from the request.
    pub(crate) fn refusal(self, why: &'static str) -> Bytes {
        match self {
            Self::Text => text::refusal(why),
            _ => json::refusal(why),
        }
    }
}

#[cfg(test)]
mod tests;
