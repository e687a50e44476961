//! The future of a function must be `Send`, because it moves between threads.

use health_runtime::{HealthState, health_check};

#[derive(Clone, HealthState)]
struct AppState;

#[health_check]
async fn a(_: &AppState) -> bool {
    let held = std::rc::Rc::new(true);
    std::future::ready(()).await;
    *held
}

fn main() {}
