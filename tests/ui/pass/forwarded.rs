//! `Option`, `Arc` and `Box` use the check inside. A state in an `Arc` is a state.
#![deny(warnings)]

use std::sync::Arc;

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check]
    optional: Option<Flag>,
    #[health_check(liveness)]
    shared: Arc<Flag>,
    #[health_check(critical)]
    boxed: Box<Flag>,
    #[health_check]
    nested: Option<Arc<Box<Flag>>>,
    #[health_check]
    in_full: ::std::option::Option<Flag>,
}

fn main() {
    let state = AppState {
        optional: None,
        shared: Arc::new(Flag::healthy()),
        boxed: Box::new(Flag::healthy()),
        nested: None,
        in_full: None,
    };
    let _ = || state.start_health();
    let _ = || Arc::new(state).start_health();
}
