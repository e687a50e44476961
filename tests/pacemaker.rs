//! The engine calls code of the application that blocks or panics: a log subscriber, or a waker. Nothing waits for the
//! log. If a waker blocks the engine's own thread, the results turn stale, and the probes report this.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context as TaskContext, Wake, Waker};
use std::time::{Duration, Instant};

use axum::Router;
use health_runtime::{CheckSpec, Flag, Health, HealthState, Probe, Status};
use health_tests::{get, settled, until};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

#[derive(Clone, HealthState)]
struct Orders {
    #[health_check(critical, interval = "100ms", timeout = "50ms")]
    db: Flag,
}

fn orders() -> Orders {
    let db = Flag::healthy();
    Orders { db }
}

/// Blocks the engine's thread for ever when that thread wakes it.
struct Blocks(AtomicBool);

impl Wake for Blocks {
    fn wake(self: Arc<Self>) {
        if std::thread::current().name() == Some("health") {
            self.0.store(true, Ordering::SeqCst);
            loop {
                std::thread::park();
            }
        }
    }
}

#[tokio::test]
async fn readiness_turns_stale_while_the_pacemaker_is_blocked() {
    let health = orders().start_health();
    let app = health.router();
    settled(&app, "/readyz", 200, "healthy").await;
    let blocks = Arc::new(Blocks(AtomicBool::new(false)));
    let mut readiness = health.watch(Probe::Readiness);
    let waker = Waker::from(Arc::clone(&blocks));
    let mut hold = None;
    until("the pacemaker is blocked", async || {
        let mut changed = std::pin::pin!(readiness.changed());
        if changed.as_mut().poll(&mut TaskContext::from_waker(&waker)).is_pending() {
            // Changes readiness. Only the pacemaker can notice it, because no probe asks.
            hold = hold.take().is_none().then(|| health.hold("to change something"));
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        blocks.0.load(Ordering::SeqCst).then_some(())
    })
    .await;
    drop(hold);
    until("it is stale", async || {
        let answer = get(&app, "/readyz").await;
        let reason = answer.json()["checks"][0]["reason"].clone();
        assert_eq!(answer.status == 503, reason == "stale", "{}", answer.body);
        (reason == "stale").then_some(())
    })
    .await;
    for _ in 0..100 {
        assert_eq!(get(&app, "/readyz").await.status, 503);
    }
    assert!(!health.report(Probe::Readiness).passes());
    assert_eq!(
        get(&app, "/livez").await.status,
        200,
        "liveness fails only with evidence"
    );
}

/// Panics when the engine's thread wakes it.
struct Panics(AtomicBool);

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        if std::thread::current().name() == Some("health") {
            self.0.store(true, Ordering::SeqCst);
            panic!("a waker that panics");
        }
    }
}

#[tokio::test]
async fn a_waker_that_panics_does_not_stop_the_pacemaker() {
    let health = Health::builder(orders()).drain(Duration::ZERO).start();
    let panics = Arc::new(Panics(AtomicBool::new(false)));
    let waker = Waker::from(Arc::clone(&panics));
    let mut stopped = std::pin::pin!(health.shutdown_signal());
    assert!(stopped.as_mut().poll(&mut TaskContext::from_waker(&waker)).is_pending());
    health.drain();
    until("a tick has panicked", async || {
        tokio::time::sleep(Duration::from_millis(5)).await;
        panics.0.load(Ordering::SeqCst).then_some(())
    })
    .await;
    // The tick that panicked closes the listeners. Only a later tick lets the servers stop.
    until("the servers may stop", async || {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let polled = stopped.as_mut().poll(&mut TaskContext::from_waker(Waker::noop()));
        polled.is_ready().then_some(())
    })
    .await;
}

/// A log that blocks every writer while this is `true`, as a full pipe does.
#[derive(Clone, Default)]
struct Full(Arc<AtomicBool>);

impl<S: tracing::Subscriber> Layer<S> for Full {
    fn on_event(&self, _: &tracing::Event<'_>, _: Context<'_, S>) {
        while self.0.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[tokio::test]
async fn nothing_waits_for_a_log_that_blocks() {
    let full = Full::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(full.clone()));
    full.0.store(true, Ordering::SeqCst);
    let state = orders();
    let mut builder = Health::builder(state.clone());
    for index in 0..400 {
        let spec = CheckSpec::named(format!("cache-{index}")).interval(Duration::from_millis(100));
        builder = builder.check(spec.timeout(Duration::from_millis(50)), state.db.clone());
    }
    let health = builder.start();
    let app: Router = health.router();
    let mut events = health.subscribe();
    let mut readiness = health.watch(Probe::Readiness);
    settled(&app, "/readyz", 200, "healthy").await;
    state.db.set_unhealthy("gone");
    let began = Instant::now();
    while readiness.status() != Status::Unhealthy {
        readiness.changed().await.expect("the engine lives");
    }
    settled(&app, "/readyz", 503, "unhealthy").await;
    assert!(events.next().await.is_some());
    for _ in 0..100 {
        assert_eq!(get(&app, "/livez").await.status, 200);
        drop(health.hold("maintenance"));
    }
    health.drain();
    assert_eq!(get(&app, "/readyz").await.json()["reason"], "draining");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    full.0.store(false, Ordering::SeqCst);
}
