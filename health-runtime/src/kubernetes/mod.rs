//! The manifest of a service, as far as its declaration decides it.
//!
//! ```text
//! times   the times that a manifest must leave room for
//! verify  compares a manifest with the declaration
//! ```

#[allow(dead_code, reason = "what writes and what checks a manifest come next")]
pub(crate) mod times;
mod verify;

pub use self::verify::{Finding, Level, ManifestCheck, ManifestPort};
