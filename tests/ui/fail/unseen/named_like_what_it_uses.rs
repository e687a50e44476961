//! The refused function gets no type, so there is a second error where `checks` names it.

use health_runtime::{HealthState, health_check};

#[derive(HealthState)]
#[health(checks(tokio))]
struct AppState;

#[health_check]
async fn tokio(_: &AppState) {
    tokio::task::yield_now().await;
}

fn main() {}
