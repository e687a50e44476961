//! A name has only characters that are safe in paths and dashboards.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(name = "DB")]
    a: Flag,
    #[health_check(name = "Orders DB")]
    b: Flag,
    #[health_check(name = "db/main")]
    c: Flag,
    #[health_check(name = "größe")]
    d: Flag,
    #[health_check(name = "a\nb")]
    e: Flag,
}

fn main() {}
