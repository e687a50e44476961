//! The builder takes functions that no struct names.
#![deny(warnings)]

use std::sync::Arc;

use health_runtime::{Health, HealthFn, HealthState, health_check};

#[derive(Clone, HealthState)]
struct AppState;

#[health_check(critical, name = "disk")]
async fn disk_space() -> bool {
    true
}

mod queue {
    #[health_runtime::health_check]
    pub(super) fn depth(_: &super::AppState) -> bool {
        true
    }
}

#[health_check]
fn shared(_: &Arc<AppState>) {}

fn main() {
    let _ = || Health::builder(AppState).function::<disk_space>().function::<queue::depth>().start();
    let _ = || Health::builder(Arc::new(AppState)).function::<shared>().function::<disk_space>().start();
    assert_eq!(<disk_space as HealthFn<AppState>>::spec().name(), "disk");
}
