//! Only for the code that the macros generate. Not part of the public API: anything here may change without notice.

pub use crate::argument::{Argument, Itself, PointsToSized, PointsToUnsized};
pub use crate::spec::ServiceSpec;
