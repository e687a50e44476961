//! The runtime under another path.
#![deny(warnings)]

mod reexport {
    pub use health_runtime as hr;
}

use reexport::hr::{Flag, HealthState};

#[derive(Clone, HealthState)]
#[health(crate = reexport::hr)]
struct Relative<T> {
    #[health_check(liveness)]
    flag: T,
    #[health_check(with = ping)]
    pinged: Flag,
}

#[derive(Clone, HealthState)]
#[health(crate = crate::reexport::hr, name = "absolute")]
struct Absolute {
    #[health_check]
    flag: Flag,
}

#[derive(Clone, HealthState)]
#[health(crate = ::health_runtime)]
struct Itself;

fn ping(_: &Flag) {}

fn main() {
    let _ = || {
        Relative {
            flag: Flag::healthy(),
            pinged: Flag::healthy(),
        }
        .start_health()
    };
    let _ = || Absolute { flag: Flag::healthy() }.start_health();
    let _ = || Itself.start_health();
}
