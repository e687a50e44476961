//! How long it takes until a kubelet takes a failing service out of rotation, and until it is back: never longer than
//! `kubernetes::times` promises, and not much shorter.

use super::*;
use crate::kubernetes::times::{noticed_after, turns};
use crate::spec::Breaker;

const STEP: Duration = Duration::from_millis(10);

/// How long the runtime may take to poll a run: what `LATENESS` leaves beside a tick.
const BUSY: Duration = Duration::from_millis(200);

/// For each kind of check.
const RUNS: u64 = 1_000;

/// The kubelet: probes at a fixed pace. If an answer takes longer, the next probe comes right after it.
#[derive(Debug)]
struct Kubelet {
    period: u32,
    timeout: u32,
    failure_threshold: u32,
    next: Time,
    asked: Option<Asked>,
    ready: bool,
    /// How many answers in a row contradict `ready`.
    against: u32,
}

#[derive(Debug)]
struct Asked {
    at: Time,
    /// The answer, and when the kubelet has it.
    answer: Option<(bool, Time)>,
}

#[derive(Debug)]
struct Run {
    begins: Time,
    /// What it reports, and when.
    ends: Option<(State, Time)>,
}

/// A service with one critical check, what that checks, and the kubelet.
struct World {
    sim: Sim,
    timeout: Duration,
    works: bool,
    run: Option<Run>,
    /// A run has just looked at what it checks.
    has_looked: bool,
    kubelet: Kubelet,
    chance: Rng,
    /// Everything takes as long as it may.
    is_worst: bool,
    /// A run may block its thread.
    may_block: bool,
}

impl World {
    fn new(spec: CheckSpec, seed: u64) -> Self {
        let mut chance = Rng::with_seed(seed);
        let mut sim = Sim::seeded([spec], false, seed);
        sim.core.arm(sim.now);
        if sim.core.slots[0].running.is_some() {
            sim.pass_check(0);
        }
        sim.started();
        let period = chance.u32(1..=5);
        let kubelet = Kubelet {
            period,
            timeout: chance.u32(1..=3),
            failure_threshold: chance.u32(1..=3),
            next: STEP * chance.u32(0..period * 100),
            asked: None,
            ready: true,
            against: 0,
        };
        Self {
            timeout: sim.core.plans[0].timeout,
            sim,
            works: true,
            run: None,
            has_looked: false,
            kubelet,
            is_worst: chance.bool(),
            chance,
            may_block: true,
        }
    }

    /// A random time up to this one, in steps.
    fn up_to(&mut self, most: Duration) -> Duration {
        let steps = u32::try_from(most.as_millis() / STEP.as_millis()).expect("the times are short");
        let steps = if self.is_worst {
            steps
        } else {
            self.chance.u32(0..=steps)
        };
        STEP * steps
    }

    fn step(&mut self) {
        self.sim.now += STEP;
        let now = self.sim.now;
        if now.as_millis().is_multiple_of(TICK.as_millis()) {
            self.sim.core.tick(now);
        }
        self.begin();
        self.has_looked = false;
        if let Some(Run { begins, ends: None }) = self.run
            && begins <= now
        {
            self.look();
        }
        if let Some(Run {
            ends: Some((state, at)),
            ..
        }) = self.run
            && at <= now
        {
            self.run = None;
            self.sim.finish(0, state);
            self.begin();
        }
        self.ask();
        self.begin();
    }

    /// Takes the run that the core has started.
    fn begin(&mut self) {
        if !self.sim.started().is_empty() {
            let begins = self.sim.now + self.up_to(BUSY);
            self.run = Some(Run { begins, ends: None });
        }
    }

    /// The runtime polls the run, and the run looks at what it checks.
    fn look(&mut self) {
        self.has_looked = true;
        self.sim.core.began(0, self.sim.now);
        let timeout = self.timeout;
        let took = self.up_to(timeout.saturating_sub(STEP));
        let (state, took) = match self.chance.u8(0..4) {
            _ if self.works => (State::HEALTHY, took),
            0 => (State::unhealthy(Reason::Error), took),
            1 if self.may_block => (State::unhealthy(Reason::Timeout), timeout + ms(2_000)),
            _ => (State::unhealthy(Reason::Timeout), timeout),
        };
        let run = self.run.as_mut().expect("it has just begun");
        run.ends = Some((state, self.sim.now + took));
    }

    fn ask(&mut self) {
        let now = self.sim.now;
        if self.kubelet.asked.is_none() && now >= self.kubelet.next {
            while self.kubelet.next <= now {
                self.kubelet.next += secs(self.kubelet.period);
            }
            self.kubelet.asked = Some(Asked { at: now, answer: None });
            self.sim.core.demand(Probe::Readiness, WHOLE, now);
        }
        let Some(Asked { at, answer }) = self.kubelet.asked else {
            return;
        };
        let gives_up = at + secs(self.kubelet.timeout);
        let waits = self.sim.waits_since(Probe::Readiness, at).is_some();
        if answer.is_none() && !waits {
            let passes = self.sim.status(Probe::Readiness).passes();
            let has_it = now + self.up_to(gives_up.saturating_sub(now + STEP));
            self.kubelet.asked = Some(Asked {
                at,
                answer: Some((passes, has_it)),
            });
        }
        match self.kubelet.asked {
            Some(Asked {
                answer: Some((passes, has_it)),
                ..
            }) if has_it <= now => self.kubelet.take(passes),
            _ if now >= gives_up => self.kubelet.take(false),
            _ => {}
        }
    }

    /// Lets time pass until this holds.
    fn until(&mut self, mut holds: impl FnMut(&Self) -> bool) {
        let end = self.sim.now + Duration::from_secs(1_000);
        while !holds(self) {
            assert!(self.sim.now < end, "this never happens: {:?}", self.kubelet);
            self.step();
        }
    }

    /// Changes whether what is checked works, at the worst moment or at a random one. Returns how long the kubelet
    /// needs to notice.
    fn change(&mut self, works: bool) -> Duration {
        let wait = self.chance.u32(0..2_000) * STEP;
        let at = self.sim.now + wait;
        self.until(|world| world.sim.now >= at);
        // Another client asks too. It starts the run of a check with a `ttl` at a time of its own.
        self.sim.core.demand(Probe::Readiness, WHOLE, at);
        self.begin();
        if self.is_worst {
            self.until(|world| world.has_looked);
        }
        self.works = works;
        let changed = self.sim.now;
        self.until(|world| world.kubelet.ready == works);
        self.sim.now.saturating_sub(changed)
    }
}

impl Kubelet {
    fn take(&mut self, passes: bool) {
        self.asked = None;
        self.against = if passes == self.ready { 0 } else { self.against + 1 };
        if self.against >= if passes { 1 } else { self.failure_threshold } {
            (self.ready, self.against) = (passes, 0);
        }
    }
}

/// What part of the promised time was needed: until the service was out of rotation, and until it was back.
fn needed(spec: CheckSpec, seed: u64) -> [f64; 2] {
    let mut world = World::new(spec, seed);
    let Kubelet {
        period,
        timeout,
        failure_threshold,
        ..
    } = world.kubelet;
    let promised = turns(&world.sim.core.plans[0], period.max(timeout), 1);
    let out = promised.to_failing + noticed_after(period, failure_threshold, timeout);
    let back = promised.to_passing + noticed_after(period, 1, timeout);
    let was_out = world.change(false);
    // A run that blocks its thread delays the recovery until it returns.
    world.may_block = false;
    world.until(|world| world.run.is_none());
    let was_back = world.change(true);
    [(was_out, out), (was_back, back)].map(|(was, promised)| {
        assert!(was <= promised, "{was:?} of {promised:?}, seed {seed}");
        was.as_secs_f64() / promised.as_secs_f64()
    })
}

/// Asserts that the promised times are kept, and that they are not much longer than what may happen.
fn assert_promised(spec: impl Fn(&mut Rng) -> CheckSpec) {
    let mut most = [0.0_f64; 2];
    for seed in 0..RUNS {
        let part = needed(spec(&mut Rng::with_seed(!seed)), seed);
        most = std::array::from_fn(|which| most[which].max(part[which]));
    }
    assert!(most.iter().all(|part| *part >= 0.9), "{most:?}");
}

fn secs(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}

#[test]
fn an_interval_check_is_out_of_rotation_and_back_in_time() {
    assert_promised(|chance| {
        let timeout = secs(chance.u32(1..4));
        db().timeout(timeout).interval(timeout * 2 + secs(chance.u32(0..4)))
    });
}

#[test]
fn a_check_with_thresholds_is_out_of_rotation_and_back_in_time() {
    assert_promised(|chance| {
        let spec = db().timeout(secs(1)).interval(secs(chance.u32(2..5)));
        spec.failure_threshold(chance.u32(1..=3))
            .success_threshold(chance.u32(1..=3))
    });
}

#[test]
fn a_check_whose_runs_may_be_skipped_is_out_of_rotation_and_back_in_time() {
    assert_promised(|chance| db().interval(secs(chance.u32(1..=2))));
}

#[test]
fn a_check_with_a_ttl_is_out_of_rotation_and_back_in_time() {
    assert_promised(|chance| {
        let spec = db().timeout(secs(chance.u32(1..3))).ttl(secs(chance.u32(0..5)));
        spec.failure_threshold(chance.u32(1..=2))
    });
}

#[test]
fn a_check_with_a_breaker_is_out_of_rotation_and_back_in_time() {
    assert_promised(|chance| {
        let breaker = Breaker::new()
            .failures(2)
            .successes(chance.u32(1..=3))
            .reset(secs(chance.u32(10..30)));
        db().interval(secs(chance.u32(3..6))).breaker(breaker)
    });
}

#[test]
fn a_fast_check_is_out_of_rotation_and_back_in_time() {
    assert_promised(|chance| db().timeout(ms(100)).interval(ms(chance.u64(20..40) * 10)));
}

#[test]
fn a_check_with_a_ttl_and_a_breaker_is_out_of_rotation_and_back_in_time() {
    assert_promised(|chance| {
        let breaker = Breaker::new()
            .failures(2)
            .successes(chance.u32(1..=2))
            .reset(ms(chance.u64(1..9) * 100));
        db().timeout(ms(100)).ttl(ms(100)).failure_threshold(2).breaker(breaker)
    });
}
