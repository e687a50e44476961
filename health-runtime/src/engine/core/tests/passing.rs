//! A check that always passes is always reported as healthy, with all legal options and with any number of checks.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use fastrand::Rng;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::spec::{Times, rules};

/// How late a tick may be on a busy machine that does not freeze, in milliseconds.
const LATE: u64 = 120;

/// A busy machine. All runs of its checks pass within their timeout.
struct World {
    sim: Sim,
    rng: Rng,
    tick: Time,
    ends: BinaryHeap<Reverse<(Time, usize)>>,
    /// No run takes longer than this, even if its timeout is longer.
    longest: Duration,
}

impl World {
    fn new(spec: &CheckSpec, count: usize, longest: Duration, seed: u64) -> Self {
        let specs = (0..count).map(|_| spec.clone());
        let mut world = Self {
            sim: Sim::seeded(specs, false, seed),
            rng: Rng::with_seed(seed),
            tick: Time::ZERO,
            ends: BinaryHeap::new(),
            longest,
        };
        world.sim.core.arm(Time::ZERO);
        world.started();
        world
    }

    /// Plans the end of each run that has started: it takes no time, half of its timeout or almost all of it.
    fn started(&mut self) {
        for index in self.sim.started() {
            self.sim.core.began(index, self.sim.now);
            let timeout = self.sim.core.plans[index].timeout;
            let most = timeout.min(self.longest).saturating_sub(ms(1));
            let takes = [Duration::ZERO, most / 2, most][self.rng.usize(..3)];
            self.ends.push(Reverse((self.sim.now + takes, index)));
        }
    }

    /// When the next run ends or the next tick comes.
    fn next(&self) -> Time {
        let end = self.ends.peek().map_or(Time::MAX, |Reverse((at, _))| *at);
        end.min(self.tick)
    }

    /// Advances to the next event: a run ends, or the pacemaker ticks.
    fn step(&mut self) -> Result<(), TestCaseError> {
        self.sim.now = self.next();
        match self.ends.peek() {
            Some(Reverse((at, index))) if *at == self.sim.now => {
                let index = *index;
                self.ends.pop();
                self.is_well(index)?;
                self.sim.pass_check(index);
            }
            _ => {
                let more = self.sim.core.tick(self.sim.now);
                let pause = if more { 1 } else { 50 + self.rng.u64(..LATE) };
                self.tick = self.sim.now + ms(pause);
            }
        }
        self.started();
        Ok(())
    }

    fn pass(&mut self, time: Duration) -> Result<(), TestCaseError> {
        let end = self.sim.now + time;
        while self.next() <= end {
            self.step()?;
        }
        self.sim.now = end;
        Ok(())
    }

    /// Checks the state of a check just before its run ends, when the last result is at its oldest.
    fn is_well(&self, index: usize) -> Result<(), TestCaseError> {
        let state = self.sim.state(index);
        let is_first = self.sim.core.slots[index].last.is_none() && state.reason == Some(Reason::Pending);
        prop_assert!(
            state == State::HEALTHY || is_first,
            "{state:?} after {:?}",
            self.sim.now
        );
        Ok(())
    }

    /// Asks a probe, waits as the engine does, and checks the answer.
    fn ask(&mut self, probe: Probe) -> Result<(), TestCaseError> {
        let arrived = self.sim.now;
        self.sim.core.demand(probe, WHOLE, arrived);
        self.started();
        let mut from = 0;
        while let Some((index, until)) = self.sim.core.awaited(probe, WHOLE, arrived, from, self.sim.now) {
            from = index;
            if self.next() > until {
                self.sim.now = until;
                break;
            }
            // This does not call `is_well`: the last result may be old, and that is why the probe waits.
            self.sim.now = self.next();
            match self.ends.peek() {
                Some(Reverse((at, ended))) if *at == self.sim.now => {
                    let ended = *ended;
                    self.ends.pop();
                    self.sim.pass_check(ended);
                }
                _ => self.step()?,
            }
            self.started();
        }
        let view = self.sim.view();
        prop_assert!(view.verdict(probe).passes(), "{probe} fails after {:?}", self.sim.now);
        for (index, brief) in view.briefs(probe, WHOLE) {
            prop_assert_eq!(
                brief.state,
                State::HEALTHY,
                "{} in {} after {:?}",
                index,
                probe,
                self.sim.now
            );
        }
        Ok(())
    }
}

/// The check with the smallest legal `max_age`, or with the default one.
fn with_max_age(spec: CheckSpec, least: bool) -> CheckSpec {
    let times = Times::new(&spec, Defaults::default());
    let spec = if least {
        spec.max_age(times.least_max_age())
    } else {
        spec
    };
    assert!(rules::validate_check(&spec, Defaults::default()).is_ok(), "{spec:?}");
    spec
}

fn probes(spec: CheckSpec, critical: bool, liveness: bool) -> CheckSpec {
    let spec = if critical { spec.critical() } else { spec };
    if liveness {
        spec.liveness().readiness().in_process()
    } else {
        spec
    }
}

fn intervals() -> impl Strategy<Value = CheckSpec> {
    let interval = select(vec![2, 10, 49, 50, 51, 75, 200, 1_000, 5_000, 60_000, 600_000_u64]);
    let timeout = select(vec![0.0, 0.1, 0.5, 1.0]);
    (interval, timeout, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(interval, timeout, least, critical, liveness)| {
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss
            )]
            let timeout = ((interval - 1) as f64 * timeout) as u64;
            let spec = CheckSpec::new("a").interval(ms(interval)).timeout(ms(timeout.max(1)));
            with_max_age(probes(spec, critical, liveness), least)
        },
    )
}

fn on_demand() -> impl Strategy<Value = CheckSpec> {
    let times = (
        select(vec![0, 1, 50, 1_000, 60_000_u64]),
        select(vec![1, 100, 2_000, 30_000_u64]),
    );
    (times, any::<bool>(), any::<bool>()).prop_map(|((ttl, timeout), least, critical)| {
        let spec = CheckSpec::new("a").ttl(ms(ttl)).timeout(ms(timeout));
        with_max_age(probes(spec, critical, false), least)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_check_that_passes_in_time_is_never_stale(
        spec in intervals(), count in select(vec![1, 1, 3, 600, 2_000]), seed in 0..1_000_u64,
    ) {
        let Refresh::Interval(interval) = Times::new(&spec, Defaults::default()).refresh else { unreachable!() };
        let periods = if count > 3 { 5 } else { 40 };
        let mut world = World::new(&spec, count, Duration::MAX, seed);
        while world.ends.len() + world.sim.core.slots.iter().filter(|slot| slot.last.is_some()).count() < count {
            world.step()?;
        }
        world.pass(interval.saturating_mul(periods).max(ms(2_000)))?;
        prop_assert!(world.sim.core.slots.iter().all(|slot| slot.runs > 1));
    }

    /// Runs take no longer than the probe budget here. If a run takes longer, the probe answers with the last result,
    /// which may be stale by then.
    #[test]
    fn a_rarely_asked_on_demand_check_that_passes_inside_the_budget_is_never_stale(
        spec in on_demand(), count in 1..4_usize, pauses in prop::collection::vec(0..120_000_u64, 1..40), seed in 0..1_000_u64,
    ) {
        let mut world = World::new(&spec, count, BUDGET, seed);
        for pause in pauses {
            for probe in [Probe::Readiness, Probe::Health] {
                world.ask(probe)?;
            }
            world.sim.now += ms(pause); // no tick comes: the CPU is frozen between two requests
            world.tick = world.sim.now;
            world.ends = world.ends.drain().map(|Reverse((_, index))| Reverse((world.sim.now, index))).collect();
        }
    }
}
