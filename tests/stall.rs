//! The application's runtime is blocked. The internal port reports this, and no check is blamed.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use health_runtime::{Flag, Health, HealthState, Probe, Reason, Status};
use health_tests::{prober, raw, serve, until, workers};
use serde_json::Value;
use tokio::runtime::Runtime;

#[derive(Clone, HealthState)]
#[health(interval = "200ms", timeout = "100ms")]
struct App {
    #[health_check(critical)]
    db: Flag,
    #[health_check(liveness)]
    worker: Flag,
}

fn app() -> App {
    let (db, worker) = (Flag::healthy(), Flag::healthy());
    App { db, worker }
}

/// Keeps `count` workers of a runtime asleep until it is dropped.
struct Asleep(Arc<AtomicBool>);

impl Asleep {
    fn new(runtime: &Runtime, count: usize) -> Self {
        let (over, begun) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        for _ in 0..count {
            let (over, begun) = (Arc::clone(&over), Arc::clone(&begun));
            runtime.spawn(async move {
                begun.fetch_add(1, Ordering::SeqCst);
                while !over.load(Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_millis(10));
                }
            });
        }
        while begun.load(Ordering::SeqCst) < count {
            std::thread::yield_now();
        }
        Self(over)
    }
}

impl Drop for Asleep {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// The status code of an answer, and its body.
async fn ask(address: SocketAddr, path: &str) -> (u16, Value) {
    let answer = raw(address, &format!("GET {path} HTTP/1.0\r\n\r\n")).await;
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
    let code = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    (code.expect("a code"), serde_json::from_str(body).expect("JSON"))
}

async fn says(address: SocketAddr, path: &str, code: u16) {
    until(&format!("{path} says {code}"), async || {
        (ask(address, path).await.0 == code).then_some(())
    })
    .await;
}

/// Blocks all workers. Returns the time until both probes report the stall.
fn first_stall(limit: Option<Duration>) -> Duration {
    let (runtime, prober) = (workers(2), prober());
    let health = {
        let _guard = runtime.enter();
        let builder = Health::builder(app());
        match limit {
            Some(limit) => builder.stalled_after(limit).start(),
            None => builder.start(),
        }
    };
    let internal = health.serve_internal("127.0.0.1:0").unwrap();
    prober.block_on(async {
        for path in ["/livez", "/readyz"] {
            says(internal, path, 200).await;
        }
        let asleep = Asleep::new(&runtime, 2);
        let began = Instant::now();
        loop {
            let [(live, why), (ready, _)] = [ask(internal, "/livez").await, ask(internal, "/readyz").await];
            if why["reason"] == "stalled" {
                assert_eq!((live, ready), (503, 503));
                break;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "{why}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let after = began.elapsed();
        // Now the results are older than `max_age`, and the runs are past their timeouts. Still, no check is blamed.
        tokio::time::sleep(Duration::from_millis(800)).await;
        for path in ["/livez", "/readyz"] {
            let (_, body) = ask(internal, path).await;
            assert_eq!(body["reason"], "stalled");
            assert_eq!(body["checks"][0]["reason"], "stalled", "{body}");
            assert!(body["lag_ms"].as_f64().unwrap() > 500.0, "{body}");
        }
        drop(asleep);
        for path in ["/livez", "/readyz"] {
            says(internal, path, 200).await;
        }
        after
    })
}

/// On a busy machine, a single measurement can be wrong. One good measurement out of three is enough.
fn stalls_within_a_second_of(stalled_after: Option<Duration>, limit: Duration) {
    let mut measured = Vec::new();
    let kept = (0..3).any(|_| {
        let after = first_stall(stalled_after);
        measured.push(after);
        // The last beat may be a quarter of a second older than the block.
        after + Duration::from_millis(300) >= limit && after <= limit + Duration::from_secs(1)
    });
    assert!(kept, "{measured:?}");
}

#[test]
fn blocking_all_workers_is_a_stall_after_the_limit_until_they_run_again() {
    let stalled_after = Duration::from_secs(1);
    stalls_within_a_second_of(Some(stalled_after), stalled_after);
}

#[test]
fn with_an_internal_port_the_limit_is_ten_seconds_by_default() {
    stalls_within_a_second_of(None, Duration::from_secs(10));
}

#[test]
fn one_blocked_worker_of_four_is_no_stall_and_stops_no_timer_and_no_accept() {
    let runtime = workers(4);
    let health = {
        let _guard = runtime.enter();
        Health::builder(app()).stalled_after(Duration::from_secs(1)).start()
    };
    let internal = health.serve_internal("127.0.0.1:0").unwrap();
    let public = runtime.block_on(serve(health.router()));
    let prober = prober();
    prober.block_on(async {
        says(public, "/readyz", 200).await; // the internal port waits until a public probe was answered
        says(internal, "/readyz", 200).await;
        let asleep = Asleep::new(&runtime, 1);
        let began = Instant::now();
        let mut slowest = Duration::ZERO;
        while began.elapsed() < Duration::from_secs(4) {
            let asked = Instant::now();
            let timer = runtime.spawn(tokio::time::sleep(Duration::from_millis(20)));
            let (accepted, ()) = tokio::join!(ask(public, "/livez"), async { timer.await.unwrap() });
            slowest = slowest.max(asked.elapsed());
            assert_eq!(accepted.0, 200, "{}", accepted.1);
            for path in ["/livez", "/readyz"] {
                let (code, body) = ask(internal, path).await;
                assert_eq!(code, 200, "{body}");
            }
        }
        assert!(slowest < Duration::from_secs(2), "{slowest:?}");
        drop(asleep);
    });
}

#[test]
fn stalled_after_needs_no_internal_port_and_without_both_nothing_stalls() {
    #[derive(Clone, HealthState)]
    #[health(stalled_after = "1s")]
    struct Watched;

    #[derive(Clone, HealthState)]
    struct Unwatched;

    let runtime = workers(1);
    let (watched, unwatched) = {
        let _guard = runtime.enter();
        (Watched.start_health(), Unwatched.start_health())
    };
    let (_watched, _unwatched) = (watched.probes(), unwatched.probes());
    assert!(watched.report(Probe::Liveness).lag.is_some());
    assert!(unwatched.report(Probe::Liveness).lag.is_none());
    let asleep = Asleep::new(&runtime, 1);
    prober().block_on(until("it stalls", async || {
        tokio::time::sleep(Duration::from_millis(10)).await;
        let report = watched.report(Probe::Liveness);
        assert_eq!(unwatched.report(Probe::Liveness).status, Status::Healthy);
        (report.reason == Some(Reason::Stalled) && !report.passes()).then_some(())
    }));
    drop(asleep);
}

#[test]
fn a_dropped_runtime_is_a_stall() {
    let runtime = workers(1);
    let health = {
        let _guard = runtime.enter();
        Health::builder(app()).stalled_after(Duration::from_secs(1)).start()
    };
    let internal = health.serve_internal("127.0.0.1:0").unwrap();
    prober().block_on(async {
        says(internal, "/livez", 200).await;
        drop(tokio::task::spawn_blocking(|| drop(runtime)).await);
        says(internal, "/livez", 503).await;
        assert_eq!(ask(internal, "/livez").await.1["reason"], "stalled");
    });
}
