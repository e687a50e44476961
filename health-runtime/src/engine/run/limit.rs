//! How long the run in flight may still take. With it, a check can stop waiting before its timeout, and report what it
//! waited for.

use std::sync::Weak;
use std::time::Duration;

use super::Post;
use crate::engine::Engine;

tokio::task_local! {
    static LIMIT: Limit;
}

#[derive(Clone)]
struct Limit {
    engine: Weak<Engine>,
    index: usize,
}

impl Limit {
    fn new(post: &Post) -> Self {
        Self {
            engine: Weak::clone(&post.engine),
            index: post.index,
        }
    }
}

/// Runs a check's future, inside which [`time_left`] works.
pub(super) fn limited<F: Future>(post: &Post, run: F) -> impl Future<Output = F::Output> {
    LIMIT.scope(Limit::new(post), run)
}

/// As [`limited`], for a check that blocks the thread it runs on.
pub(super) fn limited_blocking<R>(post: &Post, run: impl FnOnce() -> R) -> R {
    LIMIT.sync_scope(Limit::new(post), run)
}

/// How much of its timeout the calling run has left, in awake time. `None` outside of a run, and in a task that the run has
/// spawned.
pub(crate) fn time_left() -> Option<Duration> {
    let limit = LIMIT.try_with(Limit::clone).ok()?;
    let engine = limit.engine.upgrade();
    let left = engine.and_then(|engine| engine.with(|core, now| core.time_left(limit.index, now)));
    Some(left.unwrap_or_default())
}
