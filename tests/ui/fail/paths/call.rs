//! A function is named, not called.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(with = ping())]
    a: Flag,
    #[health_check(with = a::ping(&db), critical)]
    b: Flag,
    #[health_check(with = <C as T>::f())]
    c: Flag,
}

fn main() {}
