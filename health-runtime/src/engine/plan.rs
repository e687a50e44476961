//! What was declared about a check, with every default filled in.

use std::time::Duration;

use crate::spec::{CheckSpec, Probe, Refresh, ServiceSpec};

const TIMEOUT: Duration = Duration::from_secs(2);
const INTERVAL: Duration = Duration::from_secs(5);
const TTL_MAX_AGE: Duration = Duration::from_secs(30);

/// A century. Whoever says more (`Duration::MAX`) means for ever, and sums of it must not overflow.
const LONGEST: Duration = Duration::from_hours(100 * 365 * 24);

/// What the derive takes at least. With no time between two runs, a tick would never see the last that is due.
const SHORTEST: Duration = Duration::from_millis(1);

/// A duration that can be added to others.
pub(crate) fn bounded(duration: Duration) -> Duration {
    duration.min(LONGEST)
}

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) spec: CheckSpec,
    pub(crate) timeout: Duration,
    pub(crate) refresh: Refresh,
    pub(crate) max_age: Duration,
}

impl Plan {
    /// A check's own options win, then the struct's, then the built-in ones; a default that does not fit what was
    /// said explicitly gives way instead of causing an error.
    pub(crate) fn new(spec: CheckSpec, service: &ServiceSpec) -> Self {
        let wanted = spec.timeout.or(service.timeout).unwrap_or(TIMEOUT);
        let refresh = match (spec.refresh, service.refresh) {
            (Some(own), _) => own,
            (None, Some(Refresh::Interval(default))) if default <= wanted && spec.timeout.is_some() => {
                Refresh::Interval(wanted.saturating_mul(2))
            }
            (None, Some(default)) => default,
            (None, None) => Refresh::Interval(INTERVAL.max(wanted.saturating_mul(2))),
        };
        let timeout = match refresh {
            Refresh::Interval(interval) if spec.timeout.is_none() => wanted.min(interval),
            _ => wanted,
        };
        let max_age = spec.max_age.unwrap_or_else(|| match refresh {
            Refresh::Interval(interval) => interval.saturating_mul(3).saturating_add(timeout),
            Refresh::Ttl(ttl) => TTL_MAX_AGE.max(ttl.saturating_add(timeout).saturating_mul(3)),
        });
        Self {
            spec,
            timeout: bounded(timeout).max(SHORTEST),
            refresh: match refresh {
                Refresh::Interval(interval) => Refresh::Interval(bounded(interval).max(SHORTEST)),
                Refresh::Ttl(ttl) => Refresh::Ttl(bounded(ttl)),
            },
            max_age: bounded(max_age),
        }
    }

    pub(crate) fn ttl(&self) -> Option<Duration> {
        match self.refresh {
            Refresh::Ttl(ttl) => Some(ttl),
            Refresh::Interval(_) => None,
        }
    }

    /// Whether nothing but starting waits for it, so that it ends with the start.
    pub(crate) fn is_startup_only(&self) -> bool {
        let spec = &self.spec;
        spec.is_in(Probe::Startup) && !spec.is_in(Probe::Readiness) && !spec.is_in(Probe::Liveness)
    }

    pub(crate) fn probes(&self) -> u8 {
        let named = Probe::ALL.into_iter().filter(|probe| self.spec.is_in(*probe));
        named.fold(0, |bits, probe| bits | probe.bit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn plan(spec: CheckSpec, service: &ServiceSpec) -> (Duration, Refresh, Duration) {
        let plan = Plan::new(spec, service);
        (plan.timeout, plan.refresh, plan.max_age)
    }

    fn spec() -> CheckSpec {
        CheckSpec::new("a")
    }

    fn service() -> ServiceSpec {
        ServiceSpec::new("s", "1")
    }

    #[test]
    fn the_defaults_are_those_of_the_table() {
        let expected = (secs(2), Refresh::Interval(secs(5)), secs(17));
        assert_eq!(plan(spec(), &service()), expected);
    }

    #[test]
    fn a_default_timeout_gives_way_to_a_shorter_interval() {
        let expected = (secs(1), Refresh::Interval(secs(1)), secs(4));
        assert_eq!(plan(spec().interval(secs(1)), &service()), expected);
        assert_eq!(plan(spec(), &service().interval(secs(1))), expected);
        assert_eq!(plan(spec().interval(secs(1)), &service().timeout(secs(3))), expected);
    }

    #[test]
    fn a_default_interval_gives_way_to_a_longer_timeout() {
        let expected = (secs(4), Refresh::Interval(secs(8)), secs(28));
        assert_eq!(plan(spec().timeout(secs(4)), &service()), expected);
        assert_eq!(plan(spec(), &service().timeout(secs(4))), expected);
        assert_eq!(plan(spec().timeout(secs(4)), &service().interval(secs(3))), expected);
    }

    #[test]
    fn a_checks_own_options_win_over_the_structs() {
        let service = service().timeout(secs(9)).ttl(secs(9));
        let own = spec().timeout(secs(1)).interval(secs(20)).max_age(secs(99));
        assert_eq!(plan(own, &service), (secs(1), Refresh::Interval(secs(20)), secs(99)));
        assert_eq!(plan(spec(), &service), (secs(9), Refresh::Ttl(secs(9)), secs(54)));
    }

    #[test]
    fn no_time_at_all_is_the_shortest_time() {
        let least = Duration::from_millis(1);
        let zero = spec().interval(Duration::ZERO).timeout(Duration::ZERO);
        let (timeout, refresh, _) = plan(zero, &service());
        assert_eq!((timeout, refresh), (least, Refresh::Interval(least)));
        assert_eq!(
            plan(spec(), &service().interval(Duration::ZERO)).1,
            Refresh::Interval(least)
        );
    }

    #[test]
    fn a_ttl_check_ages_for_at_least_half_a_minute() {
        assert_eq!(plan(spec().ttl(secs(1)), &service()).2, secs(30));
        assert_eq!(plan(spec().ttl(secs(10)), &service()).2, secs(36));
    }
}
