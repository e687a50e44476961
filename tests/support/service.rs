//! Services that get a signal to end. The first argument names the scenario.
//!
//! Prints its address once it serves, and its log, to standard output.

use std::fmt::Write as _;
use std::sync::mpsc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use health_runtime::{Flag, Health, HealthState};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

#[derive(Clone, HealthState)]
struct App {
    #[health_check(critical)]
    db: Flag,
}

fn app() -> App {
    App { db: Flag::healthy() }
}

/// Prints each event on a line. It pauses before a line with the text in `slow`.
struct Print {
    slow: Option<&'static str>,
}

impl<S: tracing::Subscriber> Layer<S> for Print {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        struct Line(String);
        impl Visit for Line {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                let _ = write!(self.0, " {field}={value:?}");
            }
        }
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        if self.slow.is_some_and(|slow| line.0.contains(slow)) {
            std::thread::sleep(Duration::from_millis(80));
        }
        println!("{}", line.0);
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let scenario = std::env::args().nth(1);
    let slow = match scenario.as_deref() {
        Some("failing-main") => Some("was dropped"),
        Some("exits") => Some("the drain is over"),
        _ => None,
    };
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Print { slow }))?;
    match scenario.as_deref() {
        Some("two-engines") => two_engines().await,
        Some("two-drains") => two_drains().await,
        Some("flush") => flush().await,
        Some("own-signals") => own_signals().await,
        Some("two-ports") => two_ports().await,
        Some("failing-main") => failing_main(),
        Some("exits") => exits().await,
        Some("last-sender") => last_sender().await,
        Some("signal-before-serve") => signal_before_serve().await,
        Some("no-shutdown-signal") => no_shutdown_signal().await,
        Some("many-engines") => many_engines().await,
        Some("held") => serve(&builder().shutdown_grace(Duration::from_secs(1)).start()).await,
        Some("idle") => serve(&Health::builder(app()).start()).await,
        Some("late-engine") => late_engine().await,
        Some("plain") => serve(&builder().start()).await,
        other => panic!("no such scenario: {other:?}"),
    }
}

fn builder() -> health_runtime::HealthBuilder<App> {
    let drain = Duration::from_millis(500);
    Health::builder(app())
        .drain(drain)
        .shutdown_grace(Duration::from_secs(5))
}

async fn slow() -> &'static str {
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    "slow"
}

/// Serves until a signal ends it.
async fn serve(health: &Health) -> Result<(), Box<dyn std::error::Error>> {
    let routes = Router::new()
        .route("/orders", get(|| async { "an order" }))
        .route("/slow", get(slow))
        .route("/never", get(std::future::pending::<()>));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let listener = health.listener(listener);
    let stop = health.shutdown_signal();
    println!("{address}");
    axum::serve(listener, routes.merge(health.router()))
        .with_graceful_shutdown(stop)
        .await?;
    Ok(())
}

/// One engine has installed the signal handlers and has ended; another one serves.
async fn two_engines() -> Result<(), Box<dyn std::error::Error>> {
    let first = builder().start();
    drop(first.shutdown_signal());
    drop(first);
    serve(&builder().start()).await
}

/// One engine has a short drain and a short grace. Both are over while the other engine, which serves, still drains.
async fn two_drains() -> Result<(), Box<dyn std::error::Error>> {
    let short = builder()
        .drain(Duration::ZERO)
        .shutdown_grace(Duration::from_millis(300));
    let short = short.start();
    drop(short.shutdown_signal());
    serve(&builder().drain(Duration::from_millis(1_500)).start()).await
}

/// Still has work to do after its server has ended and the last `Health` is dropped.
async fn flush() -> Result<(), Box<dyn std::error::Error>> {
    let health = builder().drain(Duration::ZERO).start();
    serve(&health).await?;
    drop(health);
    println!("flushing");
    tokio::time::sleep(Duration::from_millis(600)).await;
    println!("flushed");
    Ok(())
}

/// Handles signals itself. Its engine has ended.
async fn own_signals() -> Result<(), Box<dyn std::error::Error>> {
    use tokio::signal::unix::{SignalKind, signal};
    drop(builder().start());
    let mut terminate = signal(SignalKind::terminate())?;
    println!("serving");
    terminate.recv().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    println!("flushed");
    Ok(())
}

/// Has a `health.listener` that nobody connects to. The probes are on another port.
async fn two_ports() -> Result<(), Box<dyn std::error::Error>> {
    let health = builder().start();
    let admin = health.listener(tokio::net::TcpListener::bind("127.0.0.1:0").await?);
    let stop = health.shutdown_signal();
    tokio::spawn(async { axum::serve(admin, Router::new()).with_graceful_shutdown(stop).await });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    axum::serve(listener, health.router::<()>())
        .with_graceful_shutdown(health.shutdown_signal())
        .await?;
    Ok(())
}

/// `main` fails while the service starts.
fn failing_main() -> Result<(), Box<dyn std::error::Error>> {
    let health = builder().start();
    let _warm_up = health.startup_task("warm caches");
    let _router: Router = health.router();
    Err("the configuration has no port".into())
}

/// Ends the process as soon as `shutdown_signal` allows it.
async fn exits() -> Result<(), Box<dyn std::error::Error>> {
    let health = builder().start();
    let stop = health.shutdown_signal();
    println!("waiting");
    stop.await;
    std::process::exit(0)
}

/// The state holds the last sender of a thread that the service waits for.
async fn last_sender() -> Result<(), Box<dyn std::error::Error>> {
    #[derive(Clone, HealthState)]
    struct Store {
        #[health_check(critical)]
        db: Flag,
        orders: mpsc::Sender<u32>,
    }
    let (orders, receiver) = mpsc::channel();
    let writer = std::thread::spawn(move || receiver.iter().count());
    let state = Store {
        db: Flag::healthy(),
        orders,
    };
    state.orders.send(1)?;
    let health = Health::builder(state)
        .drain(Duration::from_millis(500))
        .shutdown_grace(Duration::from_secs(5))
        .start();
    serve(&health).await?;
    let written = writer.join().expect("it does not panic");
    println!(
        "{written} order written, and health is still held: {}",
        health.is_draining()
    );
    Ok(())
}

/// Gets a signal after `shutdown_signal` is called and before the server starts.
async fn signal_before_serve() -> Result<(), Box<dyn std::error::Error>> {
    let health = builder().start();
    let stop = health.shutdown_signal();
    println!("starting");
    tokio::time::sleep(Duration::from_secs(1)).await; // a migration
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    axum::serve(health.listener(listener), health.router::<()>())
        .with_graceful_shutdown(stop)
        .await?;
    println!(
        "was ready: {}",
        health.report(health_runtime::Probe::Readiness).passes()
    );
    Ok(())
}

/// Starts a second engine after the signal, like a service that reloads its configuration while it ends.
async fn late_engine() -> Result<(), Box<dyn std::error::Error>> {
    let first = builder().start();
    let stop = first.shutdown_signal();
    println!("started");
    stop.await;
    let second = builder().start();
    let _router: Router = second.router();
    println!("drains: {}", second.is_draining());
    second.shutdown_signal().await;
    Ok(())
}

/// Serves without `shutdown_signal`.
async fn no_shutdown_signal() -> Result<(), Box<dyn std::error::Error>> {
    let health = builder().start();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    axum::serve(listener, health.router::<()>()).await?;
    Ok(())
}

/// Starts and ends four hundred engines, and counts what they leave behind.
async fn many_engines() -> Result<(), Box<dyn std::error::Error>> {
    let count = |what: &str| std::fs::read_dir(format!("/proc/self/{what}")).map(Iterator::count);
    let counts = || Ok::<_, std::io::Error>((count("task")?, count("fd")?));
    let once = || -> Result<(), Box<dyn std::error::Error>> {
        let health = builder().start();
        drop(health.shutdown_signal());
        health.serve_internal("127.0.0.1:0")?;
        let _router: Router = health.router();
        Ok(())
    };
    once()?; // starts what a process has only once, such as the signal thread
    let settled = async |wanted: Option<(usize, usize)>| {
        let mut last = counts()?;
        for _ in 0..200 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let now = counts()?;
            if wanted.map_or(now == last, |wanted| now == wanted) {
                return Ok(now);
            }
            last = now;
        }
        Ok::<_, std::io::Error>(last)
    };
    tokio::time::sleep(Duration::from_millis(500)).await;
    let before = settled(None).await?;
    for _ in 0..400 {
        once()?;
    }
    let after = settled(Some(before)).await?;
    println!("threads and descriptors before: {before:?}, after: {after:?}");
    Ok(())
}
