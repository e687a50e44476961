//! A check runs in the background or on demand.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
#[health(ttl = "0s", interval = "1s")]
struct AppState {
    #[health_check(interval = "1s", ttl = "1s")]
    a: Flag,
    #[health_check(ttl = "1s", critical, interval = "3")]
    b: Flag,
}

fn main() {}
