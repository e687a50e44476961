//! Two services in one process: each has its own checks, its own port and its own probes. One signal ends both.

use std::error::Error;

use axum::Router;
use health_runtime::{Flag, Health, HealthState, Probe};
use tokio::net::TcpListener;

#[derive(Clone, HealthState)]
#[health(name = "orders", drain = "100ms")]
struct Orders {
    #[health_check(critical)]
    db: Flag,
}

#[derive(Clone, HealthState)]
#[health(name = "admin", drain = "100ms")]
struct Admin {
    #[health_check(critical)]
    audit: Flag,
}

async fn serve(health: Health) -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let app = Router::new().merge(health.router());
    axum::serve(health.listener(listener), app)
        .with_graceful_shutdown(health.shutdown_signal())
        .await
}

async fn run(until: impl Future) -> Result<(), Box<dyn Error>> {
    let orders = Orders { db: Flag::healthy() }.start_health();
    let admin = Admin { audit: Flag::new() }.start_health();
    let both = async { tokio::try_join!(serve(orders.clone()), serve(admin.clone())) };
    let (served, ()) = tokio::join!(both, async {
        until.await;
        println!("orders: {}", orders.status(Probe::Readiness));
        println!("admin: {}", admin.status(Probe::Readiness));
        orders.drain();
        admin.drain();
    });
    served?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    run(std::future::pending::<()>()).await // until SIGTERM
}

#[tokio::test]
async fn runs() {
    run(tokio::time::sleep(std::time::Duration::from_millis(50)))
        .await
        .unwrap();
}
