//! The text of the API server of Kubernetes, from the tests of its package `healthz`
//! (`staging/src/k8s.io/apiserver/pkg/server/healthz/healthz_test.go`), with the headline in front.

use super::{CHECKS, INTERNAL, without_latency, written};
use crate::format::{Excluded, Format, Scope};
use crate::outcome::{Reason, Status};
use crate::report::Report;
use crate::report::samples::{degraded, draining, fails, not_ready, orders_db, ready, report, slow, well, with_checks};
use crate::spec::Probe;

fn verbose() -> Scope {
    Scope {
        verbose: true,
        ..CHECKS
    }
}

fn text(report: &Report, scope: &Scope) -> String {
    written(Format::Text, report, scope)
}

fn excluded(index: usize, name: &'static str, with: Option<&str>) -> Excluded {
    let with = with.map(str::to_owned);
    Excluded {
        index,
        name: name.into(),
        with,
    }
}

/// Two checks that pass. The report lists them in another order than they are declared.
fn two() -> Report {
    let mut report = with_checks(ready(Vec::new()), vec![well("ping"), well("db")]);
    report.checks.reverse();
    report
}

#[test]
fn success_is_ok_without_a_line_break() {
    assert_eq!(text(&two(), &CHECKS), "ok");
    assert_eq!(text(&degraded(vec![slow("cache")]), &CHECKS), "ok");
    assert_eq!(text(&two(), &INTERNAL), "ok");
    assert_eq!(text(&ready(Vec::new()), &CHECKS), "ok");
}

#[test]
fn verbose_names_each_check_in_the_order_of_declaration() {
    assert_eq!(
        text(&two(), &verbose()),
        "ready for 4 min: all 2 checks are healthy\n[+]ping ok\n[+]db ok\nreadyz check passed\n"
    );
    assert_eq!(
        text(&ready(Vec::new()), &verbose()),
        "ready for 4 min\nreadyz check passed\n"
    );
}

#[test]
fn failure_names_each_check_and_withholds_the_reason() {
    let checks = vec![
        well("ping"),
        fails("bad", Reason::Error).says("connection refused"),
        slow("cache"),
    ];
    let report = with_checks(not_ready(Vec::new()), checks);
    let lines = "[+]ping ok\n[-]bad failed: reason withheld\n[+]cache ok\nreadyz check failed\n";
    let headline = "not ready for 4 min: bad fails (error); cache is degraded (slow)\n";
    assert_eq!(text(&report, &CHECKS), format!("{headline}{lines}"));
    assert_eq!(text(&report, &verbose()), format!("{headline}{lines}"));
}

#[test]
fn the_internal_port_says_why() {
    let report = with_checks(not_ready(Vec::new()), vec![orders_db(), fails("mail", Reason::Timeout)]);
    assert_eq!(
        text(&report, &INTERNAL),
        "not ready for 4 min: orders-db fails (connection refused); mail fails (timeout); next run in 3 s; runbook \
         https://wiki.example/db\n\
         [-]orders-db failed: connection refused\n\
         [-]mail failed: timeout\n\
         readyz check failed\n"
    );
}

#[test]
fn an_excluded_check_has_a_line_in_its_place() {
    let report = with_checks(ready(Vec::new()), vec![well("a"), well("b"), well("c"), well("d")]);
    let kept: Vec<_> = [0, 2].map(|index: usize| report.checks[index].clone()).into();
    let report = Report { checks: kept, ..report };
    let scope = Scope {
        excluded: vec![excluded(1, "b", None), excluded(3, "billing.d", Some("billing"))],
        ..verbose()
    };
    assert_eq!(
        text(&report, &scope),
        "ready for 4 min: all 2 checks are healthy\n[+]a ok\n[+]b excluded: ok\n[+]c ok\n[+]billing.d excluded with \
         billing: ok\nreadyz check passed\n"
    );
    assert_eq!(
        text(
            &report,
            &Scope {
                verbose: false,
                ..scope
            }
        ),
        "ok"
    );
}

#[test]
fn a_name_that_excludes_nothing_is_a_warning() {
    let unmatched = ["foo", "bar\n\"", "foo"].map(str::to_owned).into();
    let scope = Scope { unmatched, ..verbose() };
    assert_eq!(
        text(&two(), &scope),
        "ready for 4 min: all 2 checks are healthy\n[+]ping ok\n[+]db ok\nwarn: some health checks cannot be excluded: \
         no matches for \"bar\\n\\\"\",\"foo\"\nreadyz check passed\n"
    );
}

#[test]
fn one_check_is_ok_or_says_its_reason() {
    let one = Scope { one: true, ..CHECKS };
    let well = with_checks(ready(Vec::new()), vec![well("db")]);
    assert_eq!(text(&well, &one), "ok");
    let fails = with_checks(not_ready(Vec::new()), vec![orders_db()]);
    assert_eq!(text(&fails, &one), "internal server error: error\n");
    let internal = Scope { one: true, ..INTERNAL };
    assert_eq!(text(&fails, &internal), "internal server error: connection refused\n");
    let drains = with_checks(draining(None), vec![without_latency(orders_db())]);
    assert_eq!(text(&drains, &one), "internal server error: draining\n");
}

#[test]
fn the_last_line_names_the_probe() {
    for (probe, name) in [
        (Probe::Liveness, "livez"),
        (Probe::Readiness, "readyz"),
        (Probe::Startup, "startupz"),
        (Probe::Health, "healthz"),
    ] {
        for (status, state) in [(Status::Healthy, "passed"), (Status::Unhealthy, "failed")] {
            let body = text(&report(probe, status, Vec::new()), &verbose());
            assert!(body.ends_with(&format!("\n{name} check {state}\n")), "{body}");
        }
    }
}

#[test]
fn a_message_does_not_begin_a_line() {
    let message = "gone\n[+]db ok\r\u{2028}readyz check passed";
    let report = with_checks(not_ready(Vec::new()), vec![fails("db", Reason::Error).says(message)]);
    for scope in [INTERNAL, Scope { one: true, ..INTERNAL }] {
        let body = text(&report, &scope);
        assert!(!body.contains("\n[+]") && !body.contains(['\r', '\u{2028}']), "{body}");
        assert!(body.lines().count() <= 3, "{body}");
    }
}
