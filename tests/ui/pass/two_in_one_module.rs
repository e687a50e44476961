//! Two derives side by side, one of them in a function.
#![deny(warnings)]

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct First {
    #[health_check]
    flag: Flag,
}

#[derive(Clone, HealthState)]
struct Second {
    #[health_check]
    flag: Flag,
    #[health_check(with = first)]
    first: First,
}

async fn first(first: &First) -> bool {
    let _ = &first.flag;
    true
}

fn main() {
    #[derive(Clone, HealthState)]
    struct Third {
        #[health_check(with = local)]
        flag: Flag,
    }

    fn local(_: &Flag) {}

    let first = First { flag: Flag::healthy() };
    let _ = || first.start_health();
    let _ = || {
        Second {
            flag: Flag::healthy(),
            first,
        }
        .start_health()
    };
    let _ = || Third { flag: Flag::healthy() }.start_health();
}
