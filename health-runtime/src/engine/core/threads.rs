//! How many runs have a thread of their own: those of `blocking` checks.

use std::collections::VecDeque;

/// So many at most. Each may hang for as long as it likes, and then holds its thread.
const MOST: usize = 16;

/// A run: which check, and its how manieth.
pub(super) type Run = (usize, u64);

#[derive(Debug, Default)]
pub(super) struct Threads {
    taken: usize,
    waiting: VecDeque<Run>,
}

impl Threads {
    /// The run, if there is a thread for it; else it waits for one.
    pub(super) fn take(&mut self, run: Run) -> Option<Run> {
        if self.taken == MOST {
            self.waiting.push_back(run);
            return None;
        }
        self.taken += 1;
        Some(run)
    }

    /// A thread has ended: the run that comes next.
    pub(super) fn free(&mut self) -> Option<Run> {
        self.taken -= 1;
        let next = self.waiting.pop_front()?;
        self.take(next)
    }
}
