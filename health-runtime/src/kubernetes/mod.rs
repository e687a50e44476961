//! What a service declares, computed for Kubernetes: its manifest, and how long its probes take to notice a change.
//!
//! [`Declaration::kubernetes`](crate::Declaration::kubernetes) writes the probes of a manifest.
//! [`Declaration::describe`](crate::Declaration::describe) writes a table of all checks with their times. See [the page
//! on Kubernetes](crate::_documentation::kubernetes).
//!
//! [`ManifestCheck`] compares a manifest with the declaration. See [the page on
//! manifests](crate::_documentation::manifests).
// ```text
// times     the times that a manifest must leave room for, and how long a check takes to notice a change
// length    how long a time is, for people
// port      the port of a probe
// options   what the code cannot know
// numbers   the numbers of the three probes
// generate  writes the manifest
// describe  writes the table of all checks
// table     a table that is readable as text and as Markdown
// verify    compares a manifest with the declaration
// ```

mod describe;
mod generate;
mod length;
mod numbers;
mod options;
mod port;
mod table;
#[cfg(test)]
mod tests;
pub(crate) mod times;
mod verify;

pub use self::describe::{CheckTimes, Description};
pub use self::options::Kubernetes;
pub use self::port::Port;
pub use self::verify::{Finding, Level, ManifestCheck};
