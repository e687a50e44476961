//! Options of a field or of the struct do not belong on a function.

use health_runtime::{health_check};

#[health_check(with = ping)]
fn a() {}

#[health_check(nested)]
fn b() {}

#[health_check(prefix = "/health")]
fn c() {}

#[health_check(drain = "1s")]
fn d() {}

fn main() {}
