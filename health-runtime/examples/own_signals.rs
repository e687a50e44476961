//! A service that handles its signals itself. At a signal, it begins the drain. Its worker stops when the drain begins.
//! Its server stops when the drain is over.

use std::error::Error;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use health_runtime::{Flag, Health, HealthState};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

#[derive(Clone, HealthState)]
#[health(drain = "100ms")]
struct AppState {
    #[health_check]
    queue: Flag,
}

/// Takes jobs until the drain begins. The last job is finished.
async fn work(health: Health) -> u32 {
    let (mut drain, mut jobs) = (pin!(health.drain_started()), 0);
    loop {
        // The drain cancels only the wait for a job, never a job.
        tokio::select! {
            () = &mut drain => return jobs,
            () = tokio::time::sleep(Duration::from_millis(10)) => {} // a job has come
        }
        jobs += 1; // the job
    }
}

async fn run(asked_to_stop: impl Future + Send + 'static) -> Result<u32, Box<dyn Error>> {
    let state = AppState { queue: Flag::healthy() };
    let health = state.start_health();
    let worker = tokio::spawn(work(health.clone()));
    let app = Router::new()
        .route("/", get(|| async { "hello" }))
        .merge(health.router());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}/readyz", listener.local_addr()?);
    // `drain_finished()` instead of `shutdown_signal()`, because the service handles its signals itself.
    let server = axum::serve(health.listener(listener), app).with_graceful_shutdown(health.drain_finished());
    tokio::spawn(async move {
        asked_to_stop.await;
        health.drain(); // readiness fails from here on
    });
    server.await?;
    Ok(worker.await?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (mut terminate, mut quit) = (signal(SignalKind::terminate())?, signal(SignalKind::quit())?);
    let asked_to_stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = quit.recv() => {}
        }
    };
    println!("{} jobs were done", run(asked_to_stop).await?);
    Ok(())
}

#[tokio::test]
async fn runs() {
    assert!(run(tokio::time::sleep(Duration::from_millis(100))).await.unwrap() > 0);
}
