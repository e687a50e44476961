//! The sentence for each state, and its bounds.

use super::*;
use crate::report::samples::{
    MINUTE, RUNBOOK, degraded, draining, fails, gated, held, not_ready, obstacle, orders_db, ready, report, slow,
    stalled, starting, tasks, well,
};
use crate::report::{Phase, Waiting};
use crate::spec::Public;

fn compare(table: impl IntoIterator<Item = (Report, &'static str)>) {
    for (report, sentence) in table {
        assert_eq!(report.headline(), sentence);
    }
}

#[test]
fn a_service_that_is_well_says_so() {
    let two_wells = || vec![well("db"), well("cache")];
    compare([
        (ready(two_wells()), "ready for 4 min: all 2 checks are healthy"),
        (ready(vec![well("db")]), "ready for 4 min: its check is healthy"),
        (ready(Vec::new()), "ready for 4 min"),
        (
            report(Probe::Liveness, Status::Healthy, two_wells()),
            "alive for 4 min: all 2 checks are healthy",
        ),
        (
            report(Probe::Startup, Status::Healthy, vec![fails("migrated", Reason::Error)]),
            "started 4 min ago",
        ),
        (
            report(Probe::Health, Status::Healthy, two_wells()),
            "healthy for 4 min: all 2 checks are healthy",
        ),
    ]);
}

#[test]
fn a_failure_says_what_follows_from_it_and_what_to_do() {
    let cause_and_followers = vec![
        orders_db(),
        fails("basket", Reason::Timeout).caused_by("orders-db"),
        fails("mail", Reason::Error).caused_by("orders-db"),
        well("cache"),
    ];
    compare([
        (
            not_ready(cause_and_followers),
            "not ready for 4 min: orders-db fails (connection refused); 2 more fail because of it; next run in 3 s; \
             runbook https://wiki.example/db",
        ),
        (
            not_ready(vec![
                fails("db", Reason::Timeout),
                fails("mail", Reason::Timeout).caused_by("db"),
            ]),
            "not ready for 4 min: db fails (timeout); 1 more fails because of it",
        ),
        (
            not_ready(vec![fails("mail", Reason::Timeout).caused_by("db")]),
            "not ready for 4 min: mail fails (timeout) because of db",
        ),
        (
            not_ready(vec![CheckReport {
                is_running: true,
                ..orders_db()
            }]),
            "not ready for 4 min: orders-db fails (connection refused); runbook https://wiki.example/db",
        ),
        (
            Report {
                since: None,
                ..not_ready(vec![fails("db", Reason::Error)])
            },
            "not ready: db fails (error)",
        ),
    ]);
}

#[test]
fn at_most_three_causes_are_named() {
    let many = || ["a", "b", "c", "d", "e"].map(|name| fails(name, Reason::Timeout));
    compare([
        (
            not_ready(vec![
                fails("db", Reason::Timeout),
                fails("cache", Reason::Error).says("no route"),
                slow("cache"),
            ]),
            "not ready for 4 min: db fails (timeout); cache fails (no route); cache is degraded (slow)",
        ),
        (
            not_ready(many().into()),
            "not ready for 4 min: a fails (timeout); b fails (timeout); c fails (timeout); 2 more are not healthy",
        ),
        (
            not_ready(many()[..4].into()),
            "not ready for 4 min: a fails (timeout); b fails (timeout); c fails (timeout); 1 more is not healthy",
        ),
        (
            Report {
                omitted: 20,
                ..not_ready(many().into())
            },
            "not ready for 4 min: a fails (timeout); b fails (timeout); c fails (timeout); at least 2 more are not \
             healthy",
        ),
        (
            Report {
                omitted: 20,
                ..not_ready(many()[..1].into())
            },
            "not ready for 4 min: a fails (timeout); others may not be healthy",
        ),
    ]);
}

#[test]
fn the_message_is_told_if_it_is_about_the_failure() {
    compare([
        (
            not_ready(vec![fails("db", Reason::Pending)]),
            "not ready for 4 min: db has no result yet",
        ),
        (
            not_ready(vec![fails("db", Reason::Stuck).says("an earlier message")]),
            "not ready for 4 min: db fails (stuck)",
        ),
        (
            not_ready(vec![fails("db", Reason::BreakerOpen).says("connection refused")]),
            "not ready for 4 min: db fails (breaker_open: connection refused)",
        ),
        (
            report(
                Probe::Liveness,
                Status::Unhealthy,
                vec![fails("worker", Reason::Error).says("no beat for 9 s")],
            ),
            "not alive for 4 min: worker fails (no beat for 9 s)",
        ),
        (
            report(
                Probe::Startup,
                Status::Unhealthy,
                vec![fails("migrated", Reason::Error)],
            ),
            "not started for 4 min: migrated fails (error)",
        ),
        (
            report(Probe::Health, Status::Unhealthy, vec![fails("db", Reason::Panic)]),
            "unhealthy for 4 min: db fails (panic)",
        ),
    ]);
}

#[test]
fn a_degraded_service_still_does_its_work() {
    compare([
        (
            degraded(vec![slow("cache")]),
            "degraded for 4 min, still ready: cache is degraded (slow)",
        ),
        (
            degraded(vec![fails("cache", Reason::Error).says("no route")]),
            "degraded for 4 min, still ready: cache fails (no route)",
        ),
        (
            report(Probe::Health, Status::Degraded, vec![slow("cache")]),
            "degraded for 4 min: cache is degraded (slow)",
        ),
    ]);
}

fn migrated() -> Waiting {
    Waiting {
        startup_checks: vec!["migrated".into()],
        ..Waiting::default()
    }
}

#[test]
fn a_service_that_starts_says_what_it_waits_for() {
    let both = Waiting {
        obstacle: Some(StartObstacle::Server),
        ..tasks(&["warm caches"])
    };
    compare([
        (
            starting(Probe::Readiness, both),
            "starting for 12 s: waits for the startup task \"warm caches\" and the server of the application",
        ),
        (
            starting(Probe::Readiness, tasks(&["a", "b", "c", "d", "e"])),
            "starting for 12 s: waits for the startup task \"a\", the startup task \"b\", the startup task \"c\" and 2 \
             more",
        ),
        (
            Report {
                checks: vec![fails("migrated", Reason::Pending), well("seeded")],
                ..starting(Probe::Startup, migrated())
            },
            "starting for 12 s: waits for the check migrated (pending)",
        ),
        (
            starting(Probe::Readiness, migrated()),
            "starting for 12 s: waits for the check migrated",
        ),
        (
            starting(Probe::Readiness, Waiting::default()),
            "starting for 12 s: waits for the startup checks",
        ),
        (
            starting(Probe::Startup, obstacle(StartObstacle::MarkStarted)),
            "starting for 12 s: waits for a call of mark_started()",
        ),
        (
            starting(Probe::Startup, obstacle(StartObstacle::Probes)),
            "starting for 12 s: waits for a router or port for the probes",
        ),
        (
            starting(Probe::Readiness, obstacle(StartObstacle::Server)),
            "starting for 12 s: waits for the server of the application",
        ),
        (
            starting(Probe::Startup, obstacle(StartObstacle::TaskDropped)),
            "starting for 12 s: a startup task was dropped before it was done, so the service never starts; restart it",
        ),
    ]);
}

#[test]
fn a_service_that_is_held_or_drains_says_how_long() {
    compare([
        (
            held(&[("maintenance", None)]),
            "not ready for 4 min: held by \"maintenance\"",
        ),
        (
            held(&[("move to b", Some(5 * MINUTE)), ("import", None)]),
            "not ready for 4 min: held by \"move to b\" (ends in 5 min) and \"import\"",
        ),
        (
            draining(Some(Duration::from_secs(5))),
            "draining for 12 s: takes no new traffic; stops in 5 s",
        ),
        (
            draining(Some(Duration::ZERO)),
            "draining for 12 s: the drain is over; finishes the requests in flight",
        ),
    ]);
}

#[test]
fn a_service_that_is_itself_at_fault_says_what_to_do() {
    let not_serving = gated(Probe::Readiness, Reason::NotServing, Phase::Running, Waiting::default());
    compare([
        (
            stalled(Probe::Readiness),
            "not ready for 4 min: no task runs, because all workers of the runtime are blocked; look for blocking \
             calls in async code",
        ),
        (
            stalled(Probe::Liveness),
            "not alive for 4 min: no task runs, because all workers of the runtime are blocked; look for blocking \
             calls in async code",
        ),
        (
            Report {
                status: Status::Degraded,
                ..stalled(Probe::Liveness)
            },
            "degraded for 4 min, still alive: no task runs, because all workers of the runtime are blocked; look for \
             blocking calls in async code",
        ),
        (
            not_serving,
            "not ready for 4 min: no listener accepts connections any more; restart the service",
        ),
    ]);
}

#[test]
fn the_public_sentence_has_no_message_and_no_free_text() {
    let public = |report: Report| report.into_public(Public::CheckStates).headline();
    assert_eq!(
        public(not_ready(vec![
            orders_db(),
            fails("mail", Reason::Timeout).caused_by("orders-db"),
        ])),
        "not ready for 4 min: orders-db fails (error); 1 more fails because of it"
    );
    assert_eq!(
        public(held(&[("hunter2", Some(5 * MINUTE)), ("hunter3", None)])),
        "not ready for 4 min: held by a hold (ends in 5 min) and a hold"
    );
    assert_eq!(
        public(starting(Probe::Startup, tasks(&["hunter2"]))),
        "starting for 12 s: waits for a startup task"
    );
    assert_eq!(
        public(starting(Probe::Startup, tasks(&["hunter2", "hunter3"]))),
        "starting for 12 s: waits for 2 startup tasks"
    );
}

#[test]
fn the_sentence_is_one_line_of_at_most_a_kib() {
    let hostile = "a\nb\r\u{2028}c\u{0}\u{85}ä".repeat(200);
    let long: &'static str = "x".repeat(500).leak();
    let checks = ["a", "b", long].map(|name| CheckReport {
        runbook: Some(RUNBOOK.into()),
        ..fails(name, Reason::Error).says(&hostile)
    });
    let names = [hostile.as_str(); 5];
    let reports = [
        not_ready(checks.into()),
        starting(Probe::Startup, tasks(&names)),
        held(&names.map(|name| (name, None))),
    ];
    for report in reports {
        let sentence = report.headline();
        assert!(sentence.len() <= LONGEST, "{}", sentence.len());
        assert!(
            !sentence.contains(['\n', '\r', '\0', '\u{85}', '\u{2028}']),
            "{sentence:?}"
        );
    }
}

#[test]
fn three_long_messages_leave_room_for_the_runbook() {
    let message = "m".repeat(1024);
    let checks = ["db", "cache", "mail"].map(|name| CheckReport {
        runbook: Some(RUNBOOK.into()),
        next_run: Some(MINUTE),
        ..fails(name, Reason::Error).says(&message)
    });
    let sentence = not_ready(checks.into()).headline();
    assert!(
        sentence.ends_with("; next run in 1 min; runbook https://wiki.example/db"),
        "{sentence}"
    );
}

#[test]
fn a_time_has_its_two_largest_units() {
    let expected = [
        (0, "less than 1 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3_599, "59 min"),
        (11_520, "3 h 12 min"),
        (183_600, "2 d 3 h"),
    ];
    for (seconds, text) in expected {
        assert_eq!(spoken(Duration::from_secs(seconds)), text);
    }
}
