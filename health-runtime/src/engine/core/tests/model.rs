//! Random lives of random services: after each step the core has to say what a reference of a page says.
//!
//! A run takes a second and always lives the same lives. About a million steps of others:
//!
//! ```console
//! HEALTH_MODEL_STEPS=1000000 cargo test --release -p health-runtime model -- --nocapture
//! ```
//!
//! What fails is shrunk, printed and tried again first from then on: its seed is in
//! `proptest-regressions/engine/core/model.txt`. (A seed means something else as soon as there is one option more, so a
//! difference also becomes a test of its own.)

mod bench;
mod found;
mod history;
mod ops;
mod reference;
mod runs;

use std::cell::RefCell;

use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestRunner};

use self::bench::{Bench, Seen};
use self::ops::{Op, Service};
use super::{Sim, ms};

/// Steps in a run that does not say otherwise.
const STEPS: usize = 8_000;

/// The longest life. The mean is half of it.
const LONGEST: usize = 100;

/// How many answers there are: each status and reason of a check and of each probe.
const ANSWERS: usize = 43;

/// From the package's root, where cargo runs its tests.
const REGRESSIONS: &str = "proptest-regressions/engine/core/model.txt";

#[test]
fn the_core_says_what_the_reference_says() {
    let asked = std::env::var("HEALTH_MODEL_STEPS").ok();
    let number = |steps: String| steps.parse().expect("HEALTH_MODEL_STEPS is a number");
    let wanted = asked.clone().map_or(STEPS, number);
    let mut runner = TestRunner::new(Config {
        cases: u32::try_from(wanted.div_ceil(LONGEST / 2)).expect("nobody waits that long"),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(REGRESSIONS))),
        rng_seed: asked.map_or(RngSeed::Fixed(0), |_| RngSeed::Random),
        max_shrink_iters: 20_000,
        ..Config::default()
    });
    let (steps, seen) = (RefCell::new(0), RefCell::new(Seen::new()));
    let result = runner.run(&(ops::service(), ops::ops(LONGEST)), |(service, ops)| {
        *steps.borrow_mut() += ops.len();
        live(&service, &ops, &mut seen.borrow_mut()).map_err(TestCaseError::fail)
    });
    if let Err(wrong) = result {
        panic!("{wrong}");
    }
    println!("{} steps", steps.borrow());
    let seen = seen.into_inner();
    for (answer, times) in &seen {
        println!("{times:>9} {answer}");
    }
    assert!(
        seen.len() == ANSWERS || wanted < STEPS,
        "not every answer was given: the lives are too dull to test anything"
    );
}

fn live(service: &Service, ops: &[Op], seen: &mut Seen) -> Result<(), String> {
    let mut bench = Bench::new(service);
    for (i, op) in ops.iter().enumerate() {
        bench
            .step(*op, seen)
            .map_err(|wrong| format!("step {i}, {op:?}: {wrong}"))?;
    }
    Ok(())
}
