//! Events that are logged once in the life of a process: a state type has a second live engine (once for each type),
//! and a panic ends the process.

use std::any::{TypeId, type_name};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::engine::Event;

/// The state types that have had an engine: how many engines are alive, and whether a second one has been logged.
static LIVE: Mutex<BTreeMap<TypeId, (usize, bool)>> = Mutex::new(BTreeMap::new());

/// The type of a state. For an `Arc` or `Box` of a state, it is the type inside.
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
    /// Counts an engine. Also returns the event to log, if this is the first time that the type has a second live
    /// engine.
    pub(in crate::engine) fn new(state: StateType) -> (Self, Option<Event>) {
        // Services without a state share no checks.
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

/// The event to log if a panic ends the process. Only the first call returns it.
pub(in crate::engine) fn panics_abort() -> Option<Event> {
    static SAID: AtomicBool = AtomicBool::new(false);
    let is_news = cfg!(panic = "abort") && !SAID.swap(true, Ordering::Relaxed);
    is_news.then_some(Event::PanicsAbort)
}
