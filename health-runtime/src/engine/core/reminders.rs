//! How often the log repeats that a check still fails.

use std::time::Duration;

use crate::engine::Time;
use crate::engine::core::slot::Slot;

const REMINDER: Duration = Duration::from_secs(5 * 60);

impl Slot {
    /// Whether the last event or reminder of the check is [`REMINDER`] old.
    pub(super) fn is_reminder_due(&self, now: Time) -> bool {
        now.saturating_sub(self.logged_at) >= REMINDER
    }
}
