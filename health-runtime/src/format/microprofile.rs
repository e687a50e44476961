//! What MicroProfile Health 4.0 answers (the specification's appendix B), for the tools of Jakarta EE.
//!
//! - There are two statuses, `UP` and `DOWN`. A check that is degraded is `UP`, and its data say `degraded`.
//! - The whole is `DOWN` if the probe fails. A check may be `DOWN` while the whole is `UP`, because a check that is not
//!   critical does not fail the probe.
//! - The schema allows no further keys beside `status` and `checks`, so the service itself is an entry of `checks`.

use bytes::Bytes;
use serde::Serialize;

use crate::format::facts::{Facts, SERVICE};
use crate::format::json::line;
use crate::format::{Scope, limit, omitted};
use crate::report::Report;

#[derive(Serialize)]
struct Body<'a> {
    status: &'static str,
    checks: Vec<Check<'a>>,
}

#[derive(Serialize)]
struct Check<'a> {
    name: &'a str,
    status: &'static str,
    data: Facts<'a>,
}

const fn status(passes: bool) -> &'static str {
    if passes { "UP" } else { "DOWN" }
}

pub(super) fn render(report: &Report, scope: &Scope) -> Bytes {
    let whole = status(report.passes());
    if scope.is_status_only() {
        return line(&Body {
            status: whole,
            checks: Vec::new(),
        });
    }
    let trouble = scope.trouble(report);
    limit::fit(report, scope.audience, |shown| {
        let service = Facts::of_service(report, trouble.as_deref(), omitted(report, shown)).map(|data| Check {
            name: SERVICE,
            status: whole,
            data,
        });
        let checks = report.checks[..shown].iter().map(|check| Check {
            name: &check.name,
            status: status(check.status.passes()),
            data: Facts::of_check(check, scope, Some("message")),
        });
        line(&Body {
            status: whole,
            checks: service.into_iter().chain(checks).collect(),
        })
    })
}
