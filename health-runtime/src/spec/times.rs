//! [`Times`]: the times that apply to a check. Its own times win, then those of the struct, then the built-in ones.

use std::time::Duration;

use crate::spec::{CheckSpec, Defaults, Refresh};

const TIMEOUT: Duration = Duration::from_secs(2);
const INTERVAL: Duration = Duration::from_secs(5);

/// The shortest default of `max_age` with `ttl`.
const TTL_MAX_AGE: Duration = Duration::from_secs(30);

/// How late a run may begin in normal operation: five ticks of 50 ms. 250 runs begin in each millisecond, so this is
/// enough for 50,000 checks that are due at the same moment.
pub(crate) const LATENESS: Duration = Duration::from_millis(250);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) timeout: Duration,
    pub(crate) refresh: Refresh,
    pub(crate) max_age: Duration,
}

impl Times {
    /// Replaces a default that does not fit the check's own options. If no default fits, the [rules](super::rules)
    /// refuse the check: its `max_age` or `degraded_after` contradicts the other times, or its breaker would skip no
    /// run.
    pub(crate) fn new(spec: &CheckSpec, defaults: Defaults) -> Self {
        let (timeout, refresh) = fitting(spec, defaults);
        let max_age = spec.max_age.unwrap_or_else(|| match refresh {
            Refresh::Interval(interval) => least_max_age(timeout, refresh).max(interval * 3 + timeout),
            Refresh::Ttl(ttl) => TTL_MAX_AGE.max((ttl + timeout) * 3),
        });
        Self {
            timeout,
            refresh,
            max_age,
        }
    }

    /// See [`least_max_age`].
    pub(crate) fn least_max_age(&self) -> Duration {
        least_max_age(self.timeout, self.refresh)
    }
}

/// How old a result may become while every run passes. Rounded up to whole milliseconds, as in the derive. The next run
/// begins after the interval plus at most 10 % jitter, or when a probe comes after the ttl. It may begin late, and take
/// up to the timeout.
fn least_max_age(timeout: Duration, refresh: Refresh) -> Duration {
    let wait = match refresh {
        Refresh::Interval(interval) => interval + interval / 10,
        Refresh::Ttl(ttl) => ttl,
    };
    let least = wait + timeout + LATENESS;
    let below = least.subsec_nanos() % 1_000_000;
    match below {
        0 => least,
        _ => least + Duration::from_nanos(u64::from(1_000_000 - below)),
    }
}

/// The timeout and the refresh that fit the check's own `max_age`, `degraded_after` and `breaker`. Defaults of the
/// struct that do not fit are left out. The built-in defaults always fit a function check, because the macro compiles
/// it without its struct.
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
        .map(|defaults| resolve(spec, defaults))
        .find(|(timeout, refresh)| {
            let least = least_max_age(*timeout, *refresh);
            spec.max_age.is_none_or(|max_age| max_age >= least)
                && spec.degraded_after.is_none_or(|limit| limit < *timeout)
                && !idles(spec, *refresh)
        })
        .unwrap_or_else(|| resolve(spec, defaults))
}

/// Whether the breaker of the check would skip no run, because its `reset` is over before the next run is due. Always
/// false for a check with a `ttl` or of the startup probe alone, because its runs have no interval.
pub(crate) fn idles(spec: &CheckSpec, refresh: Refresh) -> bool {
    match (spec.breaker, refresh) {
        (Some(breaker), Refresh::Interval(interval)) => breaker.reset <= interval && !spec.is_startup_only(),
        _ => false,
    }
}

fn resolve(spec: &CheckSpec, defaults: Defaults) -> (Duration, Refresh) {
    let wanted = spec.timeout.or(defaults.timeout).unwrap_or(TIMEOUT);
    let refresh = match (spec.refresh, defaults.refresh) {
        (Some(own), _) => own,
        (None, Some(Refresh::Interval(default))) if default <= wanted && spec.timeout.is_some() => {
            Refresh::Interval(wanted * 2)
        }
        (None, Some(default)) => default,
        (None, None) => Refresh::Interval(INTERVAL.max(wanted * 2)),
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

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn times(spec: &CheckSpec, service: &ServiceSpec) -> (Duration, Refresh, Duration) {
        let times = Times::new(spec, service.defaults);
        (times.timeout, times.refresh, times.max_age)
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
        assert_eq!(times(&spec(), &service()), expected);
    }

    #[test]
    fn a_shorter_interval_reduces_the_default_timeout() {
        let expected = (secs(1), Refresh::Interval(secs(1)), secs(4));
        assert_eq!(times(&spec().interval(secs(1)), &service()), expected);
        assert_eq!(times(&spec(), &service().interval(secs(1))), expected);
        assert_eq!(times(&spec().interval(secs(1)), &service().timeout(secs(3))), expected);
    }

    #[test]
    fn a_longer_timeout_increases_the_default_interval() {
        let expected = (secs(4), Refresh::Interval(secs(8)), secs(28));
        assert_eq!(times(&spec().timeout(secs(4)), &service()), expected);
        assert_eq!(times(&spec(), &service().timeout(secs(4))), expected);
        assert_eq!(times(&spec().timeout(secs(4)), &service().interval(secs(3))), expected);
    }

    #[test]
    fn the_options_of_a_check_override_those_of_the_struct() {
        let service = service().timeout(secs(9)).ttl(secs(9));
        let own = spec().timeout(secs(1)).interval(secs(20)).max_age(secs(99));
        assert_eq!(times(&own, &service), (secs(1), Refresh::Interval(secs(20)), secs(99)));
        assert_eq!(times(&spec(), &service), (secs(9), Refresh::Ttl(secs(9)), secs(54)));
    }

    #[test]
    fn the_default_max_age_of_a_ttl_check_is_at_least_30_seconds() {
        assert_eq!(times(&spec().ttl(secs(1)), &service()).2, secs(30));
        assert_eq!(times(&spec().ttl(secs(10)), &service()).2, secs(36));
    }

    #[test]
    fn the_least_max_age_covers_jitter_lateness_and_the_next_run() {
        let least = |spec: CheckSpec| Times::new(&spec, Defaults::default()).least_max_age();
        assert_eq!(least(spec()), ms(5_500 + 2_000 + 250));
        assert_eq!(least(spec().interval(secs(60))), ms(66_000 + 2_000 + 250));
        assert_eq!(least(spec().interval(ms(1))), ms(2 + 1 + 250), "in whole milliseconds");
        assert_eq!(
            least(spec().ttl(secs(1))),
            ms(1_000 + 2_000 + 250),
            "a ttl has no jitter"
        );
    }

    #[test]
    fn the_default_max_age_is_never_below_the_least_max_age() {
        for millis in [1, 10, 100, 131, 132, 1_000, 86_400_000] {
            for spec in [spec().interval(ms(millis)), spec().ttl(ms(millis))] {
                let times = Times::new(&spec, Defaults::default());
                assert!(times.max_age >= times.least_max_age(), "{times:?}");
            }
        }
        assert_eq!(times(&spec().interval(ms(10)), &service()).2, ms(11 + 10 + 250));
    }

    #[test]
    fn a_default_of_the_struct_is_replaced_if_a_passing_check_would_become_stale() {
        let old = spec().max_age(secs(15));
        let built_in = (secs(2), Refresh::Interval(secs(5)), secs(15));
        assert_eq!(times(&old, &service().interval(secs(60))), built_in);
        assert_eq!(times(&old, &service().ttl(secs(60))), built_in);
        assert_eq!(times(&old, &service().interval(secs(60)).timeout(secs(9))), built_in);
        // 1.1 × 11 s + 2 s + 250 ms fit into 15 s. With a timeout of 4 s they do not.
        let shorter_timeout = (secs(2), Refresh::Interval(secs(11)), secs(15));
        assert_eq!(
            times(&old, &service().interval(secs(11)).timeout(secs(4))),
            shorter_timeout
        );
        let shorter_interval = (secs(3), Refresh::Interval(secs(6)), secs(15));
        assert_eq!(
            times(&old, &service().interval(secs(60)).timeout(secs(3))),
            shorter_interval
        );
        let jitter_alone = spec().max_age(ms(7_750));
        let built_in = (secs(2), Refresh::Interval(secs(5)), ms(7_750));
        assert_eq!(times(&jitter_alone, &service().interval(ms(5_001))), built_in);
    }

    #[test]
    fn a_default_of_the_struct_is_replaced_if_a_check_could_never_be_slow() {
        let slow = spec().degraded_after(secs(1));
        let built_in = (secs(2), Refresh::Interval(secs(5)), secs(17));
        assert_eq!(times(&slow, &service().timeout(secs(1))), built_in);
        assert_eq!(times(&slow, &service().interval(secs(1))), built_in);
        let longer_timeout = (secs(2), Refresh::Ttl(secs(3)), secs(30));
        assert_eq!(times(&slow, &service().timeout(secs(1)).ttl(secs(3))), longer_timeout);
    }

    #[test]
    fn an_option_declared_on_the_check_is_never_replaced() {
        let own = spec().interval(secs(60)).timeout(secs(9)).max_age(secs(15));
        let expected = (secs(9), Refresh::Interval(secs(60)), secs(15));
        assert_eq!(times(&own.degraded_after(secs(10)), &service().ttl(secs(1))), expected);
        let fitting = spec().max_age(ms(18_750)).degraded_after(secs(1));
        let kept = (secs(2), Refresh::Interval(secs(15)), ms(18_750));
        assert_eq!(times(&fitting, &service().interval(secs(15)).timeout(secs(2))), kept);
    }
}
