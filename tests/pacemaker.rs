//! The engine's own thread is blocked: nothing is known any more, and that is what probes say.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use health_runtime::{Flag, HealthState, Probe};
use health_tests::{get, settled, until};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

/// What a log does whose reader is gone, once that has happened: it blocks whoever writes, and only the pacemaker's
/// thread is let in here.
struct Full;

static READER_IS_GONE: AtomicBool = AtomicBool::new(false);
static BLOCKS: AtomicBool = AtomicBool::new(false);

impl<S: tracing::Subscriber> Layer<S> for Full {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let pacemaker = std::thread::current().name() == Some("health");
        if pacemaker && event.metadata().target() == "health" && READER_IS_GONE.load(Ordering::SeqCst) {
            BLOCKS.store(true, Ordering::SeqCst);
            loop {
                std::thread::park();
            }
        }
    }
}

#[derive(Clone, HealthState)]
struct Orders {
    #[health_check(critical, interval = "100ms", timeout = "50ms")]
    db: Flag,
}

// In a process of its own: the log is blocked for good.
#[tokio::test]
async fn when_the_pacemaker_is_blocked_readiness_turns_stale_without_any_new_result() {
    let subscriber = tracing_subscriber::registry().with(Full);
    tracing::subscriber::set_global_default(subscriber).expect("the only test here");
    let health = Orders { db: Flag::healthy() }.start_health();
    let app = health.router();
    settled(&app, "/readyz", 200, "healthy").await;
    READER_IS_GONE.store(true, Ordering::SeqCst);
    // A hold shows in readiness, which the pacemaker is the one to notice here and to log.
    let hold = health.hold("to have something to log");
    until("the pacemaker writes to the log", async || {
        tokio::time::sleep(Duration::from_millis(10)).await;
        BLOCKS.load(Ordering::SeqCst).then_some(())
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
    assert_eq!(get(&app, "/livez").await.status, 200, "a restart needs evidence");
}
