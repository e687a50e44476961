//! A service with its tests. The tests check what the service reports while something fails. They use the router of
//! the service, and need no server and no waits.
//!
//! ```console
//! cargo test -p health-runtime --all-features --example tested_service
//! ```

use axum::Router;
use axum::routing::get;
use health_runtime::{Flag, Health, HealthState};
use tokio::net::TcpListener;

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(critical, max_age = "30s")]
    db: Flag,
    #[health_check]
    payments: Flag,
}

impl AppState {
    fn connect() -> Self {
        Self {
            db: Flag::healthy(),
            payments: Flag::healthy(),
        }
    }
}

fn app(health: &Health) -> Router {
    Router::new()
        .route("/orders", get(|| async { "[]" }))
        .merge(health.router())
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let health = AppState::connect().start_health();
    let stop = health.shutdown_signal();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}/readyz", listener.local_addr()?);
    axum::serve(health.listener(listener), app(&health))
        .with_graceful_shutdown(stop)
        .await
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::body::Body;
    use axum::http::{Request, StatusCode};
    use health_runtime::testing::TestHealth;
    use health_runtime::{Probe, Reason, Status};
    use tower::ServiceExt as _;

    use super::*;

    async fn healthy() -> TestHealth {
        let health = TestHealth::new(AppState::connect());
        health.refresh().await;
        health
    }

    #[tokio::test]
    async fn payments_that_fail_only_degrade() {
        let health = healthy().await;
        health.force("payments", Err::<(), _>("connection refused"));
        health.assert_status(Probe::Readiness, Status::Degraded);
    }

    #[tokio::test]
    async fn a_silent_database_fails_readiness() {
        let health = healthy().await;
        health.advance(Duration::from_secs(31));
        health.assert_status(Probe::Readiness, Status::Unhealthy);
        assert_eq!(health.check("db").reason, Some(Reason::Stale));
    }

    #[tokio::test]
    async fn the_router_answers_503_without_a_database() {
        let health = healthy().await;
        health.force("db", Status::Unhealthy);
        let request = Request::get("/readyz").body(Body::empty()).unwrap();
        let response = app(&health).oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
