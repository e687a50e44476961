//! [`Heartbeat`]: a check that fails if a worker no longer calls `beat`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::check::{HealthCheck, InProcess};
use crate::outcome::{CheckResult, Outcome};
use crate::trigger::Trigger;

/// A check that fails when a worker has not called [`beat`](Self::beat) for too long, for example because its loop
/// hangs or its thread has ended.
///
/// All clones share the same beats, so keep one clone in the state and give another one to the worker. A heartbeat can
/// be used in the liveness probe, so that the process is restarted when the worker hangs.
///
/// Silence is the time since the last beat. It is only measured when the check runs, so the check fails within about
/// `max_silence` plus one interval (5 s by default) after the last beat. In the same way, the end of a silence is
/// detected at the next run. A silence that ends before the next run is not detected at all, so choose an interval that
/// is no longer than `max_silence`.
///
/// If you have several workers, create a heartbeat for each of them. When workers share a heartbeat, a single one is
/// enough to keep it healthy, even if all the others hang.
///
/// Creating a heartbeat is treated as a beat, and so is the start of the engine, so work that is done before the start,
/// such as migrating a database, is not measured as silence. Time during which the process is suspended (by SIGSTOP, or
/// because the machine is suspended) is not measured either. The exception is a heartbeat that is put into a `OnceLock`
/// after the start: it is not attached to the engine, so its silence includes the time during which the process is
/// suspended.
///
/// ```
/// use health_runtime::{HealthState, Heartbeat};
/// use std::time::Duration;
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     /// Takes orders off the queue.
///     #[health_check(liveness)]
///     worker: Heartbeat,
/// }
///
/// async fn work(alive: Heartbeat) {
///     loop {
///         alive.beat();
///         // Waits for less than `max_silence`, even if there is nothing to do.
///         let job = tokio::time::timeout(Duration::from_secs(1), next_job()).await;
/// #       let Ok(()) = job else { break };
///         // …
///     }
/// }
/// # async fn next_job() { std::future::pending().await }
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let state = AppState { worker: Heartbeat::new(Duration::from_secs(10)) };
/// let health = state.start_health();
/// tokio::spawn(work(state.worker.clone()));
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct Heartbeat {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    max_silence: Duration,
    born: Instant,
    /// When the last beat was, in nanoseconds since `born`.
    last: AtomicU64,
    watches: Mutex<Vec<Arc<Watch>>>,
}

/// An engine that checks the heartbeat.
#[derive(Debug)]
struct Watch {
    trigger: Trigger,
    marks: Mutex<Marks>,
}

/// How much time the process had lost at two moments. Lost time is time in which the process did not run.
#[derive(Debug)]
struct Marks {
    /// A moment that is not after the last beat.
    base: Mark,
    /// When the check last ran.
    previous: Mark,
}

/// At the moment `at`, the process had lost at least `lost`.
#[derive(Clone, Copy, Debug)]
struct Mark {
    at: Duration,
    lost: Duration,
}

impl Heartbeat {
    /// Creates a heartbeat that can be silent for up to `max_silence`. Creating it is treated as the first beat.
    #[must_use]
    pub fn new(max_silence: Duration) -> Self {
        let shared = Arc::new(Shared {
            max_silence,
            born: Instant::now(),
            last: AtomicU64::new(0),
            watches: Mutex::new(Vec::new()),
        });
        Self { shared }
    }

    /// Records that the worker is alive. This only reads the clock and takes no lock, so it is cheap enough to call in
    /// each iteration of a loop.
    pub fn beat(&self) {
        let now = u64::try_from(self.now().as_nanos()).unwrap_or(u64::MAX);
        // The later time wins: of two threads, the one that reads the clock first may store its time last.
        self.shared.last.fetch_max(now, Ordering::Relaxed);
    }

    fn now(&self) -> Duration {
        self.shared.born.elapsed()
    }

    fn last(&self) -> Duration {
        Duration::from_nanos(self.shared.last.load(Ordering::Relaxed))
    }

    /// How long there has been no beat. With several engines, the shortest time that one of them measures.
    fn silence(&self) -> Duration {
        let watches = lock(&self.shared.watches).clone();
        let measured = watches.iter().filter_map(|watch| self.silence_to(watch)).min();
        measured.unwrap_or_else(|| self.now().saturating_sub(self.last()))
    }

    fn silence_to(&self, watch: &Watch) -> Option<Duration> {
        let now = self.now(); // read before `lost`, so that `lost` includes every freeze before `now`
        let lost = watch.trigger.lost()?;
        let mark = Mark { at: self.now(), lost };
        let mut marks = lock(&watch.marks);
        Some(marks.silence(self.last(), now, mark))
    }
}

impl Marks {
    /// The time since the last beat in which the process ran. It may be too short but never too long, because liveness
    /// restarts the process for it.
    fn silence(&mut self, beat: Duration, now: Duration, mark: Mark) -> Duration {
        // The time of the beat counts, not the time at which a run first sees it: a freeze may stop the worker after it
        // has read the clock and before it stores the time.
        if beat >= self.previous.at {
            self.base = self.previous;
        }
        self.previous = mark;
        let lost = mark.lost.saturating_sub(self.base.lost);
        now.saturating_sub(beat).saturating_sub(lost)
    }
}

impl HealthCheck for Heartbeat {
    async fn check(&self) -> CheckResult {
        let (silence, most) = (self.silence(), self.shared.max_silence);
        if silence > most {
            return Err(format!("no beat for {silence:.1?}, at most {most:?} allowed").into());
        }
        Ok(Outcome::healthy())
    }

    fn attach(&self, trigger: Trigger) {
        let lost = trigger.lost().unwrap_or_default();
        let mark = Mark { at: self.now(), lost };
        let marks = Mutex::new(Marks {
            base: mark,
            previous: mark,
        });
        self.beat(); // how much time was lost before this engine is not known
        let mut watches = lock(&self.shared.watches);
        watches.retain(|watch| watch.trigger.is_alive());
        watches.push(Arc::new(Watch { trigger, marks }));
    }
}

impl InProcess for Heartbeat {}

/// Nothing that can panic runs under these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;
    use crate::{CheckSpec, Health};

    const S: fn(u64) -> Duration = Duration::from_secs;

    fn fresh() -> Marks {
        let mark = Mark { at: S(0), lost: S(0) };
        Marks {
            base: mark,
            previous: mark,
        }
    }

    /// The silence that a run at `now` measures, if `lost` has been lost by then; in seconds.
    fn run(marks: &mut Marks, beat: u64, now: u64, lost: u64) -> u64 {
        run_between(marks, beat, now, now, lost)
    }

    fn run_between(marks: &mut Marks, beat: u64, began: u64, ended: u64, lost: u64) -> u64 {
        let mark = Mark {
            at: S(ended),
            lost: S(lost),
        };
        marks.silence(S(beat), S(began), mark).as_secs()
    }

    #[test]
    fn silence_is_the_time_since_the_last_beat() {
        let mut marks = fresh();
        assert_eq!(run(&mut marks, 0, 5, 0), 5, "since its creation");
        assert_eq!(run(&mut marks, 0, 10, 0), 10);
        assert_eq!(run(&mut marks, 9, 15, 0), 6);
    }

    #[test]
    fn a_freeze_does_not_count_as_silence() {
        let mut marks = fresh();
        assert_eq!(run(&mut marks, 4, 5, 0), 1);
        assert_eq!(run(&mut marks, 4, 66, 60), 2);
        assert_eq!(run(&mut marks, 4, 70, 60), 6, "the silence goes on after it");
        assert_eq!(run(&mut marks, 4, 105, 90), 11, "and after the next");
    }

    #[test]
    fn a_freeze_before_the_last_beat_does_not_reduce_the_silence_after_it() {
        let mut marks = fresh();
        run(&mut marks, 1, 65, 60);
        assert_eq!(run(&mut marks, 66, 70, 60), 4);
        assert_eq!(run(&mut marks, 66, 80, 60), 14);
    }

    #[test]
    fn a_freeze_that_delays_a_beat_does_not_count_as_silence() {
        let mut marks = fresh();
        run(&mut marks, 1, 5, 0);
        run(&mut marks, 1, 70, 60); // the beat of second 9 is not stored yet
        assert_eq!(run(&mut marks, 9, 71, 60), 2);
    }

    #[test]
    fn the_measured_silence_never_exceeds_the_time_the_process_ran() {
        let mut rng = Rng::with_seed(7);
        for _ in 0..2_000 {
            let mut marks = fresh();
            let (mut now, mut frozen, mut beat, mut ran_at_beat) = (0, 0, 0, 0);
            for _ in 0..rng.usize(1..40) {
                let step = rng.u64(1..1_000);
                now += step;
                match rng.u8(0..4) {
                    0 => frozen += step,
                    1 => (beat, ran_at_beat) = (now, now - frozen),
                    look => {
                        let began = now;
                        if look == 2 {
                            // The process freezes between the two clock reads of a run.
                            now += step;
                            frozen += step;
                        }
                        let silence = run_between(&mut marks, beat, began, now, frozen);
                        let ran = now - frozen - ran_at_beat;
                        assert!(silence <= ran, "{silence} of {ran}: {marks:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_later_of_two_beats_counts_regardless_of_the_order_they_are_stored_in() {
        let heartbeat = Heartbeat::new(S(1));
        let later = u64::MAX / 2;
        heartbeat.shared.last.store(later, Ordering::Relaxed);
        heartbeat.beat();
        assert_eq!(heartbeat.last(), Duration::from_nanos(later));
    }

    #[tokio::test]
    async fn a_heartbeat_drops_the_watches_of_ended_engines() {
        let heartbeat = Heartbeat::new(S(1));
        for _ in 0..20 {
            let worker = heartbeat.clone();
            drop(Health::builder(()).check(CheckSpec::new("worker"), worker).start());
        }
        assert!(lock(&heartbeat.shared.watches).len() < 20);
    }
}
