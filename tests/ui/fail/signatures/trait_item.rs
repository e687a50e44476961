//! A function in a trait cannot be a check.

use health_runtime::{health_check};

trait Ping {
    #[health_check]
    fn a();

    #[health_check]
    fn b(&self);
}

fn main() {}
