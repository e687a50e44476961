//! A state cannot borrow, and a check borrows the state for one run only.

use health_runtime::{health_check};

struct Borrows<'a>(&'a str);

#[health_check]
fn a<'a>(state: &Borrows<'a>) -> bool {
    state.0.is_empty()
}

struct Owns;

#[health_check]
fn b(_: &'static Owns) -> bool {
    true
}

fn main() {}
