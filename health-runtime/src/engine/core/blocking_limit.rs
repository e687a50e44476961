//! How many runs have a thread of their own. Only runs of `blocking` checks need one.

use std::collections::VecDeque;
use std::time::Duration;

/// At most this many runs have a thread, not counting runs that take longer than [`LONG`]. A check that hangs may keep
/// its thread forever, and must not block other checks. It starts no second run, so each check adds at most one thread.
pub(crate) const MAX_RUNS: usize = 16;

/// A run that takes this long no longer counts towards the limit, whatever its timeout: other runs wait for a thread.
pub(crate) const LONG: Duration = Duration::from_secs(1);

/// A run: the index of its check, and its number among the runs of that check.
pub(super) type Run = (usize, u64);

#[derive(Debug, Default)]
pub(super) struct Threads {
    taken: Vec<Run>,
    waiting: VecDeque<Run>,
}

impl Threads {
    /// Returns the run if there is a thread for it. Otherwise the run waits for one.
    pub(super) fn take(&mut self, run: Run) -> Option<Run> {
        if self.taken.len() == MAX_RUNS {
            self.waiting.push_back(run);
            return None;
        }
        self.taken.push(run);
        Some(run)
    }

    /// The runs that count towards the limit.
    pub(super) fn taken(&self) -> impl Iterator<Item = Run> {
        self.taken.iter().copied()
    }

    /// Notes that the run has ended, or no longer counts. Returns the run that starts next.
    pub(super) fn free(&mut self, run: Run) -> Option<Run> {
        let place = self.taken.iter().position(|taken| *taken == run)?;
        self.taken.swap_remove(place);
        let next = self.waiting.pop_front()?;
        self.take(next)
    }
}
