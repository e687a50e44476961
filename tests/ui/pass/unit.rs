//! A service without fields, and one without annotated fields.
#![deny(warnings)]

use health_runtime::HealthState;

#[derive(Clone, HealthState)]
#[health(prefix = "/health")]
struct Unit;

#[derive(Clone, HealthState)]
struct Empty {}

#[derive(Clone, HealthState)]
struct NoChecks {
    #[allow(dead_code)]
    config: u8,
}

fn main() {
    let _ = || Unit.start_health();
    let _ = || Empty {}.start_health();
    let _ = || NoChecks { config: 0 }.start_health();
}
