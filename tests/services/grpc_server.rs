//! `Health::grpc` with the clients of tonic and with `grpcio-health-checking` of Python.

#[path = "grpc_server/answers.rs"]
mod answers;
#[path = "grpc_server/client.rs"]
mod client;
#[path = "grpc_server/python.rs"]
mod python;
#[path = "grpc_server/shutdown.rs"]
mod shutdown;
#[path = "grpc_server/watchers.rs"]
mod watchers;

use std::net::SocketAddr;
use std::time::Duration;

use health_runtime::{CheckSpec, Flag, GrpcHealth, Health, HealthState, check_fn};
use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

#[derive(Clone, HealthState)]
#[health(drain = "300ms")]
struct Orders {
    #[health_check(critical, interval = "1h", groups("core"))]
    db: Flag,
    #[health_check(interval = "1h", groups("core", "db"))]
    cache: Flag,
    #[health_check(liveness, interval = "1h", restart_helps = "the worker hangs")]
    worker: Flag,
    #[health_check(nested)]
    billing: Billing,
}

#[derive(Clone, HealthState)]
struct Billing {
    #[health_check(critical, interval = "1h", groups("money"))]
    bank: Flag,
}

impl Orders {
    fn healthy() -> Self {
        Self {
            db: Flag::healthy(),
            cache: Flag::healthy(),
            worker: Flag::healthy(),
            billing: Billing { bank: Flag::healthy() },
        }
    }

    /// The engine also has a check with the name of a probe.
    fn start(&self) -> Health {
        let named_like_a_probe = CheckSpec::named("readiness").interval(Duration::from_hours(1));
        let health = Health::builder(self.clone()).check(named_like_a_probe, check_fn(async || true));
        health.start()
    }
}

async fn bound() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("a free port")
}

/// Serves until the drain is over. The address is free on the loopback.
async fn serve(health: &Health, service: GrpcHealth) -> (SocketAddr, tokio::task::JoinHandle<()>) {
    let listener = bound().await;
    let address = listener.local_addr().expect("bound");
    let stop = health.drain_finished();
    let server = Server::builder().add_service(service);
    let server = tokio::spawn(async move {
        let incoming = TcpIncoming::from(listener);
        server
            .serve_with_incoming_shutdown(incoming, stop)
            .await
            .expect("it serves");
    });
    (address, server)
}
