//! [`Moment`]: a time in a quarter of the space. Each check has several of them, and so has each row of a view.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::engine::Time;

/// A time in tenths of a second, rounded down. It has room for 13 years. An `Option` of it has four bytes too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment(NonZeroU32);

const _: () = assert!(size_of::<Option<Moment>>() == 4);

impl Moment {
    pub(crate) fn new(at: Time) -> Self {
        let tenths = u32::try_from(at.as_millis() / 100).unwrap_or(u32::MAX);
        Self(NonZeroU32::MIN.saturating_add(tenths)) // one more, since zero is no value
    }

    pub(crate) fn time(self) -> Time {
        Duration::from_millis(u64::from(self.0.get() - 1) * 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_its_time_rounded_down_to_a_tenth_of_a_second() {
        for (millis, expected) in [(0, 0), (99, 0), (100, 100), (123_456, 123_400)] {
            assert_eq!(
                Moment::new(Duration::from_millis(millis)).time(),
                Duration::from_millis(expected)
            );
        }
        let longest = Moment::new(Duration::MAX).time();
        assert!(longest > Duration::from_secs(13 * 365 * 24 * 60 * 60));
    }
}
