//! Two services in one process. Each service has its own checks, port and probes. One signal ends both.

use std::error::Error;

use axum::Router;
use health_runtime::{Flag, Health, HealthState};
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
    println!("http://{}/readyz", listener.local_addr()?);
    health.serve_axum(listener, Router::new()).await // one signal ends every server
}

fn start() -> (Health, Health) {
    let orders = Orders { db: Flag::healthy() };
    let admin = Admin { audit: Flag::healthy() };
    (orders.start_health(), admin.start_health())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (orders, admin) = start();
    tokio::try_join!(serve(orders), serve(admin))?;
    Ok(())
}

/// `kill` sends a real SIGTERM. It ends both services, but not the process.
#[tokio::test]
async fn one_signal_ends_both() {
    let (orders, admin) = start();
    let both = async { tokio::try_join!(serve(orders.clone()), serve(admin.clone())) };
    let signal = async {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        let process = std::process::id().to_string();
        let kill = std::process::Command::new("kill").args(["-TERM", &process]).status();
        assert!(kill.unwrap().success());
    };
    let (served, ()) = tokio::join!(both, signal);
    served.unwrap();
    assert!(orders.is_draining() && admin.is_draining());
}
