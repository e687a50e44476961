//! The headline of a report: one sentence for the person who has just been woken.

use std::time::Duration;

use crate::outcome::{Reason, Status};
use crate::report::{CheckReport, HoldReport, Report, StartObstacle};
use crate::spec::Probe;
use crate::text::{boundary, breaks_line};

/// At most this many causes, tasks or holds are named.
const NAMED: usize = 3;

/// The longest message that is quoted, in bytes. Three of them and a runbook fit into a headline.
const QUOTED: usize = 160;

/// The longest name that is shown, in bytes. The name of a check of deeply nested structs may be longer.
const NAME: usize = 96;

/// The longest headline, in bytes.
const LONGEST: usize = 1024;

const STALLED: &str =
    "no task runs, because all workers of the runtime are blocked; look for blocking calls in async code";
const DROPPED: &str = "a startup task was dropped before it was done, so the service never starts; restart it";
const NOT_SERVING: &str = "no listener accepts connections any more; restart the service";

/// The parts of a headline.
pub(crate) struct Headline {
    /// The state of the probe, in one or two words.
    pub(crate) state: &'static str,
    /// What follows directly: since when, and whether the probe still passes.
    pub(crate) rest: String,
    /// What explains the state, in the order of importance.
    pub(crate) what: Vec<String>,
}

impl Report {
    /// Returns one sentence about the probe: what is wrong, since when, what follows from it, and what to do.
    ///
    /// The page, the text format, the log and systemd show the same sentence. It has at most 1 KiB and no line break.
    /// It quotes the message of a failing check and its runbook, so do not show it to the public. The public formats
    /// have a headline of their own, which has only names and reasons.
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
        let Headline { state, rest, what } = self.headline_parts();
        let mut line = format!("{state}{rest}");
        if !what.is_empty() {
            line = format!("{line}: {}", what.join("; "));
        }
        bounded(&line, LONGEST)
    }

    /// The parts of the headline.
    pub(crate) fn headline_parts(&self) -> Headline {
        let what = match self.reason {
            Some(Reason::Draining) => vec![self.of_the_drain()],
            Some(Reason::Stalled) => vec![STALLED.to_owned()],
            Some(Reason::Held) => vec![self.of_the_holds()],
            Some(Reason::Starting) => vec![self.of_the_start()],
            Some(Reason::NotServing) => vec![NOT_SERVING.to_owned()],
            // It stays started, whatever its checks say.
            _ if self.is_started() => Vec::new(),
            _ => self.of_the_checks(),
        };
        let (state, rest) = self.state();
        Headline { state, rest, what }
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

    /// The check with this name, if this report has it and it fails.
    fn failure_of(&self, name: &str) -> Option<&CheckReport> {
        self.checks
            .iter()
            .find(|check| check.name == name && !check.status.passes())
    }

    fn is_started(&self) -> bool {
        self.probe == Probe::Startup && self.status == Status::Healthy
    }

    /// The state of the probe, and since when.
    fn state(&self) -> (&'static str, String) {
        let (state, since) = match (self.reason, self.status, self.probe) {
            (Some(Reason::Draining), ..) => ("draining", Some(self.phase_since)),
            (Some(Reason::Starting), ..) => ("starting", Some(self.phase_since)),
            (_, Status::Unhealthy, Probe::Readiness) => ("not ready", self.since),
            (_, Status::Unhealthy, Probe::Liveness) => ("not alive", self.since),
            (_, Status::Unhealthy, Probe::Startup) => ("not started", self.since),
            (_, Status::Unhealthy, Probe::Health) => ("unhealthy", self.since),
            (_, Status::Degraded, _) => ("degraded", self.since),
            (_, Status::Healthy, Probe::Readiness) => ("ready", self.since),
            (_, Status::Healthy, Probe::Liveness) => ("alive", self.since),
            (_, Status::Healthy, Probe::Startup) => ("started", self.since),
            (_, Status::Healthy, Probe::Health) => ("healthy", self.since),
        };
        let lasts = since.and_then(|since| self.at.duration_since(since).ok());
        let still = match (self.status, self.probe) {
            (Status::Degraded, Probe::Readiness) => ", still ready",
            (Status::Degraded, Probe::Liveness) => ", still alive",
            _ => "",
        };
        // Directly after a change, a time would say nothing.
        let rest = match lasts.filter(|lasts| lasts.as_secs() > 0).map(spoken) {
            None => still.to_owned(),
            Some(lasts) if self.is_started() => format!(" {lasts} ago"),
            Some(lasts) => format!(" for {lasts}{still}"),
        };
        (state, rest)
    }

    fn of_the_drain(&self) -> String {
        match self.waiting.drain_left {
            Some(left) if !left.is_zero() => format!("takes no new traffic; stops in {}", spoken(left)),
            _ => "the drain is over; finishes the requests in flight".to_owned(),
        }
    }

    fn of_the_holds(&self) -> String {
        let hold = |hold: &HoldReport| {
            let ends = hold.ends_in.map(|left| format!(" (ends in {})", spoken(left)));
            let reason = quoted(&hold.reason).unwrap_or_else(|| "a hold".to_owned());
            format!("{reason}{}", ends.unwrap_or_default())
        };
        format!("held by {}", listed(self.waiting.holds.iter().map(hold)))
    }

    fn of_the_start(&self) -> String {
        let waiting = &self.waiting;
        let obstacle = match waiting.obstacle {
            Some(StartObstacle::TaskDropped) => return DROPPED.to_owned(),
            Some(StartObstacle::MarkStarted) => Some("a call of mark_started()"),
            Some(StartObstacle::Probes) => Some("a router or port for the probes"),
            Some(StartObstacle::Server) => Some("the server of the application"),
            None => None,
        };
        let named = waiting.startup_tasks.iter().filter_map(|name| quoted(name));
        let tasks = named.map(|name| format!("the startup task {name}"));
        let nameless = match waiting.startup_tasks.iter().filter(|name| name.is_empty()).count() {
            0 => None,
            1 => Some("a startup task".to_owned()),
            count => Some(format!("{count} startup tasks")),
        };
        let checks = waiting.startup_checks.iter().map(|name| match self.failure_of(name) {
            Some(failure) => format!("the check {} ({})", bounded(name, NAME), said(failure)),
            None => format!("the check {}", bounded(name, NAME)),
        });
        let waits: Vec<_> = tasks
            .chain(nameless)
            .chain(checks)
            .chain(obstacle.map(str::to_owned))
            .collect();
        if waits.is_empty() {
            return "waits for the startup checks".to_owned();
        }
        format!("waits for {}", listed(waits.into_iter()))
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
        let named = roots.iter().take(NAMED);
        let mut what: Vec<_> = named.map(|(root, follow)| root_clause(root, *follow)).collect();
        let left: usize = roots.iter().skip(NAMED).map(|(_, follow)| follow + 1).sum();
        // What is left out comes last. So it may be unhealthy only if all that is shown is.
        let may_be_more = self.omitted > 0 && self.checks.iter().all(|check| check.status != Status::Healthy);
        match (left, may_be_more) {
            (0, false) => {}
            (0, true) => what.push("others may not be healthy".to_owned()),
            (left, true) => what.push(format!("at least {left} more are not healthy")),
            (1, false) => what.push("1 more is not healthy".to_owned()),
            (left, false) => what.push(format!("{left} more are not healthy")),
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
    let fault = match (check.status, check.reason) {
        (_, Some(Reason::Pending)) => "has no result yet".to_owned(),
        (Status::Unhealthy, _) => format!("fails ({})", said(check)),
        _ => format!("is degraded ({})", said(check)),
    };
    // Its cause is no root if the report leaves it out.
    let cause = check
        .cause
        .as_ref()
        .map(|cause| format!(" because of {}", bounded(cause, NAME)));
    let follows = match follow {
        0 => String::new(),
        1 => "; 1 more fails because of it".to_owned(),
        count => format!("; {count} more fail because of it"),
    };
    format!("{} {fault}{}{follows}", name(check), cause.unwrap_or_default())
}

fn name(check: &CheckReport) -> String {
    bounded(&check.name, NAME)
}

/// The message of the check, or else its reason. If the message does not tell the reason, both.
fn said(check: &CheckReport) -> String {
    let reason = check.reason.map_or(check.status.as_str(), Reason::as_str);
    let message = check.message.as_deref().filter(|message| !message.is_empty());
    match (message, check.reason) {
        // The message is that of an earlier run.
        (None, _) | (_, Some(Reason::Stuck | Reason::Stale)) => reason.to_owned(),
        (Some(message), Some(Reason::BreakerOpen)) => format!("{reason}: {}", bounded(message, QUOTED)),
        (Some(message), _) => bounded(message, QUOTED),
    }
}

/// The text in quotation marks. `None` for a text that the public does not see.
fn quoted(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| format!("\"{}\"", bounded(text, QUOTED)))
}

/// The first entries of a list, as people write it: `a, b and c`.
fn listed(entries: impl Iterator<Item = String>) -> String {
    let mut entries: Vec<_> = entries.collect();
    let left = entries.len().saturating_sub(NAMED);
    if left > 0 {
        entries.truncate(NAMED);
        entries.push(format!("{left} more"));
    }
    match entries.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => entries.concat(),
    }
}

/// The text on one line, and cut if it is longer than `most` bytes.
fn bounded(text: &str, most: usize) -> String {
    let mut text = text.replace(breaks_line, " ");
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

#[cfg(test)]
mod tests;
