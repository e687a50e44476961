//! The attribute of a function has its own options.

use health_runtime::{health_check};

#[health_check(critcal)]
fn a() {}

#[health_check(banana)]
fn b() {}

#[health_check(skip)]
fn c() {}

#[health_check(enabled)]
fn d() {}

#[health_check(failures = 3)]
fn e() {}

fn main() {}
