//! The tests of a service: what it reports while something fails, through its own router, without a server or a wait.

use std::error::Error;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::get;
use health_runtime::testing::TestHealth;
use health_runtime::{Flag, Health, HealthState, Probe, Reason, Status};
use tower::ServiceExt as _;

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(critical, max_age = "30s")]
    db: Flag,
    #[health_check]
    payments: Flag,
}

/// As the service builds it.
fn app(health: &Health) -> Router {
    Router::new()
        .route("/orders", get(|| async { "[]" }))
        .merge(health.router())
}

async fn healthy() -> TestHealth {
    let health = TestHealth::new(AppState {
        db: Flag::healthy(),
        payments: Flag::healthy(),
    });
    health.refresh().await;
    health
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    payments_only_degrade().await;
    a_silent_database_fails_readiness().await;
    the_router_says_so_too().await?;
    println!("three tests passed");
    Ok(())
}

async fn payments_only_degrade() {
    let health = healthy().await;
    health.force("payments", Err::<(), _>("connection refused"));
    health.assert_status(Probe::Readiness, Status::Degraded);
}

async fn a_silent_database_fails_readiness() {
    let health = healthy().await;
    health.advance(Duration::from_secs(31));
    health.assert_status(Probe::Readiness, Status::Unhealthy);
    assert_eq!(health.check("db").reason, Some(Reason::Stale));
}

async fn the_router_says_so_too() -> Result<(), Box<dyn Error>> {
    let health = healthy().await;
    let app = app(&health);
    health.force("db", Status::Unhealthy);
    let response = app.oneshot(Request::get("/readyz").body(Body::empty())?).await?;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    Ok(())
}

#[test]
fn runs() {
    main().unwrap();
}
