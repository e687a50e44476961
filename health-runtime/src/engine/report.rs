//! Makes a report from a view, and a transition from two states.

use std::sync::Arc;
use std::time::SystemTime;

use super::core::history::{Change, Entry, History as Kept};
use super::core::moment::Moment;
use super::core::waits::NamedHold;
use super::{Engine, Plan, Selection, State, Time, View, WHOLE};
use crate::report::{CheckReport, History, HoldReport, PastResult, PastTransition, Report, Transition, Waiting};
use crate::spec::Probe;

/// The probe's report from this view, with at most `limit` checks.
pub(crate) fn report(
    engine: &Engine,
    view: &View,
    probe: Probe,
    selection: Option<&Selection>,
    limit: usize,
) -> Report {
    let part = view.part(probe, selection.map_or(WHOLE, Selection::ranges), limit);
    let state = match selection.and_then(|selection| selection.one) {
        Some(index) => view.judge_one(probe, index),
        None => part.state,
    };
    let omitted = part.count.saturating_sub(part.first.len());
    let (now, at) = (view.standing.at, engine.clock.wall(view.standing.at));
    let date = |then: Time| at.checked_sub(now.saturating_sub(then)).unwrap_or(at);
    let check = |index: usize| {
        let (spec, brief, last) = (&engine.plans[index].spec, view.brief(index), view.last_run(index));
        let said = last.said.as_deref();
        let parts = said.and_then(|said| said.parts.as_ref());
        let ended = last.ended.map(Moment::time);
        let texts = spec.texts();
        CheckReport {
            name: spec.name.clone(),
            status: brief.state.status,
            reason: brief.state.reason,
            cause: view.cause(index).map(|cause| engine.plans[cause].spec.name.clone()),
            since: date(last.since.time()),
            description: texts.description.clone(),
            critical: spec.is_critical_in(probe),
            raw_status: last.raw.map(|raw| raw.status),
            raw_reason: last.raw.and_then(|raw| raw.reason),
            latency: last.latency,
            age: ended.map(|ended| now.saturating_sub(ended)),
            checked_at: ended.map(date),
            last_success: last.succeeded.map(|at| date(at.time())),
            consecutive_failures: last.failures,
            is_running: last.running,
            next_run: last.next.map(|next| next.time().saturating_sub(now)),
            history: None,
            message: said.and_then(|said| said.message.clone()),
            details: said.and_then(|said| said.details.clone()).unwrap_or_default(),
            parts: parts.map(|parts| Arc::clone(&parts.list)).unwrap_or_default(),
            omitted_parts: parts.map_or(0, |parts| parts.omitted),
            runbook: texts.runbook.clone(),
            groups: texts.groups.clone(),
            restart_helps: texts.restart_helps.clone(),
            index,
        }
    };
    let life = &view.life;
    Report {
        probe,
        status: state.status,
        reason: state.reason,
        at,
        since: selection.is_none().then(|| date(life.verdicts_since[probe as usize])),
        uptime: now,
        lag: view.standing.lag,
        phase: view.standing.phase,
        phase_since: date(life.phase_since),
        waiting: waiting(engine, view),
        service: engine.service.name.clone(),
        version: engine.service.version.clone(),
        omitted,
        checks: part.first.into_iter().map(check).collect(),
    }
}

fn waiting(engine: &Engine, view: &View) -> Waiting {
    let (life, now) = (&view.life, view.standing.at);
    let hold = |hold: &NamedHold| HoldReport {
        reason: Arc::clone(&hold.reason),
        ends_in: hold.until.map(|until| until.saturating_sub(now)),
    };
    let name = |checks: &[usize]| {
        checks
            .iter()
            .map(|index| engine.plans[*index].spec.name.clone())
            .collect()
    };
    Waiting {
        startup_tasks: life.waits.tasks.to_vec(),
        startup_checks: name(&life.startup_checks),
        holds: life.waits.holds.iter().map(hold).collect(),
        obstacle: life.obstacle,
        drain_left: life.closes_at.map(|closes_at| closes_at.saturating_sub(now)),
    }
}

/// What the history of a check says at `now`, which is the date `date(now)`.
fn history(kept: &Kept, now: Time, date: impl Fn(Time) -> SystemTime) -> History {
    let result = |entry: Entry| PastResult {
        at: date(entry.at()),
        latency: entry.took(),
        status: entry.state.status,
        reason: entry.state.reason,
    };
    let transition = |change: Change| PastTransition {
        at: date(change.at()),
        from: change.from.status,
        from_reason: change.from.reason,
        to: change.to.status,
        to_reason: change.to.reason,
    };
    History {
        begun: date(kept.begun()),
        availability: kept.availability(now),
        flaps: kept.flaps(now),
        results: kept.results().map(result).collect(),
        transitions: kept.changes().map(transition).collect(),
    }
}

impl Engine {
    /// Adds the history to the first checks of the report, as far as it is kept.
    pub(crate) fn add_history(self: &Arc<Self>, report: &mut Report, most: usize) {
        self.with(|core, now| {
            let at = self.clock.wall(now);
            let date = |then: Time| at.checked_sub(now.saturating_sub(then)).unwrap_or(at);
            for check in report.checks.iter_mut().take(most) {
                check.history = core.history(check.index).map(|kept| history(kept, now, date));
            }
        });
    }
}

/// A change of a check from one state to another.
pub(crate) fn transition(
    plans: &[Plan],
    index: usize,
    [from, to]: [State; 2],
    message: Option<Arc<str>>,
    cause: Option<usize>,
    at: SystemTime,
) -> Transition {
    let spec = &plans[index].spec;
    Transition {
        check: spec.name.clone(),
        critical: spec.is_critical_in(Probe::Health),
        from: from.status,
        from_reason: from.reason,
        to: to.status,
        to_reason: to.reason,
        message,
        cause: cause.map(|cause| plans[cause].spec.name.clone()),
        at,
    }
}
