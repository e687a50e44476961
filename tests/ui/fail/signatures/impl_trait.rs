//! A check names the type of the state: no `impl Trait` and no `dyn Trait`.

use health_runtime::{Health, HealthState, health_check};

#[derive(Clone, HealthState)]
struct AppState;

trait HasDb {}

#[health_check]
async fn a(_state: &impl HasDb) {}

#[health_check]
async fn b(_state: impl HasDb + Clone) {}

#[health_check]
fn c(_state: &dyn HasDb) {}

#[health_check]
fn d(_state: &(dyn HasDb + Send + Sync)) {}

#[health_check]
fn e(_state: &Vec<impl HasDb>) {}

fn main() {
    // No follow-up error: the stub is there.
    let _ = Health::builder(AppState).function::<a>();
}
