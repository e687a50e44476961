//! How many runs have a thread of their own: those of `blocking` checks.

use std::collections::VecDeque;
use std::time::Duration;

/// At most this many, not counting runs that take longer than [`LONG`]: a check that hangs keeps its thread without a limit,
/// and must not take one from the others. It starts no second run, so there is at most one more thread for each check.
const MOST: usize = 16;

/// A run that takes longer no longer counts, whatever its timeout: others wait.
pub(super) const LONG: Duration = Duration::from_secs(1);

/// A run: the index of its check, and its number among the runs of that check.
pub(super) type Run = (usize, u64);

#[derive(Debug, Default)]
pub(super) struct Threads {
    taken: Vec<Run>,
    waiting: VecDeque<Run>,
}

impl Threads {
    /// The run, if there is a thread for it; else it waits for one.
    pub(super) fn take(&mut self, run: Run) -> Option<Run> {
        if self.taken.len() == MOST {
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

    /// The run has ended, or no longer counts. Returns the run that starts next.
    pub(super) fn free(&mut self, run: Run) -> Option<Run> {
        let place = self.taken.iter().position(|taken| *taken == run)?;
        self.taken.swap_remove(place);
        let next = self.waiting.pop_front()?;
        self.take(next)
    }
}
