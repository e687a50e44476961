//! Users' code that may panic in places where nobody expects it to: an error's `Display`, its `Drop`, what a panic
//! carries, a waker, a subscriber of `tracing`.

use std::any::Any;
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::text;

/// The text of a user's error, whose `Display` and `Drop` may panic.
pub(crate) fn describe(error: Box<dyn Error + Send + Sync>) -> Arc<str> {
    let text = run(|| text::of_error(&*error));
    run(|| drop(error));
    text.unwrap_or_else(|| "an error whose `Display` panics".into())
}

/// Runs something that may panic, and goes on: with what it returns, if anything.
pub(crate) fn run<R>(act: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(act)).map_err(discard).ok()
}

/// What a panic says, if it says anything.
pub(crate) fn words(panic: Box<dyn Any + Send>) -> Option<Arc<str>> {
    let words = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .map(text::clean);
    discard(panic);
    words
}

/// Drops a panic's payload, whose `Drop` may panic too. What that panic carries is leaked: there has to be an end.
fn discard(panic: Box<dyn Any + Send>) {
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        std::mem::forget(again);
    }
}
