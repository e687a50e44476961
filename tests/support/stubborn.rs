//! A service that does not end by itself, because the answer to `/forever` never ends.
//!
//! It takes `drain` and `shutdown_grace` in milliseconds, prints its address, and serves. A third argument changes
//! this:
//!
//! - `hang`: it does not end after it has served. It prints a line and hangs.
//! - `gone`: it serves nothing. Its engine ends at once, and the process hangs.
//! - `mute`: its log blocks every writer.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use health_runtime::{Health, HealthState, WeakHealth};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

#[derive(HealthState)]
struct Stubborn;

/// A log that blocks for good.
struct Mute;

impl<S: tracing::Subscriber> Layer<S> for Mute {
    fn on_event(&self, _: &tracing::Event<'_>, _: Context<'_, S>) {
        loop {
            std::thread::park();
        }
    }
}

#[tokio::main]
async fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if arguments.get(2).is_some_and(|last| last == "mute") {
        let subscriber = tracing_subscriber::registry().with(Mute);
        tracing::subscriber::set_global_default(subscriber).expect("the only one");
    }
    let [drain, grace] = [0, 1].map(|index| arguments[index].parse().expect("a number of milliseconds"));
    if arguments.get(2).is_some_and(|last| last == "hang") {
        // `main` returns, but its runtime waits for this thread for ever.
        tokio::task::spawn_blocking(|| {
            loop {
                std::thread::park();
            }
        });
    }
    let health = if arguments.get(2).is_some_and(|last| last == "gone") {
        println!("127.0.0.1:0");
        gone()
    } else {
        serve(Duration::from_millis(drain), Duration::from_millis(grace)).await
    };
    while health.upgrade().is_some() {
        tokio::time::sleep(Duration::from_millis(5)).await; // the pacemaker holds a handle during a tick
    }
    tokio::time::sleep(Duration::from_millis(300)).await; // a few ticks: time for the pacemaker to notice
    println!("served, and the engine has ended");
    if arguments.get(2).is_some_and(|last| last == "gone") {
        std::future::pending::<()>().await;
    }
}

/// An engine that ends as soon as it has installed the signal handlers.
fn gone() -> WeakHealth {
    let health = Health::builder(Stubborn).start();
    drop(health.shutdown_signal());
    health.downgrade()
}

/// Serves. The last `Health` is dropped when this returns.
async fn serve(drain: Duration, grace: Duration) -> WeakHealth {
    let health = Health::builder(Stubborn).drain(drain).shutdown_grace(grace).start();
    let forever = get(async || Body::from_stream(futures_util::stream::repeat(Ok::<_, Infallible>("and on\n"))));
    let app: Router = Router::new().route("/forever", forever).merge(health.router());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let listener = health.listener(listener);
    let served = axum::serve(listener, app).with_graceful_shutdown(health.shutdown_signal());
    println!("{address}"); // from here on signals are handled
    served.await.expect("serving does not fail");
    health.downgrade()
}
