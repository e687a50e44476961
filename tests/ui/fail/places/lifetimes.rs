//! A state cannot borrow, because its checks run as long as the process.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState<'a, T: 'a> {
    #[health_check]
    flag: Flag,
    config: &'a T,
}

#[derive(Clone, HealthState)]
struct Two<'a, 'b: 'a>(&'a str, &'b str);

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::<'static, u8>::start_health;
}
