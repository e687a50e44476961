//! Fields and options that `cfg` removes have no effect.
#![deny(warnings)]

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
#[cfg_attr(all(), health(name = "orders"))]
#[cfg_attr(any(), health(nonsense))]
struct AppState {
    #[cfg(any())]
    #[health_check(nonsense)]
    gone: DoesNotExist,
    #[cfg(all())]
    #[health_check]
    here: Flag,
    #[cfg_attr(all(), health_check(critical))]
    sometimes: Flag,
    #[cfg_attr(any(), health_check(nonsense))]
    #[allow(dead_code)]
    never: u8,
}

fn main() {
    let _ = || {
        AppState {
            here: Flag::healthy(),
            sometimes: Flag::healthy(),
            never: 0,
        }
        .start_health()
    };
}
