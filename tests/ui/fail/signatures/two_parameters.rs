//! A check gets the state and nothing else.

use health_runtime::{Health, HealthState, health_check};

#[derive(Clone, HealthState)]
struct AppState;

struct Config;

#[health_check]
fn a(_: &AppState, _: &Config) {}

#[health_check]
async fn b(_state: &AppState, _retries: u8, _limit: u8) {}

fn main() {
    // No follow-up error: the stub is there.
    let _ = Health::builder(AppState).function::<a>();
}
