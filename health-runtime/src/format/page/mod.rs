//! The page for people. It loads nothing from elsewhere, and its text is escaped by the templates.
//!
//! ```text
//! check     what the page shows of one check
//! progress  what a service waits for while it starts, is held or drains
//! drawing   the latencies and results of a check as shapes
//! words     figures as people read them
//! ```
//!
//! The templates, the style and the script are in the folder `templates` of the crate.

mod check;
mod drawing;
mod progress;
mod words;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use askama::Template;
use bytes::Bytes;

use self::check::{Check, is_of_the_web};
use self::progress::Progress;
use crate::format::{LABEL, Scope, cut, limit};
use crate::outcome::{Reason, Status};
use crate::report::{Audience, Headline, Phase, Report, StartObstacle, spoken};
use crate::spec::{Probe, Public};
use crate::text::Date;

/// The public page shows at most this many checks: as many as the other public formats.
const MOST_PUBLIC: usize = 80;

/// The internal page shows at most this many checks. A person reads the first ones.
const MOST_INTERNAL: usize = 200;

/// The page shows all of at most this many checks that are not healthy. The reader can open the others.
const MOST_OPEN: usize = 5;

/// The longest page, in bytes, without the style and the script.
const LIMIT: usize = 1024 * 1024;

const STYLE: &str = include_str!("../../../templates/page.css");
const SCRIPT: &str = include_str!("../../../templates/page.js");

/// The identifier of an event of a service that drains.
pub(crate) const DRAINING: &str = "draining";

/// The identifier of any other event.
const LIVE: &str = "live";

/// The document from its title on. [`document`] puts the beginning before it.
#[derive(Template)]
#[template(path = "page.html", whitespace = "minimize")]
struct Document<'a> {
    main: Main<'a>,
    is_internal: bool,
}

/// The part of the document that the script replaces.
#[derive(Template)]
#[template(path = "main.html", whitespace = "minimize")]
struct Main<'a> {
    kind: Kind,
    headline: Headline,
    /// The runbook that the headline names.
    runbook: Option<String>,
    /// What a screen reader says when it changes. It has no times, because they change all the time.
    spoken: String,
    title: String,
    /// `None`: the public sees the status and nothing else.
    about: Option<About<'a>>,
    progress: Option<Progress<'a>>,
    groups: Vec<Group<'a>>,
    roots: Vec<Root<'a>>,
    healthy: Vec<Check<'a>>,
    failing: usize,
    omitted: usize,
}

/// What the page says about the service itself.
struct About<'a> {
    service: &'a str,
    version: &'a str,
    probe: Probe,
    phase: Phase,
    phase_lasts: String,
    uptime: String,
    lag: Option<String>,
    at: Date,
}

/// A check that is not healthy, and those that fail because of it.
struct Root<'a> {
    check: Check<'a>,
    followers: Vec<Check<'a>>,
}

/// The checks of one group.
struct Group<'a> {
    name: &'a str,
    link: String,
    worst: Status,
    failing: usize,
    all: usize,
}

/// The state of the probe as a color and a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Healthy,
    Degraded,
    Unhealthy,
    Starting,
    Held,
    Draining,
}

impl Kind {
    fn of(report: &Report) -> Self {
        match (report.reason, report.status) {
            (Some(Reason::Draining), _) => Self::Draining,
            (Some(Reason::Held), _) => Self::Held,
            (Some(Reason::Starting), _) if report.waiting.obstacle != Some(StartObstacle::TaskDropped) => {
                Self::Starting
            }
            (_, Status::Healthy) => Self::Healthy,
            (_, Status::Degraded) => Self::Degraded,
            (_, Status::Unhealthy) => Self::Unhealthy,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
            Self::Starting => "starting",
            Self::Held => "held",
            Self::Draining => "draining",
        }
    }

    /// The symbol in the tab of the browser: a shape as well as a color.
    fn icon(self) -> String {
        let (color, shape) = match self {
            Self::Healthy => ("1a7f37", "<circle cx='8' cy='8' r='8'/>"),
            Self::Degraded => ("d29922", "<path d='M8 0 16 15H0z'/>"),
            Self::Unhealthy => ("cf222e", "<path d='M5 0h6l5 5v6l-5 5H5l-5-5V5z'/>"),
            Self::Starting => ("0969da", "<path d='M2 0 16 8 2 16z'/>"),
            Self::Held => ("0969da", "<path d='M1 0h5v16H1zM10 0h5v16h-5z'/>"),
            Self::Draining => ("8250df", "<path d='M0 3h16L8 16z'/>"),
        };
        let svg = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'";
        format!(
            "{svg} fill='%23{color}'%3E{shape}%3C/svg%3E",
            shape = shape.replace('<', "%3C").replace('>', "%3E")
        )
    }
}

/// The largest number of checks that the page for this audience shows.
const fn most_checks(audience: Audience) -> usize {
    match audience {
        Audience::Public => MOST_PUBLIC,
        Audience::Internal => MOST_INTERNAL,
    }
}

/// The document from its title on. It has no nonce, so that it can be kept and sent again.
pub(super) fn render(report: &Report, scope: &Scope) -> Bytes {
    fit(report, scope, |main| {
        Document {
            main,
            is_internal: scope.is_internal(),
        }
        .render()
    })
}

/// The main part of the document as one server-sent event (HTML Standard, section 9.2).
///
/// Each answer to the page's request for events is one event, and the browser asks again after a second. So every
/// framework can answer it like any other probe, and no open page delays the end of the service.
pub(super) fn event(report: &Report, scope: &Scope) -> Bytes {
    fit(report, scope, |main| {
        let id = match report.phase {
            Phase::Draining => DRAINING,
            Phase::Starting | Phase::Running => LIVE,
        };
        let html = main.render()?;
        let mut event = format!("retry: 1000\nid: {id}\n");
        for line in html.split(['\n', '\r']) {
            event.push_str("data: ");
            event.push_str(line);
            event.push('\n');
        }
        event.push('\n');
        Ok(event)
    })
}

/// The whole document, of what [`render`] made and a nonce for its style and its script.
pub(crate) fn document(rendered: &[u8], nonce: &str) -> Bytes {
    let beginning = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <style nonce=\"{nonce}\">\n{STYLE}</style>\n<script type=\"module\" nonce=\"{nonce}\">\n{SCRIPT}</script>\n"
    );
    [beginning.as_bytes(), rendered].concat().into()
}

/// The body with as many checks as fit.
fn fit(report: &Report, scope: &Scope, render: impl Fn(Main<'_>) -> askama::Result<String>) -> Bytes {
    let public;
    let report = match scope.audience {
        Audience::Internal => report,
        Audience::Public => {
            public = report.clone().into_public(scope.public);
            &public
        }
    };
    let most = report.checks.len().min(most_checks(scope.audience));
    limit::shrink(most, LIMIT, |shown| {
        let main = Main::new(report, scope, shown);
        render(main).expect("writing to a string never fails").into()
    })
}

impl<'a> Main<'a> {
    /// The main part with the first `shown` checks of the report, which is for this audience already.
    fn new(report: &'a Report, scope: &Scope, shown: usize) -> Self {
        let is_status_only = scope.is_status_only();
        let mut headline = match scope.audience {
            Audience::Internal => report.headline_parts(),
            // The public one never quotes a message.
            Audience::Public => report.clone().into_public(Public::CheckStates).headline_parts(),
        };
        if is_status_only {
            headline = Headline {
                rest: String::new(),
                what: Vec::new(),
                ..headline
            };
        }
        let runbook = headline.what.pop_if(|what| what.starts_with("runbook "));
        let checks = report.checks[..shown]
            .iter()
            .map(|check| Check::new(check, report.at, scope));
        let (healthy, others): (Vec<_>, Vec<_>) = checks.partition(|check| check.status == Status::Healthy);
        let failing = others.len();
        let mut roots = under_their_causes(others);
        roots.iter_mut().take(MOST_OPEN).for_each(|root| root.check.open());
        let spoken = spoken_state(report, &headline, &roots);
        Self {
            kind: Kind::of(report),
            title: if is_status_only {
                headline.state.to_owned()
            } else {
                format!("{}: {}", name(&report.service), headline.state)
            },
            headline,
            runbook: runbook
                .map(|runbook| runbook["runbook ".len()..].to_owned())
                .filter(|url| is_of_the_web(url)),
            spoken,
            about: (!is_status_only).then(|| About::new(report)),
            progress: Progress::of(report).filter(|_| !is_status_only),
            groups: groups(report),
            roots,
            healthy,
            failing,
            omitted: report.omitted + report.checks.len() - shown,
        }
    }

    fn icon(&self) -> String {
        self.kind.icon()
    }
}

impl<'a> About<'a> {
    fn new(report: &'a Report) -> Self {
        Self {
            service: name(&report.service),
            version: name(&report.version),
            probe: report.probe,
            phase: report.phase,
            phase_lasts: words::ago(report.phase_since, report.at),
            uptime: spoken(report.uptime),
            lag: report.lag.map(words::millis),
            at: Date(report.at),
        }
    }

    /// The time of day.
    fn clock(&self) -> String {
        let date = self.at.to_string();
        date[date.len() - "12:34:56.789Z".len()..][.."12:34:56".len()].to_owned()
    }
}

/// Each check below its cause, which stands directly before it.
fn under_their_causes(checks: Vec<Check<'_>>) -> Vec<Root<'_>> {
    let mut roots: Vec<Root<'_>> = Vec::new();
    for check in checks {
        match roots.last_mut() {
            Some(root) if check.cause == Some(root.check.name) => root.followers.push(check),
            _ => roots.push(Root {
                check,
                followers: Vec::new(),
            }),
        }
    }
    roots
}

/// The state without times, with the checks that explain it.
fn spoken_state(report: &Report, headline: &Headline, roots: &[Root<'_>]) -> String {
    const NAMED: usize = 3;
    let named: Vec<_> = roots.iter().take(NAMED).map(|root| root.check.name).collect();
    let more = match roots.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let state = format!("{} {}", name(&report.service), headline.state);
    let state = state.trim(); // the public may not see the name
    if named.is_empty() {
        return state.to_owned();
    }
    format!("{state}: {}{more}", named.join(", "))
}

/// A name or version of the service, as far as it is shown.
fn name(text: &str) -> &str {
    cut(text, LABEL)
}

/// The groups of the checks, by name. Only readiness and health can be asked about a group.
fn groups(report: &Report) -> Vec<Group<'_>> {
    let mut groups: BTreeMap<&str, Group<'_>> = BTreeMap::new();
    if !matches!(report.probe, Probe::Readiness | Probe::Health) {
        return Vec::new();
    }
    for check in &report.checks {
        for name in &check.groups {
            let group = groups.entry(name).or_insert_with(|| Group {
                name,
                link: form_urlencoded::Serializer::new("?".to_owned())
                    .append_pair("group", name)
                    .finish(),
                worst: Status::Healthy,
                failing: 0,
                all: 0,
            });
            group.worst = group.worst.max(check.status);
            group.failing += usize::from(check.status != Status::Healthy);
            group.all += 1;
        }
    }
    groups.into_values().collect()
}
