//! The error of a function must convert into `BoxError`.

use health_runtime::{HealthState, health_check};

#[derive(Clone, HealthState)]
struct AppState;

struct NoError;

#[health_check]
async fn a(_: &AppState) -> Result<(), NoError> {
    Err(NoError)
}

#[health_check]
fn b(_: &AppState) -> Result<(), NoError> {
    Err(NoError)
}

fn main() {}
