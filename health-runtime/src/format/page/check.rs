//! What the page shows of one check.

use std::borrow::Cow;
use std::time::SystemTime;

use askama::Template;

use crate::detail::Detail;
use crate::format::Scope;
use crate::format::page::drawing::Drawings;
use crate::format::page::{Kind, words};
use crate::outcome::{PartReport, Reason, Status};
use crate::report::{CheckReport, History, PastTransition, spoken};
use crate::text::Date;

/// At most this many parts of a check are shown: the failing ones come first.
const MOST_PARTS: usize = 20;

/// At most this many changes of a check are shown, the newest first.
const MOST_CHANGES: usize = 8;

#[derive(Template)]
#[template(path = "check.html", whitespace = "minimize")]
pub(super) struct Check<'a> {
    pub(super) name: &'a str,
    pub(super) status: Status,
    pub(super) cause: Option<&'a str>,
    reason: Option<Reason>,
    critical: bool,
    latency: Option<String>,
    message: Option<&'a str>,
    details: &'a [Detail],
    is_open: bool,
    /// What is not public. `None` for the public.
    internal: Option<Internal<'a>>,
}

struct Internal<'a> {
    drawings: Option<Drawings>,
    facts: Vec<Fact>,
    description: Option<&'a str>,
    runbook: Option<&'a str>,
    restart_helps: Option<&'a str>,
    groups: &'a [Cow<'static, str>],
    parts: &'a [PartReport],
    omitted_parts: usize,
    failing_parts: usize,
    changes: Vec<Change>,
}

/// A figure with its name.
struct Fact {
    name: &'static str,
    value: String,
    /// The date of the figure.
    at: Option<Date>,
}

/// A change of the state.
struct Change {
    at: Date,
    ago: String,
    from: String,
    to: String,
    status: Status,
}

impl<'a> Check<'a> {
    pub(super) fn new(check: &'a CheckReport, now: SystemTime, scope: &Scope) -> Self {
        Self {
            name: &check.name,
            status: check.status,
            cause: check.cause.as_deref(),
            reason: check.reason,
            critical: check.critical,
            latency: check.latency.map(words::millis),
            message: scope.message(check).filter(|message| !message.is_empty()),
            details: scope.details(check),
            is_open: false,
            internal: scope.is_internal().then(|| Internal::new(check, now)),
        }
    }

    /// Shows all of it at once, if there is something to do about it.
    pub(super) fn open(&mut self) {
        self.is_open = self.status != Status::Healthy && self.reason != Some(Reason::Pending);
    }

    /// The color and symbol: a check without a result is no failure yet.
    pub(super) const fn kind(&self) -> Kind {
        match (self.reason, self.status) {
            (Some(Reason::Pending), _) => Kind::Starting,
            (_, Status::Healthy) => Kind::Healthy,
            (_, Status::Degraded) => Kind::Degraded,
            (_, Status::Unhealthy) => Kind::Unhealthy,
        }
    }

    /// What the first line shows of the message, while the rest is not shown.
    fn said(&self) -> Option<&str> {
        self.message.filter(|_| self.status != Status::Healthy)
    }

    /// Whether there is more to show than the first line.
    fn has_more(&self) -> bool {
        self.internal.is_some() || self.message.is_some() || !self.details.is_empty()
    }
}

impl<'a> Internal<'a> {
    fn new(check: &'a CheckReport, now: SystemTime) -> Self {
        let history = check.history.as_ref();
        let parts = &check.parts[..check.parts.len().min(MOST_PARTS)];
        Self {
            drawings: history.and_then(|history| Drawings::new(history, now)),
            facts: facts(check, now),
            description: check.description.as_deref(),
            // The rules on `runbook` allow no other scheme. A link with another one could run a script.
            runbook: check.runbook.as_deref().filter(|url| is_of_the_web(url)),
            restart_helps: check.restart_helps.as_deref(),
            groups: &check.groups,
            parts,
            omitted_parts: check.omitted_parts + check.parts.len() - parts.len(),
            failing_parts: check.parts.iter().filter(|part| !part.status.passes()).count(),
            changes: history.map(|history| changes(history, now)).unwrap_or_default(),
        }
    }
}

pub(super) fn is_of_the_web(url: &str) -> bool {
    let url = url.to_ascii_lowercase();
    url.starts_with("https://") || url.starts_with("http://")
}

fn facts(check: &CheckReport, now: SystemTime) -> Vec<Fact> {
    let figure = |name, value| Fact { name, value, at: None };
    let ago = |name, at| Fact {
        name,
        value: format!("{} ago", words::ago(at, now)),
        at: Some(Date(at)),
    };
    let mut facts = vec![ago("Last change", check.since)];
    match (check.is_running, check.next_run) {
        (true, _) => facts.push(figure("Next run", "running now".to_owned())),
        (false, Some(next)) => facts.push(figure("Next run", format!("in {}", spoken(next)))),
        (false, None) => facts.push(figure("Next run", "when a probe asks".to_owned())),
    }
    if let Some(at) = check.checked_at {
        facts.push(ago("Last run", at));
    }
    if check.consecutive_failures > 0 {
        facts.push(figure("Failures in a row", check.consecutive_failures.to_string()));
    }
    if check.status != Status::Healthy {
        facts.push(match check.last_success {
            Some(at) => ago("Last success", at),
            None => figure("Last success", "never".to_owned()),
        });
    }
    // Thresholds, `fail_open` or the breaker hide what the last run found.
    if let Some(raw) = check.raw_status.filter(|raw| *raw != check.status) {
        facts.push(figure("The last run was", state(raw, check.raw_reason)));
    }
    if let Some(history) = &check.history {
        facts.push(Fact {
            name: "Share of time well",
            value: words::percent(history.availability),
            at: None,
        });
        if history.flaps > 0 {
            facts.push(figure("Flaps in the last hour", history.flaps.to_string()));
        }
    }
    facts
}

fn changes(history: &History, now: SystemTime) -> Vec<Change> {
    let change = |change: &PastTransition| Change {
        at: Date(change.at),
        ago: format!("{} ago", words::ago(change.at, now)),
        from: state(change.from, change.from_reason),
        to: state(change.to, change.to_reason),
        status: change.to,
    };
    history
        .transitions
        .iter()
        .rev()
        .take(MOST_CHANGES)
        .map(change)
        .collect()
}

fn state(status: Status, reason: Option<Reason>) -> String {
    match reason {
        Some(reason) => format!("{status} ({reason})"),
        None => status.to_string(),
    }
}
