//! The future of a check must be `Send`, because it moves between threads.

use health_runtime::{HealthState};

#[derive(Clone)]
struct Db;

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(with = ping)]
    db: Db,
}

async fn ping(_: &Db) {
    let held = std::rc::Rc::new(0);
    std::future::ready(()).await;
    drop(held);
}

fn main() {
    // No follow-up error: the stub is there.
    let _ = AppState::start_health;
}
