//! A worker without a web server. Its probes are on a port of their own. It takes no jobs while it is not ready.

use std::error::Error;
use std::pin::pin;
use std::time::Duration;

use health_runtime::{Flag, Health, HealthState, Heartbeat, Probe};

#[derive(Clone, HealthState)]
#[health(drain = "100ms")]
struct AppState {
    /// The jobs come from this broker.
    #[health_check(critical)]
    broker: Flag,
    /// Fails liveness if one job takes longer than a minute. The worker also beats while it waits for a job.
    #[health_check(liveness)]
    jobs: Heartbeat,
}

/// Takes jobs while the service is ready, until the drain begins.
async fn work(health: Health, heartbeat: Heartbeat) -> u32 {
    let (mut drain, readiness) = (pin!(health.drain_started()), health.watch(Probe::Readiness));
    let mut done = 0;
    loop {
        heartbeat.beat();
        // The drain cancels only the wait for a job, never a job.
        tokio::select! {
            () = &mut drain => return done,
            () = tokio::time::sleep(Duration::from_millis(5)) => {} // a job may have come
        }
        if readiness.passes() {
            done += 1; // the job
        }
    }
}

async fn run(health: &Health, heartbeat: Heartbeat) -> Result<u32, Box<dyn Error>> {
    let address = health.serve("127.0.0.1:0")?;
    println!("http://{address}/readyz");
    let worker = tokio::spawn(work(health.clone(), heartbeat));
    health.shutdown_signal().await; // SIGTERM begins the drain; this returns when the drain is over
    Ok(worker.await?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let state = AppState {
        broker: Flag::healthy(),
        jobs: Heartbeat::new(Duration::from_secs(60)),
    };
    let health = state.start_health();
    println!("{} jobs were done", run(&health, state.jobs).await?);
    Ok(())
}

#[tokio::test]
async fn jobs_are_done_while_the_service_is_ready() {
    let state = AppState {
        broker: Flag::healthy(),
        jobs: Heartbeat::new(Duration::from_secs(60)),
    };
    let health = state.start_health();
    let drain = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        health.drain();
    };
    let (done, ()) = tokio::join!(run(&health, state.jobs), drain);
    assert!(done.unwrap() > 0);
}
