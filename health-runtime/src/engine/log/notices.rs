//! What is said once in the life of a process: that a state type has a second live engine, and that panics are not
//! isolated.

use std::any::{TypeId, type_name};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::engine::Event;

/// The state types that have had an engine: how many live now, and whether it has been said that those are too many.
static LIVE: Mutex<BTreeMap<TypeId, (usize, bool)>> = Mutex::new(BTreeMap::new());

/// A state type: an `Arc` or `Box` of a state is of the type of that state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StateType {
    id: TypeId,
    name: &'static str,
}

impl StateType {
    pub(crate) fn of<S: 'static>() -> Self {
        Self {
            id: TypeId::of::<S>(),
            name: type_name::<S>(),
        }
    }
}

/// Counts as a live engine of this state type until it is dropped.
#[derive(Debug)]
pub(in crate::engine) struct Live(TypeId);

impl Live {
    /// The second of the two is the event, if somebody should hear of it.
    pub(in crate::engine) fn new(state: StateType) -> (Self, Option<Event>) {
        // Services without a state have no checks in common.
        let is_shared = state.id != TypeId::of::<()>();
        let is_news = is_shared && {
            let mut types = types();
            let (live, said) = types.entry(state.id).or_default();
            *live += 1;
            *live > 1 && !std::mem::replace(said, true)
        };
        let event = is_news.then_some(Event::SecondEngine { state: state.name });
        (Self(state.id), event)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if let Some((live, _)) = types().get_mut(&self.0) {
            *live -= 1;
        }
    }
}

fn types() -> MutexGuard<'static, BTreeMap<TypeId, (usize, bool)>> {
    LIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where a panic ends the process: what to say about it, once.
pub(in crate::engine) fn panics_abort() -> Option<Event> {
    static SAID: AtomicBool = AtomicBool::new(false);
    let is_news = cfg!(panic = "abort") && !SAID.swap(true, Ordering::Relaxed);
    is_news.then_some(Event::PanicsAbort)
}
