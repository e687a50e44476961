//! A closure is not a path.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(with = |db| db.ping())]
    a: Flag,
    #[health_check(with = async |db| db.ping().await, critical)]
    b: Flag,
    #[health_check(with = move || true)]
    c: Flag,
    #[health_check(with = |a, b| a.ping(b), timeout = "1s")]
    d: Flag,
}

fn main() {}
