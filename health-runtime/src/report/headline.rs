//! The headline of a report: one sentence for the person who has just been woken.

use std::time::Duration;

use crate::outcome::{Reason, Status};
use crate::report::{CheckReport, Report, StartObstacle};
use crate::spec::Probe;
use crate::text::boundary;

/// At most this many causes, tasks or holds are named.
const NAMED: usize = 3;

/// The longest message that is quoted, in bytes.
const QUOTED: usize = 200;

const STALLED: &str = "the runtime runs no task, because all its workers are blocked";

/// The longest headline, in bytes.
const LONGEST: usize = 1024;

/// The parts of a headline.
pub(crate) struct Headline {
    /// The state of the probe, in one or two words.
    pub(crate) state: &'static str,
    /// How long the state has lasted.
    pub(crate) lasts: Option<String>,
    /// What explains the state, in the order of importance.
    pub(crate) what: Vec<String>,
}

impl Report {
    /// Returns one sentence about the probe: what is wrong, since when, what follows from it, and what to do.
    ///
    /// The page, the text format, the log and systemd show the same sentence. It has at most 1 KiB and no line break. It
    /// quotes the message of a failing check and its runbook, so do not show it to the public. The public formats have a
    /// headline of their own, which has only names and reasons.
    ///
    /// ```
    /// # use health_runtime::{Flag, HealthState, Probe};
    /// # #[derive(Clone, HealthState)]
    /// # struct AppState { #[health_check] db: Flag }
    /// # let runtime = tokio::runtime::Runtime::new().unwrap();
    /// # let _guard = runtime.enter();
    /// let health = AppState { db: Flag::healthy() }.start_health();
    /// // For example: not ready for 4 min: db fails (connection refused); next run in 3 s
    /// println!("{}", health.report(Probe::Readiness).headline());
    /// ```
    pub fn headline(&self) -> String {
        let Headline { state, lasts, what } = self.headline_parts();
        let mut line = state.to_owned();
        if let Some(lasts) = lasts {
            line = format!("{line} for {lasts}");
        }
        if !what.is_empty() {
            line = format!("{line}: {}", what.join("; "));
        }
        bounded(&line, LONGEST)
    }

    /// The parts of the headline.
    pub(crate) fn headline_parts(&self) -> Headline {
        let (state, what) = match self.reason {
            Some(Reason::Draining) => ("draining", self.of_the_drain()),
            Some(Reason::Stalled) => (self.failing(), vec![STALLED.to_owned()]),
            Some(Reason::Held) => (self.failing(), self.of_the_holds()),
            Some(Reason::Starting) => ("starting", self.of_the_start()),
            Some(Reason::NotServing) => (self.failing(), vec!["no listener accepts connections".to_owned()]),
            _ => (self.standing(), self.of_the_checks()),
        };
        let since = match self.reason {
            Some(Reason::Draining | Reason::Starting) => Some(self.phase_since),
            _ => self.since,
        };
        let lasts = since.and_then(|since| self.at.duration_since(since).ok());
        let lasts = lasts.filter(|lasts| lasts.as_secs() > 0);
        Headline {
            state,
            lasts: lasts.map(spoken),
            what,
        }
    }

    /// Removes all times from the headline. Two headlines without times differ only if the state has changed.
    #[cfg(all(unix, feature = "systemd"))]
    pub(crate) fn forget_times(&mut self) {
        (self.since, self.phase_since) = (None, self.at);
        self.waiting.drain_left = self.waiting.drain_left.filter(Duration::is_zero);
        for hold in &mut self.waiting.holds {
            hold.ends_in = None;
        }
        for check in &mut self.checks {
            check.next_run = None;
        }
    }

    /// The state of a probe that passes or fails because of its checks.
    fn standing(&self) -> &'static str {
        match (self.status, self.probe) {
            (Status::Unhealthy, _) => self.failing(),
            (Status::Degraded, _) => "degraded",
            (Status::Healthy, Probe::Readiness) => "ready",
            (Status::Healthy, Probe::Liveness) => "alive",
            (Status::Healthy, Probe::Startup) => "started",
            (Status::Healthy, Probe::Health) => "healthy",
        }
    }

    fn failing(&self) -> &'static str {
        match self.probe {
            Probe::Readiness => "not ready",
            Probe::Liveness => "not alive",
            Probe::Startup => "not started",
            Probe::Health => "unhealthy",
        }
    }

    fn of_the_drain(&self) -> Vec<String> {
        vec![match self.waiting.drain_left {
            Some(left) if !left.is_zero() => format!("takes no new traffic; stops in {}", spoken(left)),
            _ => "the drain is over; waits for requests in flight".to_owned(),
        }]
    }

    fn of_the_holds(&self) -> Vec<String> {
        let holds = self.waiting.holds.iter().map(|hold| {
            let ends = hold.ends_in.map(|left| format!(" (ends in {})", spoken(left)));
            format!("{}{}", quoted("a hold", &hold.reason), ends.unwrap_or_default())
        });
        vec![format!("held by {}", listed(holds))]
    }

    fn of_the_start(&self) -> Vec<String> {
        let waiting = &self.waiting;
        if waiting.obstacle == Some(StartObstacle::TaskDropped) {
            return vec!["a startup task was dropped, so the start has failed for good".to_owned()];
        }
        let tasks = waiting.startup_tasks.iter().map(|name| quoted("a startup task", name));
        let checks = waiting.startup_checks.iter().map(|name| format!("the check {name}"));
        let obstacle = waiting.obstacle.map(|obstacle| match obstacle {
            StartObstacle::TaskDropped => unreachable!("handled above"),
            StartObstacle::MarkStarted => "a call of mark_started()",
            StartObstacle::Probes => "a router or port for the probes",
            StartObstacle::Server => "the server of the application",
        });
        let waits: Vec<_> = tasks.chain(checks).chain(obstacle.map(str::to_owned)).collect();
        if waits.is_empty() {
            return Vec::new();
        }
        vec![format!("waits for {}", listed(waits.into_iter()))]
    }

    fn of_the_checks(&self) -> Vec<String> {
        let roots = self.roots();
        let Some((worst, _)) = roots.first() else {
            return match self.checks.len() + self.omitted {
                0 => Vec::new(),
                1 => vec!["its check is healthy".to_owned()],
                all => vec![format!("all {all} checks are healthy")],
            };
        };
        let mut what: Vec<_> = roots
            .iter()
            .take(NAMED)
            .map(|(root, follow)| root_clause(root, *follow))
            .collect();
        let left: usize = roots.iter().skip(NAMED).map(|(_, follow)| follow + 1).sum();
        if left > 0 {
            what.push(format!(
                "{left} more {}",
                verb(left, "is not healthy", "are not healthy")
            ));
        }
        if let Some(next) = worst.next_run.filter(|_| !worst.is_running) {
            what.push(format!("next run in {}", spoken(next)));
        }
        if let Some(runbook) = &worst.runbook {
            what.push(format!("runbook {runbook}"));
        }
        what
    }

    /// The checks that are not healthy and stand below no cause. Each one comes with the number of checks that fail
    /// because of it.
    fn roots(&self) -> Vec<(&CheckReport, usize)> {
        let mut roots: Vec<(&CheckReport, usize)> = Vec::new();
        for check in self.checks.iter().filter(|check| check.status != Status::Healthy) {
            match (roots.last_mut(), &check.cause) {
                // A check comes directly after its cause.
                (Some((root, follow)), Some(cause)) if root.name == *cause => *follow += 1,
                _ => roots.push((check, 0)),
            }
        }
        roots
    }
}

/// One check that is not healthy, and how many fail because of it.
fn root_clause(check: &CheckReport, follow: usize) -> String {
    let verb_of = match (check.status, check.reason) {
        (_, Some(Reason::Pending)) => "has no result yet",
        (Status::Unhealthy, _) => "fails",
        _ => "is degraded",
    };
    let said = match check.reason {
        Some(Reason::Pending) => String::new(),
        _ => format!(" ({})", said(check)),
    };
    let follows = match follow {
        0 => String::new(),
        count => format!("; {count} more {} because of it", verb(count, "fails", "fail")),
    };
    format!("{} {verb_of}{said}{follows}", check.name)
}

/// The message of the check, or else its reason.
fn said(check: &CheckReport) -> String {
    let reason = check.reason.map_or(check.status.as_str(), Reason::as_str);
    match &check.message {
        Some(message) if !message.is_empty() => bounded(message, QUOTED),
        _ => reason.to_owned(),
    }
}

/// The name in quotation marks, or `nameless` in a public report.
fn quoted(nameless: &str, name: &str) -> String {
    if name.is_empty() {
        nameless.to_owned()
    } else {
        format!("\"{}\"", bounded(name, QUOTED))
    }
}

fn verb(count: usize, one: &'static str, many: &'static str) -> &'static str {
    if count == 1 { one } else { many }
}

/// The first entries of a list, as people write it.
fn listed(entries: impl Iterator<Item = String>) -> String {
    let entries: Vec<_> = entries.collect();
    let named = entries[..entries.len().min(NAMED)].join(", ");
    match entries.len().saturating_sub(NAMED) {
        0 => named,
        left => format!("{named} and {left} more"),
    }
}

/// The text without line breaks, and cut if it is longer than `most` bytes.
fn bounded(text: &str, most: usize) -> String {
    let mut text = text.replace(char::is_control, " ");
    if text.len() > most {
        text.truncate(boundary::floor(&text, most - "…".len()));
        text.push('…');
    }
    text
}

/// A time as people say it, with its two largest units: `3 s`, `4 min`, `3 h 12 min`, `2 d 3 h`.
pub(crate) fn spoken(time: Duration) -> String {
    let seconds = time.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        0 => "less than 1 s".to_owned(),
        1..60 => format!("{seconds} s"),
        60..3600 => format!("{minutes} min"),
        3600..86_400 => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}
