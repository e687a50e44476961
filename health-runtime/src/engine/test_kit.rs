//! The engine of a test. It has no threads and no tasks, and its clock stands still until the test moves it. Checks run
//! when the test starts them, in the task of the test.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::Instant;

use crate::engine::pacemaker::TICK;
use crate::engine::{Core, Engine, Time, nanos, run};
use crate::outcome::CheckResult;

/// A century: longer times could overflow when added to a moment.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

impl Engine {
    /// Runs every check that may run once, all at the same time, and waits for them.
    ///
    /// # Cancel safety
    ///
    /// Dropping it cancels the runs.
    pub(crate) async fn refresh(self: &Arc<Self>) {
        let Some(hand) = self.clock.hand() else { return };
        let started = self.with(Core::start_all);
        let runs = join_all(started.into_iter().map(|index| run::inline(self, index)));
        hand.follow(runs).await;
        self.pass();
    }

    /// Lets time pass in steps of one tick. Runs no check.
    pub(crate) fn advance(self: &Arc<Self>, time: Duration) {
        let Some(hand) = self.clock.hand() else { return };
        let end = hand.now() + time.min(LONGEST);
        while hand.now() < end {
            hand.reach(end.min(hand.now() + TICK));
            self.pass();
        }
    }

    /// What the pacemaker does at a tick, except that no run starts.
    fn pass(self: &Arc<Self>) {
        let stage = self.with(|core, now| self.stage(core, now));
        self.view(); // so that changes by time alone are published
        self.reach(stage);
    }

    /// From now on the check has this result, whatever its runs return.
    pub(crate) fn force(self: &Arc<Self>, index: usize, result: CheckResult) {
        let result = run::judged(result);
        self.with(|core, now| core.force(index, result, now));
    }

    pub(crate) fn unforce(self: &Arc<Self>, index: usize) {
        self.with(|core, now| core.unforce(index, now));
    }
}

/// The time of a test's clock, in nanoseconds.
#[derive(Debug, Default)]
pub(super) struct Hand(AtomicU64);

impl Hand {
    pub(super) fn now(&self) -> Time {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }

    /// Moves the clock to this time, if it is in the future.
    fn reach(&self, time: Time) {
        self.0.fetch_max(nanos(time), Ordering::Relaxed);
    }

    /// Polls the runs until they end. While they wait, the clock follows tokio's clock, which may be paused. The polls
    /// themselves take no time here. So a run that waits for nothing takes no time, and a test always sees the same
    /// times.
    async fn follow(&self, runs: impl Future) {
        let mut runs = pin!(runs);
        let (began, mut waited, mut since) = (self.now(), Duration::ZERO, None::<Instant>);
        poll_fn(|context| {
            waited += since.map_or(Duration::ZERO, |since| since.elapsed());
            self.reach(began + Duration::new(waited.as_secs(), waited.subsec_millis() * 1_000_000));
            let polled = runs.as_mut().poll(context).map(drop);
            since = Some(Instant::now());
            polled
        })
        .await;
    }
}
