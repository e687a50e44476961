//! A state that does not implement `Clone`. The service shares it in an `Arc`.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use health_runtime::testing::TestHealth;
use health_runtime::{Flag, Health, HealthState, Status, health_check};

#[derive(HealthState)]
struct AppState {
    #[health_check(critical)]
    db: Flag,
    requests: AtomicU64,
}

/// Takes `&AppState`, although the service shares the state in an `Arc`.
#[health_check]
fn load(state: &AppState) -> bool {
    state.requests.load(Ordering::Relaxed) < 1_000
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let state = Arc::new(AppState {
        db: Flag::healthy(),
        requests: AtomicU64::new(0),
    });
    // A service calls `.start()`.
    let health: TestHealth = Health::builder(Arc::clone(&state)).function::<load>().manual();
    let count =
        |State(state): State<Arc<AppState>>| async move { state.requests.fetch_add(1, Ordering::Relaxed).to_string() };
    let _app: Router = Router::new()
        .route("/", get(count))
        .with_state(Arc::clone(&state))
        .merge(health.router());
    state.requests.store(5_000, Ordering::Relaxed);
    health.refresh().await;
    health.assert_check("db", Status::Healthy);
    health.assert_check("load", Status::Unhealthy);
    println!("load is {}", health.check("load").status);
    Ok(())
}

#[test]
fn runs() {
    main().unwrap();
}
