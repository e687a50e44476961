//! Random operations on random services. After each step, the core has to give the same answers as a reference, which
//! is a page of code.
//!
//! A run of the test takes a second and always uses the same operations. This runs about a million steps with new ones:
//!
//! ```console
//! HEALTH_MODEL_STEPS=1000000 cargo test --release -p health-runtime model -- --nocapture
//! ```
//!
//! proptest shrinks and prints a case that fails. It writes the seed to `proptest-regressions/engine/core/model.txt`,
//! and tries that seed first in later runs. Write a test in `found.rs` too: the seed stands for another case as soon as
//! the strategies change.

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

/// How many steps the test takes by default.
const STEPS: usize = 8_000;

/// At most this many steps for one service. The mean is half of it.
const LONGEST: usize = 100;

/// How many different answers there are: each status and reason of a check and of each probe.
const ANSWERS: usize = 43;

/// Relative to the root of the package, where cargo runs its tests.
const REGRESSIONS: &str = "proptest-regressions/engine/core/model.txt";

#[test]
fn the_core_agrees_with_the_reference_model() {
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
