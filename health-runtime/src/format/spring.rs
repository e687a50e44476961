//! What the endpoint `health` of Spring Boot Actuator answers in version 3 of its API (Spring Boot 2.2 and later), for
//! tools such as Spring Boot Admin.
//!
//! - Actuator has no status between `UP` and `DOWN`. A check that is degraded is `UP`, and its details say `degraded`.
//! - `OUT_OF_SERVICE` is the status of a service that takes no traffic on purpose: it starts, drains or is held. In
//!   Actuator, an application that refuses traffic has this status too.
//! - In Actuator, one component that is `DOWN` takes down the whole. Here, only a check that is critical does.
//! - There are no `groups`, because a client looks for each of them below the path, and ours are in the query.

use bytes::Bytes;
use serde::{Serialize, Serializer};

use crate::format::facts::Facts;
use crate::format::json::line;
use crate::format::{Scope, limit, omitted};
use crate::outcome::{Reason, Status};
use crate::report::{CheckReport, Report};

const UP: &str = "UP";
const DOWN: &str = "DOWN";
const OUT_OF_SERVICE: &str = "OUT_OF_SERVICE";
const UNKNOWN: &str = "UNKNOWN";

#[derive(Serialize)]
struct Body<'a> {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Components::is_empty")]
    components: Components<'a>,
}

struct Components<'a> {
    checks: &'a [CheckReport],
    scope: &'a Scope,
}

impl Components<'_> {
    fn is_empty(&self) -> bool {
        self.checks.is_empty()
    }
}

impl Serialize for Components<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let component = |check| Component {
            status: of_check(check),
            details: Facts::of_check(check, self.scope, Some("error")),
        };
        serializer.collect_map(self.checks.iter().map(|check| (&check.name, component(check))))
    }
}

#[derive(Serialize)]
struct Component<'a> {
    status: &'static str,
    details: Facts<'a>,
}

fn of_check(check: &CheckReport) -> &'static str {
    match (check.status, check.reason) {
        (Status::Unhealthy, Some(Reason::Pending)) => UNKNOWN,
        (Status::Unhealthy, _) => DOWN,
        (Status::Healthy | Status::Degraded, _) => UP,
    }
}

fn of_service(report: &Report) -> &'static str {
    match report.reason {
        _ if report.passes() => UP,
        Some(Reason::Draining | Reason::Held | Reason::Starting) => OUT_OF_SERVICE,
        _ => DOWN,
    }
}

pub(super) fn render(report: &Report, scope: &Scope) -> Bytes {
    #[derive(Serialize)]
    struct StatusOnly {
        status: &'static str,
    }
    if scope.is_status_only() {
        // `OUT_OF_SERVICE` would tell the reason.
        let status = if report.passes() { UP } else { DOWN };
        return line(&StatusOnly { status });
    }
    let trouble = scope.trouble(report);
    limit::fit(report, scope.audience, |shown| {
        let left_out = omitted(report, shown).map(|count| format!("{count} more checks are left out"));
        let sentences: Vec<_> = trouble.iter().cloned().chain(left_out).collect();
        line(&Body {
            status: of_service(report),
            description: (!sentences.is_empty()).then(|| sentences.join("; ")),
            components: Components {
                checks: &report.checks[..shown],
                scope,
            },
        })
    })
}
