//! The options of a check belong on a field.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
#[health(critical, with = ping)]
struct AppState {
    #[health_check()]
    a: Flag,
}

fn main() {}
