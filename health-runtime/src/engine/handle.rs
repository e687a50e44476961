//! What keeps an engine running: every `Health`, router, layer, listener and shutdown signal holds the same handle.

use std::ops::Deref;
use std::sync::{Arc, Weak};

use crate::engine::Engine;

/// Dropping this ends the engine on the same thread, and waits until the last events are logged. The engine's own tasks
/// hold the engine only for a moment, and never hold this.
#[derive(Debug)]
pub(crate) struct EngineHandle(Arc<Engine>);

impl EngineHandle {
    pub(crate) fn new(engine: Arc<Engine>) -> Arc<Self> {
        let handle = Arc::new(Self(engine));
        handle.0.holders.get_or_init(|| Arc::downgrade(&handle));
        handle
    }

    /// The engine itself. A clone of it neither keeps the engine running nor ends it.
    pub(crate) fn engine(&self) -> &Arc<Engine> {
        &self.0
    }
}

impl Deref for EngineHandle {
    type Target = Arc<Engine>;

    fn deref(&self) -> &Arc<Engine> {
        &self.0
    }
}

impl Drop for EngineHandle {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// How many handles exist, for the log when a process does not end.
pub(super) fn holders(handle: Option<&Weak<EngineHandle>>) -> usize {
    handle.map_or(0, Weak::strong_count)
}
