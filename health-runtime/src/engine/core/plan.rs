//! The declared options of a check, with all defaults filled in.

use std::time::Duration;

use crate::spec::{CheckSpec, Defaults, Probe, Refresh, Times};

/// The smallest legal `max_age` leaves enough time for this many checks that are due together.
const CHECKS: usize = 50_000;

/// How many runs begin in each millisecond while more are due than one tick starts.
const RUNS_PER_MILLI: usize = 250;

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) spec: CheckSpec,
    pub(crate) timeout: Duration,
    pub(crate) refresh: Refresh,
    pub(crate) max_age: Duration,
    /// The indices of the checks that this check depends on directly, ordered, each once.
    pub(crate) depends_on: Box<[usize]>,
}

impl Plan {
    /// A check's own options win, then those of the struct, then the built-in ones. A default that does not fit an
    /// explicit option is replaced, instead of causing an error.
    pub(crate) fn new(spec: CheckSpec, defaults: Defaults) -> Self {
        let Times {
            timeout,
            refresh,
            max_age,
        } = Times::new(&spec, defaults);
        Self {
            spec,
            timeout,
            refresh,
            max_age,
            depends_on: Box::default(),
        }
    }

    /// Lengthens `max_age` if there are more than [`CHECKS`] checks. If all are due together, the last runs begin later
    /// than `max_age` allows.
    #[must_use]
    pub(crate) fn among(mut self, checks: usize) -> Self {
        let late = checks.saturating_sub(CHECKS).div_ceil(RUNS_PER_MILLI);
        self.max_age += Duration::from_millis(late as u64);
        self
    }

    pub(crate) fn ttl(&self) -> Option<Duration> {
        match self.refresh {
            Refresh::Ttl(ttl) => Some(ttl),
            Refresh::Interval(_) => None,
        }
    }

    /// Whether only starting waits for the check. Such a check ends when the service has started.
    pub(crate) fn is_startup_only(&self) -> bool {
        self.spec.is_startup_only()
    }

    pub(crate) fn probes(&self) -> u8 {
        let named = Probe::ALL.into_iter().filter(|probe| self.spec.is_in(*probe));
        named.fold(0, |bits, probe| bits | probe.bit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_max_age_grows_with_the_number_of_checks_above_50_000() {
        let max_age = |checks| {
            Plan::new(CheckSpec::new("a"), Defaults::default())
                .among(checks)
                .max_age
        };
        assert_eq!(max_age(1), Duration::from_secs(17));
        assert_eq!(max_age(50_000), Duration::from_secs(17));
        assert_eq!(max_age(50_001), Duration::from_millis(17_001));
        assert_eq!(max_age(100_000), Duration::from_millis(17_200));
    }
}
