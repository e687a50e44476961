//! The function has no type, so that there is a second error where it is named.

use health_runtime::{HealthState, health_check};

#[derive(HealthState)]
#[health(checks(tokio))]
struct AppState;

#[health_check]
async fn tokio(_: &AppState) {
    tokio::task::yield_now().await;
}

fn main() {}
