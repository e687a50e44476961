//! [`Argument`]: the argument for a function that `with = path` names.
//!
//! If a field points to a value without a known size, such as `Arc<dyn Mailer>`, the function gets that value: it takes
//! `&dyn Mailer`. From every other field, the function gets a reference to the field itself.
//!
//! The type of the field decides, not how the type is written. Method calls try `&&Argument` first, then `&Argument`,
//! then `Argument`. Each of them has its own trait.

use std::sync::Arc;

/// A field that is passed to a function.
#[doc(hidden)]
#[derive(Debug)]
pub struct Argument<'a, F>(pub &'a F);

// `Clone` and `Copy`, because the methods take `self` and are called through references.
impl<F> Clone for Argument<'_, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for Argument<'_, F> {}

/// A pointer to a sized value: the function gets the field itself.
#[doc(hidden)]
pub trait PointsToSized<'a> {
    type Target;
    fn argument(self) -> &'a Self::Target;
}

/// A pointer to an unsized value: the function gets that value.
#[doc(hidden)]
pub trait PointsToUnsized<'a> {
    type Target: ?Sized;
    fn argument(self) -> &'a Self::Target;
}

/// Any other field: the function gets the field itself.
#[doc(hidden)]
pub trait Itself<'a> {
    type Target;
    fn argument(self) -> &'a Self::Target;
}

impl<'a, T> PointsToSized<'a> for &&Argument<'a, Arc<T>> {
    type Target = Arc<T>;

    fn argument(self) -> &'a Arc<T> {
        self.0
    }
}

impl<'a, T> PointsToSized<'a> for &&Argument<'a, Box<T>> {
    type Target = Box<T>;

    fn argument(self) -> &'a Box<T> {
        self.0
    }
}

impl<'a, T> PointsToSized<'a> for &&Argument<'a, &'static T> {
    type Target = &'static T;

    fn argument(self) -> &'a &'static T {
        self.0
    }
}

impl<'a, T: ?Sized> PointsToUnsized<'a> for &Argument<'a, Arc<T>> {
    type Target = T;

    fn argument(self) -> &'a T {
        self.0
    }
}

impl<'a, T: ?Sized> PointsToUnsized<'a> for &Argument<'a, Box<T>> {
    type Target = T;

    fn argument(self) -> &'a T {
        self.0
    }
}

impl<'a, T: ?Sized> PointsToUnsized<'a> for &Argument<'a, &'static T> {
    type Target = T;

    fn argument(self) -> &'a T {
        self.0
    }
}

impl<'a, F> Itself<'a> for Argument<'a, F> {
    type Target = F;

    fn argument(self) -> &'a F {
        self.0
    }
}
