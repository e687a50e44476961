//! Services in a ring, each of which asks the readiness of the next one.

use std::time::Duration;

use health_runtime::checks::{Http, HttpBuilder};
use health_runtime::{CheckSpec, Flag, Health, Probe, Status};
use health_tests::until;
use tokio::net::TcpListener;
use tokio::time::sleep;

/// A service that needs its own database and the next service.
struct Service {
    health: Health,
    db: Flag,
}

impl Service {
    fn has(&self, status: Status) -> Option<()> {
        (self.health.status(Probe::Readiness) == status).then_some(())
    }
}

/// Three services whose databases are down.
async fn ring(ask: impl Fn(String) -> HttpBuilder) -> Vec<Service> {
    let mut listeners = Vec::new();
    for _ in 0..3 {
        listeners.push(TcpListener::bind("127.0.0.1:0").await.unwrap());
    }
    let addresses: Vec<_> = listeners
        .iter()
        .map(|listener| listener.local_addr().unwrap())
        .collect();
    let mut services = Vec::new();
    for (index, listener) in listeners.into_iter().enumerate() {
        let url = format!("http://{}/readyz", addresses[(index + 1) % 3]);
        let [interval, timeout] = [200, 150].map(Duration::from_millis);
        let spec = |name| CheckSpec::new(name).critical().interval(interval).timeout(timeout);
        let db = Flag::new();
        db.set_unhealthy("down");
        let health = Health::builder(())
            .check(spec("db"), db.clone())
            .check(spec("next"), ask(url).build().unwrap())
            .start();
        let app = health.router();
        tokio::spawn(async move { axum::serve(listener, app).await });
        services.push(Service { health, db });
    }
    for service in &services {
        until("it is not ready", async || service.has(Status::Unhealthy)).await;
    }
    for service in &services {
        service.db.set_healthy();
    }
    services
}

#[tokio::test]
async fn services_that_ask_each_other_are_ready_again_after_all_of_them_have_failed() {
    for service in ring(Http::probe).await {
        until("it is ready again", async || service.has(Status::Healthy)).await;
    }
}

#[tokio::test]
async fn without_hops_they_would_keep_each_other_down() {
    let services = ring(|url| Http::get(url).expect_status(200..300)).await;
    sleep(Duration::from_secs(2)).await; // ten intervals
    for service in services {
        service.has(Status::Unhealthy).expect("it waits for the next one");
    }
}
