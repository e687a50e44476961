//! How long the last runs took, for a recorder that needs each of them.

use std::mem;
use std::time::Duration;

use crate::engine::core::Core;

/// At most this many durations are kept between two calls of [`take_durations`](Core::take_durations). A recorder that
/// hangs does not collect them for ever.
const MOST: usize = 100_000;

/// The durations that nobody has taken yet, with the indices of their checks. `None`: nobody wants them.
pub(super) type Durations = Option<Vec<(usize, Duration)>>;

impl Core {
    /// Keeps the durations of all runs from now on. Returns `false` if they are kept already.
    pub(crate) fn keep_durations(&mut self) -> bool {
        let is_first = self.durations.is_none();
        self.durations.get_or_insert_default();
        is_first
    }

    /// The durations of the runs that ended since the last call.
    pub(crate) fn take_durations(&mut self) -> Vec<(usize, Duration)> {
        self.durations.as_mut().map(mem::take).unwrap_or_default()
    }

    pub(super) fn note_duration(&mut self, index: usize, took: Duration) {
        if let Some(durations) = self.durations.as_mut().filter(|durations| durations.len() < MOST) {
            durations.push((index, took));
        }
    }
}
