//! The names of what the service waits for: startup tasks and holds.

use std::sync::Arc;

use crate::engine::Time;

/// A view has a clone of it, so a clone is cheap.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waits {
    pub(crate) tasks: Arc<[Arc<str>]>,
    pub(crate) holds: Arc<[NamedHold]>,
}

/// A hold on readiness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedHold {
    pub(crate) reason: Arc<str>,
    /// When it ends by itself.
    pub(crate) until: Option<Time>,
}

impl Waits {
    pub(crate) fn add_task(&mut self, name: Arc<str>) {
        self.tasks = self.tasks.iter().cloned().chain([name]).collect();
    }

    pub(crate) fn remove_task(&mut self, name: &Arc<str>) {
        self.tasks = without(&self.tasks, |task| Arc::ptr_eq(task, name));
    }

    pub(crate) fn add_hold(&mut self, reason: Arc<str>, until: Option<Time>) {
        let hold = NamedHold { reason, until };
        self.holds = self.holds.iter().cloned().chain([hold]).collect();
    }

    pub(crate) fn remove_hold(&mut self, reason: &Arc<str>) {
        self.holds = without(&self.holds, |hold| Arc::ptr_eq(&hold.reason, reason));
    }
}

/// The list without the first entry for which `is_it` is true.
fn without<T: Clone>(list: &[T], is_it: impl Fn(&T) -> bool) -> Arc<[T]> {
    let first = list.iter().position(is_it);
    let kept = list.iter().enumerate().filter(|(index, _)| Some(*index) != first);
    kept.map(|(_, entry)| entry.clone()).collect()
}
