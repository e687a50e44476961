//! Many runs of a check, a third of them cut off in the middle. Nothing may be left behind.
//!
//! The descriptors are those of the whole process, so a test with a soak calls [`ran_alone`] first.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use health_runtime::{CheckSpec, Health, HealthCheck};

pub use crate::alone::ran_alone;
use crate::{alone, descriptors};

const RUNS: usize = 10_000;

/// How long both counts have to stay the same.
const SETTLED: Duration = Duration::from_millis(250);

/// Runs the check 10,000 times, and cuts off a third of the runs. `connections` is how many the server counts.
///
/// # Panics
///
/// If connections or descriptors are left behind, or if other tests run in this process.
pub async fn soak(value: impl HealthCheck + Clone, connections: impl Fn() -> usize) {
    soak_pool(value, 0, connections).await;
}

/// The same for a pool of this size. How many of its connections are open after a soak depends on the load of the
/// machine: a connection that was cut off may come back only after the next run has opened another one.
///
/// # Panics
///
/// Like [`soak`].
pub async fn soak_pool(value: impl HealthCheck + Clone, size: usize, connections: impl Fn() -> usize) {
    assert!(alone::is_alone(), "call `ran_alone` first");
    let began = Instant::now();
    runs(spec(), value.clone(), RUNS / 20).await;
    let before = settled(&connections).await;
    let cut = runs(spec(), value, RUNS).await;
    let after = settled(&connections).await;
    // The connections that the server counts have descriptors too. They do not make up for others.
    let is_too_many = after.0 > before.0.max(size) + 1 || after.1 + before.0 > before.1 + after.0 + 2;
    let time = began.elapsed();
    println!("{cut} of {RUNS} runs were cut off; connections and descriptors: {before:?}, {after:?}; {time:.1?}");
    assert!(cut >= RUNS * 3 / 10, "only {cut} runs were cut off");
    assert!(!is_too_many, "before {before:?}, after {after:?}");
}

/// Runs the check of a full pool 30 times, and cuts off a third of the runs. The others wait for a connection, for a
/// part of their timeout. So it is short.
pub async fn runs_while_full(pool: impl HealthCheck) {
    runs(spec().timeout(Duration::from_millis(400)), pool, 30).await;
}

fn spec() -> CheckSpec {
    CheckSpec::new("db")
}

/// Runs the check this often, and cuts off a third of the runs when they have waited once, or more often. Returns how
/// many were cut off.
async fn runs(spec: CheckSpec, value: impl HealthCheck, runs: usize) -> usize {
    let health = Health::builder(()).check(spec, value).manual();
    let mut cut = 0;
    for run in 0..runs {
        // A run over an open connection waits once. One that opens a connection waits more often.
        let waits = if 3 * cut <= run {
            [1, 1, 1, 1, 1, 1, 2, 4][run % 8]
        } else {
            usize::MAX
        };
        cut += usize::from(!finishes(health.refresh(), waits).await);
    }
    cut
}

/// Whether the future ends before it has waited this often. If not, it is dropped.
async fn finishes(future: impl Future<Output = ()>, mut waits: usize) -> bool {
    let mut future = pin!(future);
    poll_fn(|context| {
        if future.as_mut().poll(context).is_ready() {
            return Poll::Ready(true);
        }
        waits -= 1;
        if waits == 0 { Poll::Ready(false) } else { Poll::Pending }
    })
    .await
}

/// The connections that the server counts, and the descriptors of this process, once both no longer change. A server
/// notices a closed connection a moment later.
async fn settled(connections: impl Fn() -> usize) -> (usize, usize) {
    let count = || (connections(), descriptors::open());
    let (mut last, mut since) = (count(), Instant::now());
    while since.elapsed() < SETTLED {
        tokio::time::sleep(SETTLED / 5).await;
        let now = count();
        if now != last {
            (last, since) = (now, Instant::now());
        }
    }
    last
}
