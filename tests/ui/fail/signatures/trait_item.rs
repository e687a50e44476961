//! A trait only says that there will be a function.

use health_runtime::{health_check};

trait Ping {
    #[health_check]
    fn a();

    #[health_check]
    fn b(&self);
}

fn main() {}
