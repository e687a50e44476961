//! One attribute holds all options.

use health_runtime::{health_check};

#[health_check(critical)]
#[health_check(timeout = "1s")]
fn a() {}

#[health_runtime::health_check]
/// Between them.
#[health_runtime::health_check]
fn b() {}

fn main() {}
