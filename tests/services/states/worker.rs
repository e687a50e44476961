//! A worker without a web server: its loops, and the pool that they share.

use std::time::Duration;

use health_runtime::{HealthState, Heartbeat};
use sqlx_0_8 as sqlx;

#[derive(Clone, HealthState)]
struct Worker {
    #[health_check(critical)]
    db: sqlx::PgPool,
    #[health_check(liveness)]
    poller: Heartbeat,
    #[health_check(liveness)]
    sweeper: Heartbeat,
}

#[tokio::test]
async fn it_has_its_checks() {
    let state = Worker {
        db: sqlx::PgPool::connect_lazy("postgres://localhost").unwrap(),
        poller: Heartbeat::new(Duration::from_secs(30)),
        sweeper: Heartbeat::new(Duration::from_mins(5)),
    };
    assert_eq!(crate::names(state), ["db", "poller", "sweeper"]);
}
