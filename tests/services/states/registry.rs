//! What a registry by hand does in some 300 lines: PostgreSQL with the figures of its pool, Redis, and an external API
//! (success is healthy, 4xx degraded, 5xx unhealthy), each with its own timeout, all at the same time, and a shutdown
//! that loses no request. The lines marked `//~` exist only for this: at most 15.

use axum::Router;
use health_runtime::checks::{self, Http}; //~
use health_runtime::{BoxError, HealthState}; //~
use redis_1 as redis;
use sqlx_0_9 as sqlx;
use tokio::net::TcpListener;

#[derive(Clone, HealthState)] //~
struct AppState {
    #[health_check(critical, timeout = "3s", with = checks::few_idle)] //~
    db: sqlx::PgPool,
    #[health_check(timeout = "2s")] //~
    cache: redis::Client,
    #[health_check(critical, timeout = "5s", interval = "15s")] //~
    api: Http, //~
}

impl AppState {
    fn new() -> Result<Self, BoxError> {
        Ok(Self {
            db: sqlx::PgPool::connect_lazy("postgres://localhost")?,
            cache: redis::Client::open("redis://localhost")?,
            api: Http::get("https://api.example.com/status").build()?, //~
        })
    }
}

#[expect(dead_code, reason = "it would need the real addresses")]
async fn serve() -> Result<(), BoxError> {
    let state = AppState::new()?;
    let health = state.start_health(); //~
    let app = Router::new().with_state(state).merge(health.router()); //~
    let listener = health.listener(TcpListener::bind("0.0.0.0:3000").await?); //~
    axum::serve(listener, app)
        .with_graceful_shutdown(health.shutdown_signal()) //~
        .await?;
    Ok(())
}

#[tokio::test]
async fn it_has_its_checks_in_at_most_15_lines() {
    assert_eq!(crate::names(AppState::new().unwrap()), ["api", "cache", "db"]);
    let lines = include_str!("registry.rs").lines();
    let lines = lines.filter(|line| line.ends_with(" //~")).count();
    assert!((8..=15).contains(&lines), "{lines}");
}
