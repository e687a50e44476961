//! A missing check is one error, even among many fields.

use health_runtime::{Flag, HealthState};

#[derive(Clone)]
struct Pool;

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check]
    f0: Flag,
    #[health_check]
    f1: Flag,
    #[health_check]
    f2: Flag,
    #[health_check]
    f3: Flag,
    #[health_check]
    f4: Flag,
    #[health_check]
    f5: Flag,
    #[health_check]
    f6: Flag,
    #[health_check]
    f7: Flag,
    #[health_check]
    f8: Flag,
    #[health_check]
    f9: Flag,
    #[health_check]
    f10: Flag,
    #[health_check]
    f11: Flag,
    #[health_check]
    f12: Flag,
    #[health_check]
    f13: Flag,
    #[health_check]
    f14: Flag,
    #[health_check]
    f15: Flag,
    #[health_check]
    f16: Flag,
    #[health_check]
    f17: Flag,
    #[health_check]
    f18: Flag,
    #[health_check]
    f19: Flag,
    #[health_check]
    f20: Flag,
    #[health_check]
    f21: Flag,
    #[health_check]
    f22: Flag,
    #[health_check]
    f23: Flag,
    #[health_check]
    f24: Flag,
    #[health_check]
    f25: Flag,
    #[health_check]
    f26: Flag,
    #[health_check]
    f27: Flag,
    #[health_check]
    f28: Flag,
    #[health_check]
    f29: Flag,
    #[health_check]
    f30: Flag,
    #[health_check]
    f31: Flag,
    #[health_check]
    f32: Flag,
    #[health_check]
    f33: Flag,
    #[health_check]
    f34: Flag,
    #[health_check]
    f35: Flag,
    #[health_check]
    f36: Flag,
    #[health_check]
    f37: Pool,
    #[health_check]
    f38: Flag,
    #[health_check]
    f39: Flag,
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
