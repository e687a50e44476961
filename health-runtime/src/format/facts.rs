//! What the formats of other frameworks show of a check beside its status. Each of them has an object for this, whose
//! values are booleans, numbers and texts.

use std::num::NonZeroUsize;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::format::Scope;
use crate::format::json::millis;
use crate::outcome::{Reason, Status};
use crate::report::{CheckReport, Report};
use crate::text::Date;

/// Two of these formats have no place for the service itself, so it is an entry beside the checks. No check has this
/// name, because the name of a check has no capital letter.
pub(super) const SERVICE: &str = "Service";

/// Names with their values. No name comes twice.
#[derive(Clone, Default)]
pub(super) struct Facts<'a>(Vec<(&'a str, Value)>);

impl<'a> Facts<'a> {
    /// What is known of the check. The message of its last run gets this name.
    pub(super) fn of_check(check: &'a CheckReport, scope: &Scope, message: Option<&'static str>) -> Self {
        let mut facts = Self::default();
        facts.put("critical", check.critical);
        if check.status == Status::Degraded {
            facts.put("status", check.status.as_str()); // not every format has such a status
        }
        facts.put_some("latency_ms", check.latency.map(millis));
        facts.put_some("reason", check.reason.map(Reason::as_str));
        facts.put_some("cause", check.cause.as_deref());
        if let Some(name) = message {
            facts.put_some(name, scope.message(check));
        }
        if scope.is_internal() {
            facts.put("since", Date(check.since).to_string());
            facts.put_some("checked_at", check.checked_at.map(|at| Date(at).to_string()));
            facts.put("consecutive_failures", check.consecutive_failures);
            facts.put_some("description", check.description.as_deref());
            facts.put_some("runbook", check.runbook.as_deref());
        }
        // They come last: a check chooses the names, and one that is taken already is left out.
        for detail in scope.details(check) {
            let value = serde_json::to_value(&detail.value).expect("a boolean, a finite number or a text");
            facts.put(&detail.name, value);
        }
        facts
    }

    /// What is to say about the service itself. `None`: nothing.
    pub(super) fn of_service(report: &Report, trouble: Option<&str>, omitted: Option<NonZeroUsize>) -> Option<Self> {
        let mut facts = Self::default();
        facts.put_some("headline", trouble);
        facts.put_some("reason", report.reason.map(Reason::as_str));
        facts.put_some("omitted_checks", omitted.map(NonZeroUsize::get));
        (!facts.0.is_empty()).then_some(facts)
    }

    fn put(&mut self, name: &'a str, value: impl Into<Value>) {
        if self.0.iter().all(|(known, _)| *known != name) {
            self.0.push((name, value.into()));
        }
    }

    fn put_some(&mut self, name: &'a str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.put(name, value);
        }
    }
}

impl Serialize for Facts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}
