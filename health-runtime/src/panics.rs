//! Calls user code that may panic where a panic is not expected: the `Display` and the `Drop` of an error, the payload
//! of a panic, a waker, a subscriber of `tracing`.

use std::any::Any;
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::text;

/// The text of an error. Its `Display` and `Drop` are user code and may panic.
pub(crate) fn describe(error: Box<dyn Error + Send + Sync>) -> Arc<str> {
    let text = run(|| text::of_error(&*error));
    run(|| drop(error));
    text.unwrap_or_else(|| "an error whose `Display` panics".into())
}

/// Runs code that may panic. Returns its result, or `None` if it panics.
pub(crate) fn run<R>(act: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(act)).map_err(discard).ok()
}

/// The message of a panic, if it has one.
pub(crate) fn words(panic: Box<dyn Any + Send>) -> Option<Arc<str>> {
    let words = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .map(text::clean);
    discard(panic);
    words
}

/// Drops the payload of a panic. Its `Drop` may panic too. The payload of that second panic is leaked, because this
/// could go on for ever.
fn discard(panic: Box<dyn Any + Send>) {
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        std::mem::forget(again);
    }
}
