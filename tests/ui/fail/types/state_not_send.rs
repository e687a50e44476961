//! A state is shared between threads.

use health_runtime::{Flag, HealthState};

use std::rc::Rc;

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check]
    flag: Flag,
    cache: Rc<u8>,
}

fn main() {}
