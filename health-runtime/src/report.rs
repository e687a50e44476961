//! What is published: [`Report`], independent of any wire format.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::{Engine, Selection, View, WHOLE};
use crate::outcome::{Reason, Status};
use crate::parts::PartReport;
use crate::spec::Probe;

/// Where the service is between its start and its end.
///
/// The list is closed: a `match` needs no wildcard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Not started yet: readiness and startup fail.
    Starting,
    /// Started.
    Running,
    /// Shutting down: readiness fails, for good.
    Draining,
}

impl Phase {
    /// The word in reports: `starting`, `running` or `draining`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Draining => "draining",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Phase {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What a probe says at one moment: the verdict, and the checks that it comes from, failing ones first.
///
/// [`Health::report`](crate::Health::report) makes one. [The states](crate::_documentation::states) explain what it says. More
/// fields may be added.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// The question that this answers.
    pub probe: Probe,
    /// The verdict: unhealthy is a failed probe.
    pub status: Status,
    /// Why the probe fails whatever its checks say: `draining`, `stalled`, `held` or `starting`.
    pub reason: Option<Reason>,
    /// How long the runtime took to run something new, of late; absent where it is not watched, see
    /// [`HealthBuilder::stalled_after`](crate::HealthBuilder::stalled_after).
    pub lag: Option<Duration>,
    /// Where the service is between its start and its end.
    pub phase: Phase,
    /// The service's name.
    pub service: Cow<'static, str>,
    /// The service's version.
    pub version: Cow<'static, str>,
    /// The checks: critical failures, other failures, degraded ones, healthy ones.
    pub checks: Vec<CheckReport>,
    /// How many checks were left out for the size of a body; they would stand last.
    pub(crate) omitted: usize,
}

/// One check in a [`Report`]. More fields may be added.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CheckReport {
    /// Its name.
    pub name: Cow<'static, str>,
    /// How it is.
    pub status: Status,
    /// Why it is not simply healthy.
    pub reason: Option<Reason>,
    /// What it checks, for people: `description = "…"` or the doc comment.
    pub description: Option<Cow<'static, str>>,
    /// Whether its failure fails the probe. In readiness: if it is declared `critical`. In liveness and startup: always. In
    /// `/health`: if it is declared `critical` or is in liveness.
    pub critical: bool,
    /// What its last finished run said by itself, before thresholds, `fail_open` and the breaker; absent before the first.
    pub raw_status: Option<Status>,
    /// Why the last finished run was not simply healthy.
    pub raw_reason: Option<Reason>,
    /// How long its last finished run took; absent before the first.
    pub latency: Option<Duration>,
    /// How long ago its last finished run ended, to within a tenth of a second; absent before the first.
    pub age: Option<Duration>,
    /// What its last finished run said, credentials masked, at most 1 KiB. Not for the public.
    pub message: Option<Arc<str>>,
    /// What its last finished run said of each of its [`Parts`](crate::Parts), failing ones first, at most 100; empty where
    /// it has none. Not for the public.
    pub parts: Arc<[PartReport]>,
    /// How many more parts it has, none of them worse than those in `parts`.
    pub omitted_parts: usize,
    /// The address of what to do about its failure: `runbook = "…"`. Not for the public.
    pub runbook: Option<Cow<'static, str>>,
    /// What it belongs to together with others: `groups("…")`; empty without. Not for the public.
    pub groups: Vec<Cow<'static, str>>,
    /// Why a restart of the process helps although it looks at something outside: `restart_helps = "…"`. Not for the
    /// public.
    pub restart_helps: Option<Cow<'static, str>>,
}

/// Who reads a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Anybody: error texts only if the service says so.
    Public,
    /// Whoever is on call.
    Internal,
}

impl Report {
    /// The probe's report from this view, with at most `limit` checks.
    pub(crate) fn new(engine: &Engine, view: &View, probe: Probe, selection: Option<&Selection>, limit: usize) -> Self {
        let part = view.part(probe, selection.map_or(WHOLE, Selection::ranges), limit);
        let state = match selection.and_then(|selection| selection.one) {
            Some(index) => view.judge_one(probe, index),
            None => part.state,
        };
        let omitted = part.count - part.first.len();
        let check = |index: usize| {
            let (spec, brief, row) = (&engine.plans[index].spec, view.brief(index), view.row(index));
            let parts = row.parts.as_ref();
            CheckReport {
                name: spec.name.clone(),
                status: brief.state.status,
                reason: brief.state.reason,
                description: spec.description.clone(),
                critical: spec.is_critical_in(probe),
                raw_status: row.raw.map(|raw| raw.status),
                raw_reason: row.raw.and_then(|raw| raw.reason),
                latency: row.latency,
                age: row.age,
                message: row.message.clone(),
                parts: parts.map(|parts| Arc::clone(&parts.list)).unwrap_or_default(),
                omitted_parts: parts.map_or(0, |parts| parts.omitted),
                runbook: spec.runbook.clone(),
                groups: spec.groups.clone(),
                restart_helps: spec.restart_helps.clone(),
            }
        };
        Self {
            probe,
            status: state.status,
            reason: state.reason,
            lag: view.standing.lag,
            phase: view.standing.phase,
            service: engine.service.name.clone(),
            version: engine.service.version.clone(),
            omitted,
            checks: part.first.into_iter().map(check).collect(),
        }
    }

    /// Whether the probe succeeds.
    pub fn passes(&self) -> bool {
        self.status.passes()
    }
}
