//! [`Argument`]: what a function given by `with = path` is called with.
//!
//! A field that points to something without a size, such as `Arc<dyn Mailer>`, is handed on as what it points to, so that the
//! function takes `&dyn Mailer`. Every other field is handed on itself. The field's type decides, not how it is written: method
//! calls look at `&&Argument` before `&Argument`, and at that before `Argument`.

use std::sync::Arc;

/// A field, on its way to a function.
#[doc(hidden)]
#[derive(Debug)]
pub struct Argument<'a, F>(pub &'a F);

// A method that takes `self` is called through references to it.
impl<F> Clone for Argument<'_, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for Argument<'_, F> {}

/// A pointer to what has a size: as every other field.
#[doc(hidden)]
pub trait PointsToSized<'a> {
    type Target;
    fn argument(self) -> &'a Self::Target;
}

/// A pointer to what has no size: what it points to.
#[doc(hidden)]
pub trait PointsToUnsized<'a> {
    type Target: ?Sized;
    fn argument(self) -> &'a Self::Target;
}

/// Anything else: itself.
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
