//! What a service waits for while it starts, is held or drains.

use std::borrow::Cow;
use std::time::Duration;

use askama::Template;

use crate::outcome::Reason;
use crate::report::{Phase, Report, StartObstacle, spoken};

/// At most this many entries are shown.
const MOST: usize = 20;

/// What the service waits for.
#[derive(Template)]
#[template(path = "progress.html", whitespace = "minimize")]
pub(super) struct Progress<'a> {
    title: &'static str,
    /// How far it has come.
    bar: Option<Bar>,
    entries: Vec<Cow<'a, str>>,
    omitted: usize,
}

struct Bar {
    label: String,
    done: u64,
    all: u64,
}

impl<'a> Progress<'a> {
    /// `None`: it waits for nothing.
    pub(super) fn of(report: &'a Report) -> Option<Self> {
        match report.phase {
            Phase::Draining => Some(Self::of_the_drain(report)),
            Phase::Starting => Some(Self::of_the_start(report)),
            Phase::Running if !report.waiting.holds.is_empty() => {
                Some(Self::with("Held by", None, holds(report).collect()))
            }
            Phase::Running => None,
        }
    }

    fn with(title: &'static str, bar: Option<Bar>, mut entries: Vec<Cow<'a, str>>) -> Self {
        let omitted = entries.len().saturating_sub(MOST);
        entries.truncate(MOST);
        Self {
            title,
            bar,
            entries,
            omitted,
        }
    }

    fn of_the_start(report: &'a Report) -> Self {
        let obstacle = report.waiting.obstacle.map(|obstacle| match obstacle {
            StartObstacle::TaskDropped => "A startup task was dropped, so the start has failed for good",
            StartObstacle::MarkStarted => "A call of mark_started()",
            StartObstacle::Probes => "A router or port for the probes",
            StartObstacle::Server => "The server of the application",
        });
        let task = |name: &'a str| match name {
            "" => Cow::Borrowed("A startup task"),
            name => Cow::Owned(format!("The startup task “{name}”")),
        };
        let tasks = report.waiting.startup_tasks.iter().map(|name| task(name));
        let entries = tasks.chain(obstacle.map(Cow::Borrowed)).collect();
        Self::with("Waits for", results(report), entries)
    }

    fn of_the_drain(report: &Report) -> Self {
        let over = report.at.duration_since(report.phase_since).unwrap_or_default();
        let left = report.waiting.drain_left.unwrap_or_default();
        let label = match left {
            Duration::ZERO => "The drain is over. The service waits for requests in flight.".to_owned(),
            left => format!("The servers stop in {}", spoken(left)),
        };
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let bar = Bar {
            label,
            done: millis(over),
            all: millis(over + left).max(1),
        };
        Self::with("Takes no new traffic", Some(bar), Vec::new())
    }
}

/// How many checks have a first result.
fn results(report: &Report) -> Option<Bar> {
    let all = report.checks.len();
    let is_pending = |reason: Option<Reason>| reason == Some(Reason::Pending);
    let done = report.checks.iter().filter(|check| !is_pending(check.reason)).count();
    (all > 0).then(|| Bar {
        label: format!("{done} of {all} checks have a result"),
        done: done as u64,
        all: all as u64,
    })
}

fn holds(report: &Report) -> impl Iterator<Item = Cow<'_, str>> {
    report.waiting.holds.iter().map(|hold| {
        let reason = match &*hold.reason {
            "" => "A hold".to_owned(),
            reason => format!("“{reason}”"),
        };
        Cow::Owned(match hold.ends_in {
            Some(left) => format!("{reason}, ends in {}", spoken(left)),
            None => reason,
        })
    })
}
