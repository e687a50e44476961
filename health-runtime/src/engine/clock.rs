//! The engine's clock, and a cheap test whether a moment is in the future.
//!
//! Every probe makes this test. The precise clock takes 23 ns, which is a large part of the cost of a probe. The coarse
//! clock of the kernel takes 5 ns. It lags by at most one tick of the kernel, so it is exact enough as long as the
//! moment is not near. Without the coarse clock a request takes 25 ns longer, which is 4 % (`benches/probe.rs`, the
//! best of eight runs each).

use std::time::{Duration, Instant, SystemTime};

#[cfg(feature = "testing")]
use crate::engine::test_kit::Hand;
use crate::engine::{Time, nanos};

/// The longest tick of the kernel: 10 ms, with `CONFIG_HZ=100`.
#[cfg(target_os = "linux")]
const TICK: u64 = 10_000_000;

#[derive(Debug)]
pub(super) struct Clock {
    born: Instant,
    born_at: SystemTime,
    #[cfg(target_os = "linux")]
    born_coarse: Option<u64>,
    /// The time in a test without a runtime. The test moves it.
    #[cfg(feature = "testing")]
    hand: Option<Hand>,
}

impl Clock {
    pub(super) fn new() -> Self {
        // Read the coarse clock first. If the process is stopped between the two reads, the coarse clock then seems to
        // run ahead. That is safe: the precise clock is asked earlier than necessary.
        #[cfg(target_os = "linux")]
        let born_coarse = coarse();
        Self {
            born: Instant::now(),
            born_at: SystemTime::now(),
            #[cfg(target_os = "linux")]
            born_coarse,
            #[cfg(feature = "testing")]
            hand: None,
        }
    }

    /// A clock for an engine without a runtime. It stands still until a test moves it.
    pub(super) fn by_hand() -> Self {
        Self {
            #[cfg(target_os = "linux")]
            born_coarse: None, // so that each test reads the precise clock, which is the hand
            #[cfg(feature = "testing")]
            hand: Some(Hand::default()),
            ..Self::new()
        }
    }

    #[cfg(feature = "testing")]
    pub(super) fn hand(&self) -> Option<&Hand> {
        self.hand.as_ref()
    }

    /// The date and time at this time of the engine. The same time always has the same date, unless the system's clock
    /// is set to another time or the system was suspended.
    pub(super) fn wall(&self, at: Time) -> SystemTime {
        #[cfg(feature = "testing")]
        if self.hand.is_some() {
            return self.born_at + at;
        }
        let expected = self.born_at + self.now();
        let now = SystemTime::now();
        let (is_later, apart) = match now.duration_since(expected) {
            Ok(apart) => (true, apart),
            Err(error) => (false, error.duration()),
        };
        let apart = Duration::from_secs(apart.as_secs()); // less than a second is only drift
        let born_at = if is_later {
            self.born_at + apart
        } else {
            self.born_at - apart
        };
        born_at + at
    }

    /// Time since the clock was made.
    pub(super) fn now(&self) -> Time {
        #[cfg(feature = "testing")]
        if let Some(hand) = &self.hand {
            return hand.now();
        }
        self.born.elapsed()
    }

    /// Whether this moment, in nanoseconds since the clock was made, is in the future.
    pub(super) fn is_before(&self, moment: u64) -> bool {
        self.is_surely_before(moment) || nanos(self.now()) < moment
    }

    #[cfg(target_os = "linux")]
    fn is_surely_before(&self, moment: u64) -> bool {
        let elapsed = || coarse()?.checked_sub(self.born_coarse?);
        moment > TICK && elapsed().is_some_and(|elapsed| elapsed < moment - TICK)
    }

    #[cfg(not(target_os = "linux"))]
    fn is_surely_before(&self, _: u64) -> bool {
        false
    }
}

#[cfg(target_os = "linux")]
fn coarse() -> Option<u64> {
    let now = nix::time::ClockId::CLOCK_MONOTONIC_COARSE.now().ok()?;
    let seconds = u64::try_from(now.tv_sec()).ok()?;
    let nanos = u64::try_from(now.tv_nsec()).ok()?;
    seconds.checked_mul(1_000_000_000)?.checked_add(nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asserts that the answer is as exact as the precise clock, also close to the moment.
    fn is_precise(clock: &Clock, ahead: u64) {
        let moment = nanos(clock.now()) + ahead;
        loop {
            let before = nanos(clock.now());
            let is_before = clock.is_before(moment);
            assert!(is_before || nanos(clock.now()) >= moment, "it has not come yet");
            assert!(!is_before || before < moment, "it had come already");
            if !is_before {
                break;
            }
        }
    }

    #[test]
    fn is_before_returns_true_until_the_given_time_is_reached() {
        let clock = Clock::new();
        assert!(!clock.is_before(0));
        assert!(clock.is_before(nanos(clock.now()) + 60_000_000_000));
        for ahead in [5_000, 50_000, 500_000, 5_000_000] {
            is_precise(&clock, ahead);
        }
    }

    #[test]
    fn a_clock_stays_precise_after_it_has_run_for_a_while() {
        let clock = Clock::new();
        std::thread::sleep(std::time::Duration::from_millis(30)); // longer than any tick of the kernel
        for ahead in [0, 500_000, 5_000_000, 25_000_000] {
            is_precise(&clock, ahead);
        }
    }

    #[test]
    fn a_time_keeps_its_date_and_now_is_the_date_of_the_system() {
        let clock = Clock::new();
        let at = Duration::from_millis(20);
        let date = clock.wall(at);
        assert!((0..1000).all(|_| clock.wall(at) == date));
        let apart = |date: SystemTime| match SystemTime::now().duration_since(date) {
            Ok(apart) => apart,
            Err(error) => error.duration(),
        };
        assert!(apart(clock.wall(clock.now())) < Duration::from_secs(2));
        let set_back = Clock {
            born_at: clock.born_at - Duration::from_secs(3_600), // as if the system's clock was set since
            ..clock
        };
        assert!(apart(set_back.wall(set_back.now())) < Duration::from_secs(2));
    }
}
