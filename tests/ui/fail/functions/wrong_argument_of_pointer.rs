//! For a field of type `Arc<dyn Trait>`, a function takes the `Arc` or the trait object in it.

use std::sync::Arc;

use health_runtime::HealthState;

trait Mailer: Send + Sync {}

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(with = ping)]
    mailer: Arc<dyn Mailer>,
}

async fn ping(_: &String) {}

fn main() {
    // No follow-up error.
    let _ = AppState::start_health;
}
