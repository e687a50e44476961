//! [`Argument`]: what a function given by `with = path` may take of a field written `Arc<dyn Mailer>`.

use std::sync::Arc;

/// A field written `Arc<dyn …>`, `Box<dyn …>` or `&'static dyn …`, as a `&A`: itself, as every other field, or what it
/// points to.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a function that checks `{Self}` does not take `&{A}`",
    label = "this function takes `&{A}`",
    note = "write `&{Self}`, or a reference to what it points to"
)]
pub trait Argument<A: ?Sized> {
    fn argument(&self) -> &A;
}

impl<T> Argument<T> for T {
    fn argument(&self) -> &T {
        self
    }
}

impl<T: ?Sized> Argument<T> for Arc<T> {
    fn argument(&self) -> &T {
        self
    }
}

impl<T: ?Sized> Argument<T> for Box<T> {
    fn argument(&self) -> &T {
        self
    }
}

impl<T: ?Sized> Argument<T> for &'static T {
    fn argument(&self) -> &T {
        self
    }
}

/// The argument of the function, which says by its parameter what it takes.
#[doc(hidden)]
pub fn argument<A: ?Sized, F: Argument<A>>(field: &F) -> &A {
    field.argument()
}
