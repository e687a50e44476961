//! A signature must name its types. rustc reports each `_` only once.

use health_runtime::health_check;

#[health_check]
fn a(_state: &_) {}

#[health_check]
fn b() -> _ {
    true
}

fn main() {}
