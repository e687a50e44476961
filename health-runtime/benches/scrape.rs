//! What a scrape of the metrics costs, compared with copying the same lines one by one.
//!
//! ```text
//! cargo bench -p health-runtime --bench scrape   # as Markdown; ten seconds
//! ```
//!
//! `cargo bench` passes `--bench`. Without it, as in `cargo test --benches`, everything runs only once.
//!
//! A scrape is a call of the internal router, from the request to the complete body. Both run in turn in one loop, so
//! that a change of the machine hits both. The best of all rounds counts. A missed target is printed and is no error,
//! because the machine may be the cause.

use std::hint::black_box;
use std::time::{Duration, Instant};
use std::{env, thread};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use health_runtime::{CheckSpec, Health, Outcome, check_fn};
use tokio::runtime::Builder;
use tower::ServiceExt as _;

/// A scrape with the most checks takes at most this long.
const MOST: Duration = Duration::from_millis(50);

const SIZES: [usize; 3] = [10, 1_000, 10_000];

/// While it is measured, no check runs again.
const HOUR: Duration = Duration::from_secs(60 * 60);

const ROUNDS: u32 = 100;

/// What was measured with this many checks.
struct Figures {
    checks: usize,
    bytes: usize,
    scrape: Duration,
    copy: Duration,
}

fn main() {
    let is_bench = env::args().any(|arg| arg == "--bench");
    let (sizes, rounds) = if is_bench {
        (&SIZES[..], ROUNDS)
    } else {
        (&SIZES[..1], 1)
    };
    let figures: Vec<_> = sizes.iter().map(|checks| measured(*checks, rounds)).collect();
    if !is_bench {
        return; // a test run: the figures do not matter
    }
    println!("\n| checks | kB | scrape, ms | its lines copied, ms |\n|--:|--:|--:|--:|");
    for figures in &figures {
        let millis = |time: Duration| time.as_secs_f64() * 1_000.0;
        println!(
            "| {} | {} | {:.2} | {:.2} |",
            figures.checks,
            figures.bytes / 1_000,
            millis(figures.scrape),
            millis(figures.copy),
        );
    }
    let is_met = figures.iter().all(|figures| figures.scrape < MOST);
    println!("\nless than {MOST:?}: {}", if is_met { "met" } else { "**missed**" });
}

/// A service with this many checks, each with two numeric details, as a pool has them.
fn start(checks: usize) -> Health {
    let mut builder = Health::builder(());
    for index in 0..checks {
        let name = Box::leak(format!("database-{index}").into_boxed_str());
        let spec = CheckSpec::new(name).interval(HOUR);
        let check = check_fn(async || Outcome::healthy().detail("size", 10).detail("idle", 3));
        builder = builder.check(spec, check);
    }
    builder.start()
}

fn measured(checks: usize, rounds: u32) -> Figures {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let _guard = runtime.enter();
    let health = start(checks);
    let internal: Router = health.internal_router();
    while scrape(&runtime, &internal).matches("timestamp_seconds{").count() < checks {
        thread::sleep(Duration::from_millis(10)); // the first runs
    }
    let (mut best_scrape, mut best_copy, mut bytes) = (Duration::MAX, Duration::MAX, 0);
    for _ in 0..rounds {
        let begun = Instant::now();
        let text = black_box(scrape(&runtime, &internal));
        best_scrape = best_scrape.min(begun.elapsed());
        let begun = Instant::now();
        let mut copy = String::with_capacity(text.len());
        for line in text.lines() {
            copy.push_str(line);
            copy.push('\n');
        }
        black_box(copy);
        best_copy = best_copy.min(begun.elapsed());
        bytes = text.len();
    }
    Figures {
        checks,
        bytes,
        scrape: best_scrape,
        copy: best_copy,
    }
}

fn scrape(runtime: &tokio::runtime::Runtime, internal: &Router) -> String {
    runtime.block_on(async {
        let request = Request::get("/metrics").body(Body::empty()).expect("a request");
        let answer = internal.clone().oneshot(request).await.expect("a router never fails");
        let body = to_bytes(answer.into_body(), usize::MAX)
            .await
            .expect("the body is in memory");
        String::from_utf8(body.into()).expect("it is text")
    })
}
