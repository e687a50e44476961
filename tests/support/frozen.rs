//! A service that a test freezes with SIGSTOP. It has two checks in liveness. One is nearly always in flight, and
//! waits for one timer after the other. The other one is a heartbeat. It runs more often than the worker beats, so
//! after a freeze its next run comes before the next beat.
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
