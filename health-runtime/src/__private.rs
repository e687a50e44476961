//! For the output of the macros alone. Not part of the public API: anything here changes without notice.

pub use crate::argument::{Argument, Itself, PointsToSized, PointsToUnsized};
pub use crate::spec::ServiceSpec;
