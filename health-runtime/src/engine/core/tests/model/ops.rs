//! Random services and random operations. Times are round, so that they often coincide.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::super::super::super::State;
use super::super::ms;
use crate::outcome::{Reason, Status};
use crate::spec::{Breaker, CheckSpec, Probe};

/// A service: its checks, what it waits for, and how long its runtime may be silent.
#[derive(Clone, Debug)]
pub(super) struct Service {
    pub(super) specs: Vec<CheckSpec>,
    pub(super) is_manual: bool,
    pub(super) stalled_after: Option<u64>,
    pub(super) seed: u64,
}

/// Something that happens. Times are in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Op {
    Pass(u64),
    Freeze(u64),
    /// The runtime polls the runs that have started.
    Poll,
    /// One of the runs in flight ends.
    Finish(usize, State),
    /// A probe asks.
    Ask(Probe),
    /// A run of a check is requested.
    Request(usize),
    Hold,
    Release,
    Drain,
    OpenTask,
    CloseTask(bool),
    MarkStarted,
    Arm,
    /// Whether the runtime runs beats from now on.
    Beats(bool),
}

pub(super) fn service() -> impl Strategy<Value = Service> {
    let stalled_after = proptest::option::weighted(0.4, select(vec![300, 1_000, 2_000]));
    let named = vec(spec(), 1..=4).prop_map(|mut specs| {
        let named = specs.iter_mut().zip(["a", "b", "c", "d"]);
        for (spec, name) in named.filter(|(spec, _)| spec.name().is_empty()) {
            spec.name = name.into();
        }
        specs
    });
    (named, prop::bool::weighted(0.1), stalled_after, 0..100u64).prop_map(|(specs, is_manual, stalled_after, seed)| {
        Service {
            specs,
            is_manual,
            stalled_after,
            seed,
        }
    })
}

fn spec() -> impl Strategy<Value = CheckSpec> {
    let breaker =
        (select(vec![1, 1, 2, 3]), 1..=3u32, select(vec![100, 200, 1_000])).prop_map(|(failures, successes, reset)| {
            Breaker::new().failures(failures).successes(successes).reset(ms(reset))
        });
    let refresh = (any::<bool>(), select(vec![0, 100, 500, 1_000, 5_000]));
    let times = (
        select(vec![100, 500, 1_000]),
        proptest::option::weighted(0.5, select(vec![200, 1_000, 2_000])),
        proptest::option::weighted(0.4, select(vec![50, 90])),
    );
    let thresholds = (select(vec![1, 2, 2, 3]), select(vec![1, 2, 2, 3]));
    let flags = (
        any::<bool>(),
        prop::bool::weighted(0.4),
        prop::bool::weighted(0.07),
        select(vec![0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 7]),
    );
    let breaker = proptest::option::weighted(0.45, breaker);
    (refresh, times, thresholds, breaker, flags).prop_map(
        |((is_lazy, period), (timeout, max_age, slow), (failures, successes), breaker, flags)| {
            let (critical, fail_open, disabled, probes) = flags;
            let mut spec = CheckSpec::new(if disabled { "disabled" } else { "" }).timeout(ms(timeout));
            spec = if is_lazy {
                spec.ttl(ms(period))
            } else {
                spec.interval(ms(period.max(200)))
            };
            spec = spec.failure_threshold(failures).success_threshold(successes);
            spec.max_age = max_age.map(ms);
            spec.degraded_after = slow.map(ms);
            spec.breaker = breaker;
            spec.critical = critical;
            spec.fail_open = fail_open;
            for (bit, add) in [CheckSpec::readiness, CheckSpec::liveness, CheckSpec::startup]
                .into_iter()
                .enumerate()
            {
                if probes & 1 << bit != 0 {
                    spec = add(spec);
                }
            }
            spec
        },
    )
}

/// At most `most` steps, after a beginning that creates a router in most cases.
pub(super) fn ops(most: usize) -> impl Strategy<Value = Vec<Op>> {
    let delay = || {
        select(vec![
            1, 1, 40, 49, 50, 51, 100, 101, 200, 249, 250, 251, 300, 500, 1_000,
        ])
    };
    let rarely = |op| prop::bool::weighted(0.2).prop_map(move |happens| if happens { op } else { Op::Arm });
    let begin = select(vec![vec![Op::Arm], vec![Op::Arm], vec![Op::OpenTask, Op::Arm], vec![]]);
    let op = prop_oneof![
        14 => delay().prop_map(Op::Pass),
        1 => select(vec![2_000, 4_000]).prop_map(Op::Pass),
        2 => delay().prop_map(Op::Freeze),
        1 => select(vec![3_000, 30_000]).prop_map(Op::Freeze),
        1 => Just(Op::Poll),
        20 => (0..4usize, ended()).prop_map(|(index, state)| Op::Finish(index, state)),
        8 => select(&Probe::ALL[..]).prop_map(Op::Ask),
        12 => (0..4usize).prop_map(Op::Request),
        1 => Just(Op::Hold),
        3 => Just(Op::Release),
        1 => rarely(Op::Drain),
        1 => rarely(Op::OpenTask),
        2 => prop::bool::weighted(0.7).prop_map(Op::CloseTask),
        1 => Just(Op::MarkStarted),
        2 => prop::bool::weighted(0.6).prop_map(Op::Beats),
    ];
    (begin, vec(op, 1..=most)).prop_map(|(begin, ops)| [begin, ops].concat())
}

fn ended() -> impl Strategy<Value = State> {
    let degraded = |reason| State {
        status: Status::Degraded,
        reason: Some(reason),
    };
    prop_oneof![
        5 => Just(State::HEALTHY),
        1 => Just(degraded(Reason::Reported)),
        1 => Just(degraded(Reason::Saturated)),
        2 => Just(State::unhealthy(Reason::Exhausted)),
        6 => select(vec![Reason::Error, Reason::Timeout, Reason::Panic, Reason::Cancelled, Reason::Reported])
            .prop_map(State::unhealthy),
    ]
}
