//! A `blocking` function cannot return a future.

use health_runtime::{HealthState, health_check};

#[derive(Clone, HealthState)]
struct AppState;

#[derive(Clone)]
struct Db;

#[derive(Clone, HealthState)]
struct Other {
    #[health_check(with = ping, blocking)]
    db: Db,
}

async fn ping(_: &Db) -> bool {
    true
}

#[health_check(blocking)]
fn later(_: &AppState) -> std::pin::Pin<Box<dyn Future<Output = bool> + Send + '_>> {
    Box::pin(async { true })
}

#[health_check(blocking)]
fn sooner(_: &AppState) -> impl Future<Output = bool> {
    async { true }
}

fn main() {}
