//! Generates options for both sides. Most inputs have few options, with values close to the limits of the rules.

use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};

use super::{Check, Circuit, Refresh, Service};

const TIMES: [u64; 14] = [
    0, 1, 2, 249, 250, 999, 1_000, 1_001, 2_000, 5_000, 29_999, 30_000, 86_400_000, 86_400_001,
];

const COUNTS: [u32; 9] = [0, 1, 2, 4, 5, 6, 99, 100, 101];

const FLAGS: [&str; 6] = [
    "critical",
    "fail_open",
    "readiness",
    "startup",
    "liveness",
    "in_process",
];

fn time() -> impl Strategy<Value = u64> {
    prop_oneof![1 => 1..20_000_u64, 2 => 1..3_000_u64, 1 => select(&TIMES[..])]
}

fn refresh() -> impl Strategy<Value = Refresh> {
    (any::<bool>(), time()).prop_map(|(is_lazy, millis)| {
        if is_lazy {
            Refresh::Ttl(millis)
        } else {
            Refresh::Interval(millis)
        }
    })
}

fn rare<S: Strategy>(strategy: S) -> impl Strategy<Value = Option<S::Value>> {
    weighted(0.08, strategy)
}

fn now_and_then<S: Strategy>(strategy: S) -> impl Strategy<Value = Option<S::Value>> {
    weighted(0.35, strategy)
}

/// Usually none of these texts, sometimes one or two.
fn few(texts: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    prop_oneof![9 => Just(Vec::new()), 1 => proptest::collection::vec(select(texts), 1..3)]
}

pub(super) fn any_service() -> impl Strategy<Value = Service> {
    let defaults = (now_and_then(time()), now_and_then(refresh()));
    let rest = (rare(time()), rare(time()), rare(time()), rare(time()));
    (defaults, rest).prop_map(
        |((timeout, refresh), (probe_budget, stalled_after, drain, shutdown_grace))| Service {
            timeout,
            refresh,
            probe_budget,
            stalled_after,
            drain,
            shutdown_grace,
        },
    )
}

pub(super) fn any_check(service: Service) -> impl Strategy<Value = Check> {
    let flags = prop_oneof![1 => Just(Vec::new()), 1 => subsequence(&FLAGS[..], 0..=4)];
    let times = (
        now_and_then(prop_oneof![3 => time().prop_map(Pick::Any), 1 => near().prop_map(Pick::Near)]),
        now_and_then(refresh()),
        now_and_then(near()),
        weighted(0.2, near()),
    );
    let reset = prop_oneof![time().prop_map(Pick::Any), near().prop_map(Pick::Near)];
    let breaker = (rare(count()), rare(count()), weighted(0.8, reset));
    let counts = (rare(count()), rare(count()), weighted(0.3, breaker));
    let texts = (
        weighted(0.2, select(&["it leaks", "", " "][..])),
        rare(select(&["Orders.", "", "\t"][..])),
        rare(select(&["https://wiki.example", "wiki", ""][..])),
        few(&["a", "b", "Ready", "ready"]),
        few(&["mail", "billing.ledger", "field", "Mail"]),
    );
    (flags, times, counts, texts).prop_map(move |(flags, times, counts, texts)| {
        let (timeout, refresh, max_age, degraded_after) = times;
        let (failure_threshold, success_threshold, breaker) = counts;
        let timeout = timeout.map(|pick| pick.of(&periods(2_000, refresh, service)));
        let breaker = breaker.map(|(failures, successes, reset)| Circuit {
            failures,
            successes,
            reset: reset.map(|pick| pick.of(&periods(30_000, refresh, service))),
        });
        let (restart_helps, description, runbook, groups, depends_on) = texts;
        Check {
            flags: flags.into_iter().collect(),
            timeout,
            refresh,
            max_age: max_age.map(|near| near.of(&ages(timeout, refresh, service))),
            degraded_after: degraded_after.map(|near| near.of(&timeouts(timeout, refresh, service))),
            failure_threshold,
            success_threshold,
            breaker,
            restart_helps,
            description,
            runbook,
            groups,
            depends_on,
        }
    })
}

fn count() -> impl Strategy<Value = u32> {
    prop_oneof![1 => 1..=100_u32, 2 => select(&COUNTS[..])]
}

/// A time at most 1 ms from a limit of a rule.
#[derive(Clone, Copy, Debug)]
struct Near(Index, u64);

fn near() -> impl Strategy<Value = Near> {
    (any::<Index>(), 0..=2_u64).prop_map(|(index, away)| Near(index, away))
}

impl Near {
    fn of(self, times: &[u64]) -> u64 {
        (self.0.get(times) + self.1).saturating_sub(1)
    }
}

/// Any time, or a time near those that the rules compare it with.
#[derive(Clone, Copy, Debug)]
enum Pick {
    Any(u64),
    Near(Near),
}

impl Pick {
    fn of(self, times: &[u64]) -> u64 {
        match self {
            Self::Any(time) => time,
            Self::Near(near) => near.of(times),
        }
    }
}

/// The interval or ttl of the check, that of the service, and the default.
fn periods(default: u64, refresh: Option<Refresh>, service: Service) -> Vec<u64> {
    let said = [refresh, service.refresh].into_iter().flatten().map(millis);
    said.chain([default]).collect()
}

/// All times that may be the timeout, declared or by default.
fn timeouts(own: Option<u64>, refresh: Option<Refresh>, service: Service) -> Vec<u64> {
    let intervals = [refresh, service.refresh].into_iter().flatten().map(millis);
    let said = [own, service.timeout, Some(2_000)].into_iter().flatten();
    said.chain(intervals).collect()
}

/// All times that may be the least `max_age`.
fn ages(timeout: Option<u64>, refresh: Option<Refresh>, service: Service) -> Vec<u64> {
    let timeouts = timeouts(timeout, refresh, service);
    let derived = timeouts.iter().map(|timeout| Refresh::Interval(timeout * 2));
    let said = [refresh, service.refresh, Some(Refresh::Interval(5_000))];
    let periods: Vec<Refresh> = said.into_iter().flatten().chain(derived).collect();
    let least = |refresh: &Refresh, timeout: &u64| match refresh {
        Refresh::Interval(interval) => (interval * 11).div_ceil(10) + timeout + 250,
        Refresh::Ttl(ttl) => ttl + timeout + 250,
    };
    let ages = periods
        .iter()
        .flat_map(|refresh| timeouts.iter().map(move |timeout| least(refresh, timeout)));
    ages.collect()
}

fn millis(refresh: Refresh) -> u64 {
    let (Refresh::Interval(millis) | Refresh::Ttl(millis)) = refresh;
    millis
}
