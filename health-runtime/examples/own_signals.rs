//! A service that handles its signals itself: it begins the drain, and its server and its workers wait for it.

use std::error::Error;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use health_runtime::{Flag, Health, HealthState};
use tokio::net::TcpListener;

#[derive(Clone, HealthState)]
#[health(drain = "100ms")]
struct AppState {
    #[health_check]
    queue: Flag,
}

/// Takes jobs until the drain begins, and finishes the last one.
async fn work(health: Health) -> u32 {
    let (mut drain, mut jobs) = (pin!(health.drain_started()), 0);
    loop {
        tokio::select! {
            () = &mut drain => return jobs,
            () = tokio::time::sleep(Duration::from_millis(10)) => jobs += 1, // a job
        }
    }
}

async fn run(asked_to_stop: impl Future + Send + 'static) -> Result<(), Box<dyn Error>> {
    let state = AppState { queue: Flag::healthy() };
    let health = state.start_health();
    let worker = tokio::spawn(work(health.clone()));
    let signals = health.clone();
    tokio::spawn(async move {
        asked_to_stop.await;
        signals.drain(); // readiness fails from here on
    });
    let app = Router::new()
        .route("/", get(|| async { "hello" }))
        .merge(health.router());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    axum::serve(health.listener(listener), app)
        .with_graceful_shutdown(health.drain_finished())
        .await?;
    println!("{} jobs were done", worker.await?);
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    run(tokio::signal::ctrl_c()).await
}

#[tokio::test]
async fn runs() {
    run(tokio::time::sleep(Duration::from_millis(50))).await.unwrap();
}
