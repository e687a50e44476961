//! Whether what took writes before still takes them. After a failover, an old primary answers every query, and refuses
//! every write.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::mem;
use std::sync::Arc;

use crate::engine::{RunResult, State};
use crate::outcome::{PartList, Reason, Status};
use crate::text;

/// At most this many parts of a check are remembered, because their names come from outside.
const MOST: usize = 10_000;

/// The message names at most this many parts.
const NAMED: usize = 5;

/// The stores of a check that have taken writes. `None` is the check itself, the others are its parts.
#[derive(Debug, Default)]
pub(super) struct Writability(BTreeSet<Option<Cow<'static, str>>>);

impl Writability {
    /// Remembers what takes writes, and fails the run if something that took them before is read-only now.
    pub(super) fn take(&mut self, result: &mut RunResult) {
        let mut lost = Vec::new();
        for access in mem::take(&mut result.access) {
            if access.read_only {
                lost.extend(self.0.contains(&access.part).then_some(access.part));
            } else if self.0.len() < MOST {
                self.0.insert(access.part);
            }
        }
        if lost.is_empty() {
            return;
        }
        if result.state.passes() || result.state.reason == Some(Reason::Exhausted) {
            result.state = State::unhealthy(Reason::ReadOnly);
        }
        let message = message(&lost, result.said.message.as_deref());
        result.said.message = Some(text::clean(&message));
        if let Some(parts) = &mut result.said.parts {
            *parts = Arc::new(failed(parts, &lost));
        }
    }
}

/// `read-only now, and was not before: acme, blue; 1 of 50: red: refused`
fn message(lost: &[Option<Cow<'static, str>>], before: Option<&str>) -> String {
    let mut message = "read-only now, and was not before".to_owned();
    let names: Vec<_> = lost.iter().flatten().map(|name| &**name).collect();
    if !names.is_empty() {
        message += ": ";
        message += &names[..names.len().min(NAMED)].join(", ");
    }
    if names.len() > NAMED {
        let _ = write!(message, " and {} more", names.len() - NAMED);
    }
    if let Some(before) = before {
        message += "; ";
        message += before;
    }
    message
}

/// The parts, with those that are read-only now among the failing ones.
fn failed(parts: &PartList, lost: &[Option<Cow<'static, str>>]) -> PartList {
    let mut reports = parts.list.to_vec();
    for part in &mut reports {
        let is_lost = lost.iter().flatten().any(|name| *name == part.name);
        if is_lost && part.status.passes() {
            (part.status, part.reason) = (Status::Unhealthy, Some(Reason::ReadOnly));
        }
    }
    reports.sort_by_key(|part| part.status.passes()); // stable, so the others keep their order
    PartList {
        list: reports.into(),
        omitted: parts.omitted,
    }
}
