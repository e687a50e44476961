//! What the tests against real servers share.
//!
//! ```text
//! servers      private instances of real servers
//! watched      a service with one check, and what it reports
//! faults       the faults of a server, one after the other, and the table of what was reported
//! soak         many runs, a third of them cut off
//! alone        a test in a process of its own
//! blackhole    an address where nobody answers
//! tls          certificates that are made for a test, and a server that uses them
//! descriptors  how many files and sockets this process has open
//! python       the interpreter that has the packages of `.ci/clients`
//! ```

#![allow(
    clippy::missing_panics_doc,
    reason = "tools for tests panic whenever something goes wrong"
)]

pub mod alone;
pub mod blackhole;
pub mod descriptors;
pub mod faults;
pub mod python;
pub mod servers;
pub mod soak;
pub mod tls;
pub mod watched;

pub use faults::Faults;
pub use servers::Server;
pub use watched::Watched;
