//! Many runs of a check, a third of them cut off in the middle. Nothing may be left behind.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use health_runtime::testing::TestHealth;
use health_runtime::{CheckSpec, Checks, HealthCheck, HealthState};

use crate::descriptors;

const RUNS: usize = 10_000;

/// How many seconds the other tests of this process have to close their descriptors.
const OTHERS: usize = 300;

struct State<T>(T);

impl<T: HealthCheck> HealthState for State<T> {
    fn register(checks: &mut Checks<Self>) {
        checks.add::<T>(CheckSpec::new("db"), |state| &state.0);
    }
}

/// Runs the check 10,000 times, and cuts off a third of the runs. `connections` is how many the server counts.
///
/// # Panics
///
/// If connections or descriptors are left behind.
pub async fn soak(value: impl HealthCheck + Clone, connections: impl Fn() -> usize) {
    let began = Instant::now();
    runs(value.clone(), RUNS / 20).await;
    let before = settled(&connections).await;
    let cut = runs(value, RUNS).await;
    let mut after = settled(&connections).await;
    let is_too_many = |after: (usize, usize)| after.0 > before.0 + 1 || after.1 > before.1 + 2;
    // Meanwhile, other tests in this process have opened descriptors.
    for _ in 0..OTHERS {
        if is_too_many(after) {
            tokio::time::sleep(Duration::from_secs(1)).await;
            after = settled(&connections).await;
        }
    }
    let time = began.elapsed();
    println!("{cut} of {RUNS} runs were cut off; connections and descriptors: {before:?}, {after:?}; {time:.1?}");
    assert!(cut >= RUNS * 3 / 10, "only {cut} runs were cut off");
    assert!(!is_too_many(after), "before {before:?}, after {after:?}");
}

/// Runs the check this often, and cuts off a third of the runs when they have waited once, or more often. Returns how
/// many were cut off.
pub async fn runs(value: impl HealthCheck, runs: usize) -> usize {
    let health = TestHealth::new(State(value));
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
    let (mut last, mut same) = (count(), 0);
    while same < 5 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let now = count();
        same = if now == last { same + 1 } else { 0 };
        last = now;
    }
    last
}
