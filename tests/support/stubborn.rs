//! A service that does not end by itself: one of its answers never does.
//!
//! Takes `drain` and `shutdown_grace` in milliseconds, prints its address, serves `/forever`.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use health_runtime::{Health, HealthState};

#[derive(HealthState)]
struct Stubborn;

#[tokio::main]
async fn main() {
    let mut millis = std::env::args().skip(1).map(|arg| {
        let millis = arg.parse().expect("a number of milliseconds");
        Duration::from_millis(millis)
    });
    let mut next = || millis.next().expect("two arguments");
    let health = Health::builder(Stubborn).drain(next()).shutdown_grace(next()).start();
    let forever = get(async || Body::from_stream(futures_util::stream::repeat(Ok::<_, Infallible>("and on\n"))));
    let app: Router = Router::new().route("/forever", forever).merge(health.router());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    println!("{}", listener.local_addr().expect("it is bound"));
    let listener = health.listener(listener).expect("it is bound");
    let served = axum::serve(listener, app).with_graceful_shutdown(health.shutdown_signal());
    served.await.expect("serving does not fail");
}
