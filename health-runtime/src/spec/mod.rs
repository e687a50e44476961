//! What is declared: [`CheckSpec`] about a check, with its [`Breaker`]; [`ServiceSpec`] about the service; [`Nest`]
//! about a nested struct. [`rules`] refuses what is invalid. [`Times`] are the times that apply to a check.
//! [`dependencies`] finds the checks that a check depends on. [`Probe`] names a probe.

mod breaker;
mod check;
mod dependencies;
mod paths;
mod public;
pub(crate) mod rules;
mod service;
mod texts;
mod times;
#[cfg(feature = "token")]
mod token;
mod unique;

use std::fmt;
use std::ops::Range;
use std::time::Duration;

pub use self::breaker::Breaker;
pub use self::check::CheckSpec;
pub(crate) use self::dependencies::{Dependencies, dependencies};
pub(crate) use self::paths::{Body, Paths, Route};
pub use self::public::Public;
pub use self::service::ServiceSpec;
pub(crate) use self::texts::Texts;
#[cfg(feature = "kubernetes")]
pub(crate) use self::times::LATENESS;
pub(crate) use self::times::Times;
#[cfg(feature = "token")]
pub(crate) use self::token::Token;
pub(crate) use self::unique::unique;

/// The kind of health probe that an orchestrator, a load balancer or a person can request.
///
/// The enum is exhaustive, because orchestrators send no other probes. A `match` therefore needs no wildcard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Probe {
    /// Is the process alive? If not, it should be restarted. The default path is `/livez`.
    Liveness,
    /// Can the service take traffic? If not, traffic should be routed around it. The default path is `/readyz`.
    Readiness,
    /// Has the service finished starting? Until then, the orchestrator should wait. The default path is `/startupz`.
    Startup,
    /// Shows everything at once, for people and dashboards. The default path is `/health`.
    Health,
}

/// When a check runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refresh {
    /// In the background, this often.
    Interval(Duration),
    /// When a probe finds that the last run ended longer ago than this.
    Ttl(Duration),
}

/// The defaults of a struct, for its checks that do not set these options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Defaults {
    pub(crate) timeout: Option<Duration>,
    pub(crate) refresh: Option<Refresh>,
}

/// A nested struct: its name, and the indices of its checks among all checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Nest {
    pub(crate) name: String,
    pub(crate) checks: Range<usize>,
}

impl Probe {
    pub(crate) const ALL: [Self; 4] = [Self::Liveness, Self::Readiness, Self::Startup, Self::Health];

    pub(crate) const fn bit(self) -> u8 {
        1 << self as u8
    }

    /// Returns the name of the probe: `liveness`, `readiness`, `startup` or `health`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Liveness => "liveness",
            Self::Readiness => "readiness",
            Self::Startup => "startup",
            Self::Health => "health",
        }
    }
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Probe {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
