//! One short line about the service, for `systemctl status`.

use std::fmt::Write as _;

use crate::outcome::Status;
use crate::report::Report;
use crate::text::boundary;

/// At most this many checks are named.
pub(super) const NAMED: usize = 5;

/// The longest line, in bytes.
const LONGEST: usize = 256;

/// The reason of the service or else its status, and the checks that are not healthy: `starting`, `healthy`,
/// `degraded: payments (timeout)`.
pub(super) fn headline(report: &Report) -> String {
    let word = report.reason.map_or(report.status.as_str(), |reason| reason.as_str());
    let mut line = word.to_owned();
    let mut failing = report.checks.iter().filter(|check| check.status != Status::Healthy);
    for (count, check) in failing.by_ref().take(NAMED).enumerate() {
        line.push_str(if count == 0 { ": " } else { ", " });
        line.push_str(&check.name);
        if let Some(reason) = check.reason {
            let _ = write!(line, " ({reason})");
        }
    }
    if failing.next().is_some() {
        line.push_str(", and more");
    }
    // A line break would begin another assignment.
    let mut line = line.replace(char::is_control, " ");
    if line.len() > LONGEST {
        line.truncate(boundary::floor(&line, LONGEST - "...".len()));
        line.push_str("...");
    }
    line
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::outcome::Reason;
    use crate::report::{CheckReport, Phase};
    use crate::spec::Probe;

    fn check(name: &str, status: Status, reason: Option<Reason>) -> CheckReport {
        CheckReport {
            name: name.to_owned().into(),
            status,
            reason,
            description: None,
            critical: true,
            raw_status: None,
            raw_reason: None,
            latency: None,
            age: None,
            message: None,
            details: Arc::default(),
            parts: Arc::default(),
            omitted_parts: 0,
            runbook: None,
            groups: Vec::new(),
            restart_helps: None,
        }
    }

    fn line(status: Status, reason: Option<Reason>, checks: Vec<CheckReport>) -> String {
        headline(&Report {
            probe: Probe::Readiness,
            status,
            reason,
            lag: None,
            phase: Phase::Running,
            service: "orders".into(),
            version: "1".into(),
            omitted: 0,
            checks,
        })
    }

    #[test]
    fn the_reason_of_the_service_comes_first_and_then_the_checks_that_fail() {
        let healthy = || check("cache", Status::Healthy, Some(Reason::Disabled));
        let failing = || check("db", Status::Unhealthy, Some(Reason::Timeout));
        let slow = || check("payments", Status::Degraded, Some(Reason::Slow));
        assert_eq!(line(Status::Healthy, None, vec![healthy()]), "healthy");
        assert_eq!(
            line(Status::Degraded, None, vec![slow(), healthy()]),
            "degraded: payments (slow)"
        );
        assert_eq!(
            line(Status::Unhealthy, None, vec![failing(), slow()]),
            "unhealthy: db (timeout), payments (slow)"
        );
        assert_eq!(
            line(Status::Unhealthy, Some(Reason::Draining), vec![healthy()]),
            "draining"
        );
        assert_eq!(
            line(Status::Unhealthy, Some(Reason::Held), vec![failing()]),
            "held: db (timeout)"
        );
    }

    #[test]
    fn the_line_is_short_and_has_no_line_break() {
        let failing = |name: &str| check(name, Status::Unhealthy, Some(Reason::Error));
        let many = line(Status::Unhealthy, None, (0..9).map(|_| failing("a")).collect());
        assert_eq!(
            many,
            "unhealthy: a (error), a (error), a (error), a (error), a (error), and more"
        );
        assert_eq!(
            line(Status::Unhealthy, None, vec![failing("a\nREADY=1\r\0b")]),
            "unhealthy: a READY=1  b (error)"
        );
        let long = line(Status::Unhealthy, None, vec![failing(&"é".repeat(1_000))]);
        assert!(long.len() <= LONGEST && long.ends_with("é..."), "{long}");
    }
}
