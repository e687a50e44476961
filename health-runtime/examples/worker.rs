//! A worker without a web server: its probes are on the internal port, and it takes no job while it is not ready.

use std::error::Error;
use std::pin::pin;
use std::time::Duration;

use health_runtime::{Flag, Health, HealthState, Heartbeat, Probe};

#[derive(Clone, HealthState)]
#[health(drain = "100ms")]
struct AppState {
    /// Jobs come from here.
    #[health_check(critical)]
    broker: Flag,
    /// Fails liveness if one job takes longer than a minute.
    #[health_check(liveness)]
    jobs: Heartbeat,
}

/// Takes jobs while the service is ready, until the drain begins.
async fn work(health: Health, jobs: Heartbeat) -> u32 {
    let (mut drain, mut readiness) = (pin!(health.drain_started()), health.watch(Probe::Readiness));
    let mut done = 0;
    loop {
        jobs.beat();
        let job = async {
            while !readiness.passes() && readiness.changed().await.is_some() {}
            tokio::time::sleep(Duration::from_millis(5)).await; // a job
        };
        tokio::select! {
            () = &mut drain => return done,
            () = job => done += 1,
        }
    }
}

async fn run(asked_to_stop: impl Future) -> Result<u32, Box<dyn Error>> {
    let state = AppState {
        broker: Flag::healthy(),
        jobs: Heartbeat::new(Duration::from_mins(1)),
    };
    let health = state.start_health();
    let address = health.serve_internal("127.0.0.1:0")?;
    println!("probes are at http://{address}/readyz");
    let worker = tokio::spawn(work(health.clone(), state.jobs));
    asked_to_stop.await;
    health.drain();
    Ok(worker.await?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let done = run(tokio::signal::ctrl_c()).await?;
    println!("{done} jobs were done");
    Ok(())
}

#[tokio::test]
async fn runs() {
    let done = run(tokio::time::sleep(Duration::from_millis(500))).await.unwrap();
    assert!(done > 0);
}
