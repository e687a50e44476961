//! What was declared about a check, with every default filled in.

use std::time::Duration;

use crate::spec::{CheckSpec, Defaults, Probe, Refresh};

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
    pub(crate) fn new(spec: CheckSpec, defaults: Defaults) -> Self {
        let (timeout, refresh) = fitting(&spec, defaults);
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

/// The timeout and the refresh that go with the check's own `max_age` and `degraded_after`: a function may have been
/// compiled without a struct in sight, and fits what is built in. What nothing fits is left as it was said.
fn fitting(spec: &CheckSpec, defaults: Defaults) -> (Duration, Refresh) {
    let refresh_alone = Defaults {
        timeout: None,
        ..defaults
    };
    let timeout_alone = Defaults {
        refresh: None,
        ..defaults
    };
    [defaults, refresh_alone, timeout_alone, Defaults::default()]
        .into_iter()
        .map(|defaults| settle(spec, defaults))
        .find(|(timeout, refresh)| {
            let (Refresh::Interval(period) | Refresh::Ttl(period)) = *refresh;
            spec.max_age
                .is_none_or(|max_age| max_age >= period.saturating_add(*timeout))
                && spec.degraded_after.is_none_or(|limit| limit < *timeout)
        })
        .unwrap_or_else(|| settle(spec, defaults))
}

fn settle(spec: &CheckSpec, defaults: Defaults) -> (Duration, Refresh) {
    let wanted = spec.timeout.or(defaults.timeout).unwrap_or(TIMEOUT);
    let refresh = match (spec.refresh, defaults.refresh) {
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
    (timeout, refresh)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::ServiceSpec;

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn plan(spec: CheckSpec, service: &ServiceSpec) -> (Duration, Refresh, Duration) {
        let plan = Plan::new(spec, service.defaults);
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

    #[test]
    fn a_structs_default_gives_way_where_a_check_would_always_be_stale() {
        let old = spec().max_age(secs(15));
        let built_in = (secs(2), Refresh::Interval(secs(5)), secs(15));
        assert_eq!(plan(old.clone(), &service().interval(secs(60))), built_in);
        assert_eq!(plan(old.clone(), &service().ttl(secs(60))), built_in);
        assert_eq!(
            plan(old.clone(), &service().interval(secs(60)).timeout(secs(9))),
            built_in
        );
        let shorter_timeout = (secs(2), Refresh::Interval(secs(12)), secs(15));
        assert_eq!(
            plan(old.clone(), &service().interval(secs(12)).timeout(secs(4))),
            shorter_timeout
        );
        let shorter_interval = (secs(3), Refresh::Interval(secs(6)), secs(15));
        assert_eq!(
            plan(old, &service().interval(secs(60)).timeout(secs(3))),
            shorter_interval
        );
    }

    #[test]
    fn a_structs_default_gives_way_where_a_check_could_never_be_slow() {
        let slow = spec().degraded_after(secs(1));
        let built_in = (secs(2), Refresh::Interval(secs(5)), secs(17));
        assert_eq!(plan(slow.clone(), &service().timeout(secs(1))), built_in);
        assert_eq!(plan(slow.clone(), &service().interval(secs(1))), built_in);
        let longer_timeout = (secs(2), Refresh::Ttl(secs(3)), secs(30));
        assert_eq!(plan(slow, &service().timeout(secs(1)).ttl(secs(3))), longer_timeout);
    }

    #[test]
    fn what_a_check_says_itself_never_gives_way_nor_what_it_cannot_help() {
        let own = spec().interval(secs(60)).timeout(secs(9)).max_age(secs(15));
        let expected = (secs(9), Refresh::Interval(secs(60)), secs(15));
        assert_eq!(plan(own.degraded_after(secs(10)), &service().ttl(secs(1))), expected);
        let hopeless = spec().max_age(secs(1));
        let as_said = (secs(2), Refresh::Interval(secs(60)), secs(1));
        assert_eq!(plan(hopeless, &service().interval(secs(60))), as_said);
        let fitting = spec().max_age(secs(17)).degraded_after(secs(1));
        let kept = (secs(2), Refresh::Interval(secs(15)), secs(17));
        assert_eq!(plan(fitting, &service().interval(secs(15)).timeout(secs(2))), kept);
    }

    #[test]
    fn a_timeout_longer_than_the_interval_beside_it_is_kept() {
        let own = spec().interval(secs(1)).timeout(secs(3));
        assert_eq!(plan(own, &service()), (secs(3), Refresh::Interval(secs(1)), secs(6)));
    }
}
