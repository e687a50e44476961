//! The bugs that the random tests have found. Each has a test of its own.

use super::bench::Seen;
use super::ops::{Op, Service};
use super::{Sim, live, ms};
use crate::engine::State;
use crate::outcome::Reason;
use crate::spec::{CheckSpec, Probe};

#[test]
fn a_service_that_drains_before_it_has_started_never_starts() {
    let mut sim = Sim::starting([], false);
    sim.core.drain(ms(10_000), sim.now);
    sim.core.arm(sim.now);
    assert_eq!(sim.says(Probe::Startup), State::unhealthy(Reason::Starting));
    let service = Service {
        specs: vec![CheckSpec::new("a")],
        is_manual: false,
        stalled_after: None,
        seed: 0,
    };
    live(&service, &[Op::Drain, Op::Arm], &mut Seen::new()).unwrap();
}
