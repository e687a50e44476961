//! The history of a check: its last results, its last changes, and how many there were. Kept only once somebody can
//! read it.

use std::collections::VecDeque;
use std::time::Duration;

use crate::engine::core::moment::Moment;
use crate::engine::{State, Time};
use crate::report::Counts;

/// How many results are kept.
const RESULTS: usize = 120;

/// How many changes are kept.
const CHANGES: usize = 50;

/// How far back [`History::flaps`] looks.
const HOUR: Duration = Duration::from_secs(60 * 60);

#[derive(Clone, Debug)]
pub(crate) struct History {
    /// Of all results and changes since `begun`, also of those that are no longer kept.
    pub(super) counts: Counts,
    results: VecDeque<Entry>,
    changes: VecDeque<Change>,
    begun: Time,
    /// How long the check has passed, up to the last change.
    passed: Duration,
    /// The state since the last change, and when that was.
    state: State,
    since: Time,
}

/// The result of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Entry {
    at: Moment,
    /// The upper half of an `f32` in seconds: exact to 0.4 %, from nanoseconds to days.
    took: u16,
    pub(crate) state: State,
}

/// A change from one state to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Change {
    at: Moment,
    pub(crate) from: State,
    pub(crate) to: State,
}

const _: () = assert!(size_of::<Entry>() <= 8 && size_of::<Change>() <= 16);

impl Entry {
    /// When the run ended.
    pub(crate) fn at(self) -> Time {
        self.at.time()
    }

    pub(crate) fn took(self) -> Duration {
        let seconds = f32::from_bits(u32::from(self.took) << 16);
        Duration::try_from_secs_f32(seconds).unwrap_or_default()
    }
}

impl Change {
    pub(crate) fn at(self) -> Time {
        self.at.time()
    }
}

impl History {
    pub(super) fn new(state: State, now: Time) -> Self {
        Self {
            counts: Counts::default(),
            results: VecDeque::with_capacity(RESULTS),
            changes: VecDeque::new(),
            begun: now,
            passed: Duration::ZERO,
            state,
            since: now,
        }
    }

    /// Notes the result of a run that took this long.
    pub(super) fn note_result(&mut self, state: State, took: Duration, now: Time) {
        self.counts.count_run(state.status, state.reason, took);
        let took = u16::try_from(took.as_secs_f32().to_bits() >> 16).expect("the upper half of 32 bits");
        let at = Moment::new(now);
        push(&mut self.results, Entry { at, took, state }, RESULTS);
    }

    /// Notes that the published state has changed.
    pub(super) fn note_change(&mut self, to: State, now: Time) {
        self.passed = self.passed_until(now);
        let from = std::mem::replace(&mut self.state, to);
        self.since = now;
        self.counts.count_transition(from.status, to.status);
        let at = Moment::new(now);
        push(&mut self.changes, Change { at, from, to }, CHANGES);
    }

    /// The last results, the oldest first.
    pub(crate) fn results(&self) -> impl ExactSizeIterator<Item = Entry> {
        self.results.iter().copied()
    }

    /// The last changes, the oldest first.
    pub(crate) fn changes(&self) -> impl ExactSizeIterator<Item = Change> {
        self.changes.iter().copied()
    }

    /// When the history begins.
    pub(crate) fn begun(&self) -> Time {
        self.begun
    }

    /// How often the check has begun to fail in the last hour, as far as the changes reach back.
    pub(crate) fn flaps(&self, now: Time) -> usize {
        let recent = self.changes().filter(|change| now.saturating_sub(change.at()) <= HOUR);
        recent
            .filter(|change| change.from.passes() && !change.to.passes())
            .count()
    }

    /// The share of the time in which the check passed, from 0 to 1.
    pub(crate) fn availability(&self, now: Time) -> f64 {
        let whole = now.saturating_sub(self.begun).as_secs_f64();
        if whole == 0.0 {
            return if self.state.passes() { 1.0 } else { 0.0 };
        }
        (self.passed_until(now).as_secs_f64() / whole).min(1.0)
    }

    fn passed_until(&self, now: Time) -> Duration {
        let since_change = now.saturating_sub(self.since);
        self.passed
            + if self.state.passes() {
                since_change
            } else {
                Duration::ZERO
            }
    }
}

fn push<T>(ring: &mut VecDeque<T>, entry: T, most: usize) {
    if ring.len() == most {
        ring.pop_front();
    }
    ring.push_back(entry);
}
