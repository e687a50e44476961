//! A path has no quotes.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(with = "ping")]
    a: Flag,
    #[health_check(with = "a::b::<u8>")]
    b: Flag,
    #[health_check(with = "a b")]
    c: Flag,
    #[health_check(with = "")]
    d: Flag,
}

fn main() {}
