//! What `UIResponseWriter` of the packages `AspNetCore.HealthChecks.UI.*` writes and their UI reads. One UI then shows
//! services of both kinds.
//!
//! - ASP.NET Core runs all checks for each request, and `totalDuration` is how long this took. Here, it is the time of
//!   the slowest check, because all of them run at the same time.
//! - The UI shows nothing but entries, so the service itself is an entry too.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use serde::{Serialize, Serializer};

use crate::format::facts::{Facts, SERVICE};
use crate::format::json::line;
use crate::format::{Scope, limit, omitted};
use crate::outcome::{Reason, Status};
use crate::report::{CheckReport, Report};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    status: &'static str,
    total_duration: TimeSpan,
    entries: Entries<'a>,
}

struct Entries<'a> {
    service: Option<Entry<'a>>,
    checks: &'a [CheckReport],
    scope: &'a Scope,
}

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let of_check = |check| Entry::of_check(check, self.scope);
        let checks = self.checks.iter().map(|check| (&*check.name, of_check(check)));
        let service = self.service.iter().map(|entry| (SERVICE, entry.clone()));
        serializer.collect_map(service.chain(checks))
    }
}

#[derive(Clone, Serialize)]
struct Entry<'a> {
    data: Facts<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    duration: TimeSpan,
    #[serde(skip_serializing_if = "Option::is_none")]
    exception: Option<&'a str>,
    status: &'static str,
    tags: Vec<&'a str>,
}

impl<'a> Entry<'a> {
    fn of_check(check: &'a CheckReport, scope: &Scope) -> Self {
        let message = scope.message(check).filter(|message| !message.is_empty());
        let description = check.description.as_deref().filter(|_| scope.is_internal());
        let said = message.or(check.reason.map(Reason::as_str));
        let groups = check.groups.iter().filter(|_| scope.is_internal());
        Self {
            data: Facts::of_check(check, scope, None),
            description: said.or(description),
            duration: TimeSpan(check.latency.unwrap_or_default()),
            exception: message.filter(|_| check.status == Status::Unhealthy),
            status: status(check.status),
            tags: groups.map(|group| &**group).collect(),
        }
    }
}

/// A time as `TimeSpan` of .NET writes it, with a resolution of 100 ns: `00:00:01`, `00:00:00.0016000`,
/// `1.02:03:04.5000000`.
#[derive(Clone, Copy)]
struct TimeSpan(Duration);

impl fmt::Display for TimeSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, ticks) = (self.0.as_secs(), self.0.subsec_nanos() / 100);
        let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
        if days > 0 {
            write!(f, "{days}.")?;
        }
        write!(f, "{:02}:{:02}:{:02}", hours % 24, minutes % 60, seconds % 60)?;
        if ticks > 0 {
            write!(f, ".{ticks:07}")?;
        }
        Ok(())
    }
}

impl Serialize for TimeSpan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

const fn status(status: Status) -> &'static str {
    match status {
        Status::Healthy => "Healthy",
        Status::Degraded => "Degraded",
        Status::Unhealthy => "Unhealthy",
    }
}

pub(super) fn render(report: &Report, scope: &Scope) -> Bytes {
    let whole = status(report.status);
    if scope.is_status_only() {
        return line(&Body {
            status: whole,
            total_duration: TimeSpan(Duration::ZERO),
            entries: Entries {
                service: None,
                checks: &[],
                scope,
            },
        });
    }
    let slowest = report.checks.iter().filter_map(|check| check.latency).max();
    let trouble = scope.trouble(report);
    limit::fit(report, scope.audience, |shown| {
        let service = Facts::of_service(report, trouble.as_deref(), omitted(report, shown)).map(|data| Entry {
            data,
            description: trouble.as_deref(),
            duration: TimeSpan(Duration::ZERO),
            exception: None,
            status: whole,
            tags: Vec::new(),
        });
        line(&Body {
            status: whole,
            total_duration: TimeSpan(slowest.unwrap_or_default()),
            entries: Entries {
                service,
                checks: &report.checks[..shown],
                scope,
            },
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_dotnet_writes_it() {
        let expected = [
            (Duration::ZERO, "00:00:00"),
            (Duration::from_nanos(99), "00:00:00"),
            (Duration::from_nanos(100), "00:00:00.0000001"),
            (Duration::from_micros(1_600), "00:00:00.0016000"),
            (Duration::from_secs(62), "00:01:02"),
            (Duration::from_millis(93_784_500), "1.02:03:04.5000000"),
        ];
        for (time, text) in expected {
            assert_eq!(TimeSpan(time).to_string(), text);
        }
    }
}
