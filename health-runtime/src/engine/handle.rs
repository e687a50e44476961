//! The handle that keeps an engine running. Every `Health`, router, layer, listener and shutdown signal holds it.

use std::ops::Deref;
use std::sync::{Arc, Weak};

use crate::engine::Engine;

/// Ends the engine when it is dropped, on the thread that drops it. The drop waits until the last events are logged and
/// the state is dropped, at most 100 ms for each. The engine's own tasks never hold this handle. They hold the engine
/// only for a moment.
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

/// How many handles exist. The log shows the number if a process does not end.
pub(super) fn holders(handle: Option<&Weak<EngineHandle>>) -> usize {
    handle.map_or(0, Weak::strong_count)
}
