//! Makes a report from a view, and a transition from two states.

use std::sync::Arc;
use std::time::SystemTime;

use super::{Engine, Selection, State, View, WHOLE};
use crate::report::{CheckReport, Report, Transition};
use crate::spec::{CheckSpec, Probe};

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
    let omitted = part.count - part.first.len();
    let check = |index: usize| {
        let (spec, brief, last) = (&engine.plans[index].spec, view.brief(index), view.last_run(index));
        let parts = last.parts.as_ref();
        CheckReport {
            name: spec.name.clone(),
            status: brief.state.status,
            reason: brief.state.reason,
            description: spec.description.clone(),
            critical: spec.is_critical_in(probe),
            raw_status: last.raw.map(|raw| raw.status),
            raw_reason: last.raw.and_then(|raw| raw.reason),
            latency: last.latency,
            age: last.age,
            message: last.message.clone(),
            details: last.details.clone().unwrap_or_default(),
            parts: parts.map(|parts| Arc::clone(&parts.list)).unwrap_or_default(),
            omitted_parts: parts.map_or(0, |parts| parts.omitted),
            runbook: spec.runbook.clone(),
            groups: spec.groups.clone(),
            restart_helps: spec.restart_helps.clone(),
        }
    };
    Report {
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

/// A change of a check from one state to another.
pub(crate) fn transition(
    spec: &CheckSpec,
    [from, to]: [State; 2],
    message: Option<Arc<str>>,
    at: SystemTime,
) -> Transition {
    Transition {
        check: spec.name.clone(),
        critical: spec.is_critical_in(Probe::Health),
        from: from.status,
        from_reason: from.reason,
        to: to.status,
        to_reason: to.reason,
        message,
        at,
    }
}
