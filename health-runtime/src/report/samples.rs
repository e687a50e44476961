//! Reports for tests: one for each state of a service.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::outcome::{Outcome, PartReport, Reason, Status};
use crate::report::{CheckReport, HoldReport, Phase, Report, StartObstacle, Waiting};
use crate::spec::Probe;

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const RUNBOOK: &str = "https://wiki.example/db";

/// When all reports are made: at 12:00 on 1 March 2026.
pub(crate) fn noon() -> SystemTime {
    SystemTime::UNIX_EPOCH + 29_539_440 * MINUTE
}

/// A probe with this status and these checks, for four minutes.
pub(crate) fn report(probe: Probe, status: Status, checks: Vec<CheckReport>) -> Report {
    let at = noon();
    Report {
        probe,
        status,
        reason: None,
        at,
        since: Some(at - 4 * MINUTE),
        uptime: 500 * MINUTE,
        lag: None,
        phase: Phase::Running,
        phase_since: at - 300 * MINUTE,
        waiting: Waiting::default(),
        service: "orders".into(),
        version: "1.2.3".into(),
        checks,
        omitted: 0,
    }
}

pub(crate) fn ready(checks: Vec<CheckReport>) -> Report {
    report(Probe::Readiness, Status::Healthy, checks)
}

pub(crate) fn degraded(checks: Vec<CheckReport>) -> Report {
    report(Probe::Readiness, Status::Degraded, checks)
}

pub(crate) fn not_ready(checks: Vec<CheckReport>) -> Report {
    report(Probe::Readiness, Status::Unhealthy, checks)
}

/// A service that fails its probe for this reason, in this phase for twelve seconds.
pub(crate) fn gated(probe: Probe, reason: Reason, phase: Phase, waiting: Waiting) -> Report {
    let report = report(probe, Status::Unhealthy, Vec::new());
    Report {
        reason: Some(reason),
        phase,
        phase_since: report.at - Duration::from_secs(12),
        waiting,
        ..report
    }
}

/// A service whose runtime runs no task.
pub(crate) fn stalled(probe: Probe) -> Report {
    gated(probe, Reason::Stalled, Phase::Running, Waiting::default())
}

pub(crate) fn starting(probe: Probe, waiting: Waiting) -> Report {
    gated(probe, Reason::Starting, Phase::Starting, waiting)
}

pub(crate) fn check(name: &'static str, status: Status, reason: Option<Reason>) -> CheckReport {
    CheckReport {
        name: name.into(),
        status,
        reason,
        cause: None,
        since: noon() - 300 * MINUTE,
        description: None,
        critical: true,
        raw_status: Some(status),
        raw_reason: reason,
        latency: None,
        age: None,
        checked_at: None,
        last_success: None,
        consecutive_failures: 0,
        is_running: false,
        next_run: None,
        history: None,
        message: None,
        details: Arc::default(),
        parts: Arc::default(),
        omitted_parts: 0,
        runbook: None,
        groups: Vec::new(),
        restart_helps: None,
        index: 0,
    }
}

pub(crate) fn well(name: &'static str) -> CheckReport {
    check(name, Status::Healthy, None)
}

pub(crate) fn fails(name: &'static str, reason: Reason) -> CheckReport {
    check(name, Status::Unhealthy, Some(reason))
}

impl CheckReport {
    pub(crate) fn says(self, message: &str) -> Self {
        let message = Some(message.into());
        Self { message, ..self }
    }

    pub(crate) fn caused_by(self, cause: &'static str) -> Self {
        let cause = Some(cause.into());
        Self { cause, ..self }
    }
}

/// `orders-db`, which is down, and all that can be known about it.
pub(crate) fn orders_db() -> CheckReport {
    let outcome = Outcome::healthy().detail("connections", 7).detail("primary", true);
    let shard = PartReport {
        name: "shard-a".into(),
        status: Status::Unhealthy,
        reason: Some(Reason::Error),
        message: Some("no route to shard-a".into()),
        details: Vec::new(),
    };
    CheckReport {
        since: noon() - 4 * MINUTE,
        latency: Some(Duration::from_micros(1_600)),
        age: Some(Duration::from_secs(2)),
        checked_at: Some(noon() - Duration::from_secs(2)),
        consecutive_failures: 48,
        next_run: Some(Duration::from_secs(3)),
        description: Some("The database of the orders.".into()),
        runbook: Some(RUNBOOK.into()),
        groups: vec!["core".into(), "sql".into()],
        details: outcome.details().into(),
        parts: [shard].into(),
        ..fails("orders-db", Reason::Error).says("connection refused")
    }
}

/// A check that is degraded and not critical.
pub(crate) fn slow(name: &'static str) -> CheckReport {
    CheckReport {
        critical: false,
        latency: Some(Duration::from_millis(250)),
        ..check(name, Status::Degraded, Some(Reason::Slow))
    }
}

/// The report with these checks, in the order of their declaration.
pub(crate) fn with_checks(report: Report, checks: Vec<CheckReport>) -> Report {
    let checks = checks.into_iter().enumerate();
    let checks = checks.map(|(index, check)| CheckReport { index, ..check }).collect();
    Report { checks, ..report }
}

/// A report for each state of a service.
pub(crate) fn states() -> Vec<Report> {
    let wells = || vec![well("orders-db"), well("cache"), well("billing.ledger")];
    let failing = || {
        let basket = fails("basket", Reason::Timeout).caused_by("orders-db");
        vec![orders_db(), basket, slow("cache"), well("billing.ledger")]
    };
    let not_serving = gated(Probe::Readiness, Reason::NotServing, Phase::Running, Waiting::default());
    let stalled_drain = Report {
        status: Status::Degraded,
        phase: Phase::Draining,
        ..stalled(Probe::Liveness)
    };
    vec![
        ready(Vec::new()),
        with_checks(ready(Vec::new()), wells()),
        with_checks(
            degraded(Vec::new()),
            vec![slow("cache"), well("orders-db").says("7 jobs")],
        ),
        with_checks(not_ready(Vec::new()), failing()),
        with_checks(not_ready(Vec::new()), vec![fails("orders-db", Reason::Pending)]),
        with_checks(starting(Probe::Readiness, tasks(&["warm caches"])), wells()),
        with_checks(starting(Probe::Startup, Waiting::default()), failing()),
        with_checks(starting(Probe::Startup, obstacle(StartObstacle::TaskDropped)), wells()),
        with_checks(held(&[("maintenance", Some(5 * MINUTE))]), failing()),
        with_checks(draining(Some(MINUTE)), wells()),
        with_checks(stalled(Probe::Liveness), wells()),
        with_checks(stalled_drain, wells()),
        with_checks(not_serving, wells()),
        with_checks(report(Probe::Liveness, Status::Healthy, Vec::new()), wells()),
        with_checks(report(Probe::Startup, Status::Healthy, Vec::new()), wells()),
        with_checks(report(Probe::Health, Status::Unhealthy, Vec::new()), failing()),
    ]
}

pub(crate) fn tasks(names: &[&str]) -> Waiting {
    let startup_tasks = names.iter().map(|name| (*name).into()).collect();
    Waiting {
        startup_tasks,
        ..Waiting::default()
    }
}

pub(crate) fn obstacle(obstacle: StartObstacle) -> Waiting {
    let obstacle = Some(obstacle);
    Waiting {
        obstacle,
        ..Waiting::default()
    }
}

pub(crate) fn held(holds: &[(&str, Option<Duration>)]) -> Report {
    let hold = |(reason, ends_in): &(&str, Option<Duration>)| HoldReport {
        reason: (*reason).into(),
        ends_in: *ends_in,
    };
    let holds = holds.iter().map(hold).collect();
    let waiting = Waiting {
        holds,
        ..Waiting::default()
    };
    gated(Probe::Readiness, Reason::Held, Phase::Running, waiting)
}

pub(crate) fn draining(drain_left: Option<Duration>) -> Report {
    let waiting = Waiting {
        drain_left,
        ..Waiting::default()
    };
    gated(Probe::Readiness, Reason::Draining, Phase::Draining, waiting)
}
