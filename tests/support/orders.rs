//! A service with `health.listener`. It takes `drain` and `shutdown_grace` in milliseconds as arguments, prints its address,
//! and serves `/orders` until a signal ends it.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use health_runtime::{Health, HealthState};

#[derive(HealthState)]
struct Orders;

#[tokio::main(worker_threads = 2)]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut next = || Duration::from_millis(arguments.next().and_then(|text| text.parse().ok()).expect("a time"));
    let (drain, grace) = (next(), next());
    let health = Health::builder(Orders).drain(drain).shutdown_grace(grace).start();
    let orders: Router = Router::new().route("/orders", get(async || "[]"));
    let app = orders.layer(health.drain_layer());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let listener = health.listener(listener);
    let served = axum::serve(listener, app).with_graceful_shutdown(health.shutdown_signal());
    println!("{address}"); // signals are handled from here on
    served.await.expect("serving does not fail");
}
