//! A service with two checks in liveness: one is nearly always in flight, always between two timers, and the other waits
//! for the beat of a worker that has further to go to it than the check to its next run: what SIGSTOP hits.
//!
//! Prints its address, then serves until it is killed.

use std::time::Duration;

use health_runtime::{HealthState, Heartbeat};

#[derive(Clone, HealthState)]
#[health(stalled_after = "1s")]
struct Frozen {
    #[health_check(liveness, in_process, interval = "250ms", timeout = "200ms", with = in_steps)]
    worker: (),
    #[health_check(liveness, interval = "20ms")]
    beating: Heartbeat,
}

async fn in_steps((): &()) {
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::main]
async fn main() {
    let beating = Heartbeat::new(Duration::from_secs(2));
    let health = Frozen {
        worker: (),
        beating: beating.clone(),
    }
    .start_health();
    tokio::spawn(async move {
        loop {
            in_steps(&()).await;
            beating.beat();
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    println!("{}", listener.local_addr().expect("it is bound"));
    axum::serve(listener, health.router::<()>())
        .await
        .expect("serving never ends");
}
