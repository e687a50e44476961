//! Every parameter of the function must be part of the state's type.

use health_runtime::{Health, HealthState, health_check};

#[derive(Clone, HealthState)]
struct AppState;

#[health_check]
fn a<T: Default>() {}

#[health_check]
fn b<S, T>(_state: &S) -> Result<(), T> {
    Ok(())
}

#[health_check]
fn c<const N: usize>(_state: &AppState) {}

trait HasDb {
    type Db;
}

#[health_check]
fn d<S: HasDb>(_state: &S::Db) {}

#[health_check]
fn e<S: HasDb>(_state: &<S as HasDb>::Db) {}

fn main() {
    // No follow-up error: the stub is there.
    let _ = Health::builder(AppState).function::<a>();
}
