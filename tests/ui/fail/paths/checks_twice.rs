//! `checks` names a function only once.

use health_runtime::{HealthState, health_check};

#[derive(Clone, HealthState)]
#[health(checks(disk_space, queue::depth, disk_space, queue :: depth, self::disk_space, r#disk_space))]
struct AppState;

#[health_check]
fn disk_space() {}

mod queue {
    #[health_runtime::health_check]
    pub(crate) fn depth() {}
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
