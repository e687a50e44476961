//! A service whose only check stands in liveness and is nearly always in flight, always between two timers: what SIGSTOP
//! hits.
//!
//! Prints its address, then serves until it is killed.

use std::time::Duration;

use health_runtime::HealthState;

#[derive(Clone, HealthState)]
struct Frozen {
    #[health_check(liveness, in_process, interval = "250ms", timeout = "200ms", with = in_steps)]
    worker: (),
}

async fn in_steps((): &()) {
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::main]
async fn main() {
    let health = Frozen { worker: () }.start_health();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    println!("{}", listener.local_addr().expect("it is bound"));
    axum::serve(listener, health.router::<()>())
        .await
        .expect("serving never ends");
}
