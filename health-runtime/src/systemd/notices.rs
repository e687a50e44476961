//! [`Notices`], which decides what to tell systemd. It reads no clock and sends nothing.

use std::time::{Duration, Instant};

use crate::report::Phase;

/// While startup tasks run, systemd waits at least this long after each notice.
const EXTENSION: Duration = Duration::from_secs(30);

/// How often the wait is extended. Two notices may be lost.
const EXTENDS_EVERY: Duration = Duration::from_secs(10);

/// The status is sent at most this often, so that a check that flaps costs little.
const STATUS_EVERY: Duration = Duration::from_secs(1);

/// How often the status is sent if only the times in it have changed.
const TIMES_EVERY: Duration = Duration::from_secs(60);

/// How long to wait after a notice that could not be sent.
const RETRY: Duration = Duration::from_millis(250);

/// The state of the service at one moment.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) phase: Phase,
    /// A startup task runs, and none was dropped.
    pub(super) is_working: bool,
    /// Liveness passes.
    pub(super) is_alive: bool,
    pub(super) headline: String,
    /// The headline without times. If it changes, the state has changed.
    pub(super) news: String,
}

/// What systemd has been told.
#[derive(Clone, Debug, Default)]
pub(super) struct Notices {
    /// How often the watchdog gets a ping: half of the time that it allows.
    ping_every: Option<Duration>,
    ready: bool,
    stopping: bool,
    status: String,
    news: String,
    status_at: Option<Instant>,
    pinged_at: Option<Instant>,
    extended_at: Option<Instant>,
}

impl Notices {
    pub(super) fn new(watchdog: Option<Duration>) -> Self {
        Self {
            ping_every: watchdog.map(|watchdog| watchdog / 2),
            ..Self::default()
        }
    }

    /// The message that is due, and what systemd has been told once it is sent. `None` if nothing is due.
    pub(super) fn due(&self, now: Instant, facts: &Facts) -> Option<(String, Self)> {
        let (mut message, mut told) = (String::new(), self.clone());
        let mut say = |text: &str| {
            message.push_str(text);
            message.push('\n');
        };
        // Not `last + every`: the time in `WATCHDOG_USEC` may have no end that an `Instant` can hold.
        let is_due = |last: Option<Instant>, every| last.is_none_or(|last| now.duration_since(last) >= every);
        match facts.phase {
            Phase::Starting if facts.is_working && is_due(self.extended_at, EXTENDS_EVERY) => {
                say(&format!("EXTEND_TIMEOUT_USEC={}", EXTENSION.as_micros()));
                told.extended_at = Some(now);
            }
            Phase::Running if !self.ready && !self.stopping => {
                say("READY=1");
                told.ready = true;
            }
            Phase::Draining if !self.stopping => {
                say("STOPPING=1");
                told.stopping = true;
            }
            _ => {}
        }
        let is_news = told.ready != self.ready || told.stopping != self.stopping;
        let has_changed = facts.news != self.news && (is_news || is_due(self.status_at, STATUS_EVERY));
        let is_old = facts.headline != self.status && is_due(self.status_at, TIMES_EVERY);
        if has_changed || is_old {
            say(&format!("STATUS={}", facts.headline));
            told.status.clone_from(&facts.headline);
            told.news.clone_from(&facts.news);
            told.status_at = Some(now);
        }
        if facts.is_alive && self.ping_every.is_some_and(|every| is_due(self.pinged_at, every)) {
            say("WATCHDOG=1");
            told.pinged_at = Some(now);
        }
        (!message.is_empty()).then_some((message, told))
    }

    /// How long until something may be due, if no probe changes.
    pub(super) fn pause(&self, now: Instant, facts: &Facts) -> Duration {
        if self.due(now, facts).is_some() {
            return RETRY; // it could not be sent
        }
        // `STATUS_EVERY` bounds the pause, because the names in the headline may change while no probe does.
        let ping = self.pinged_at.zip(self.ping_every).filter(|_| facts.is_alive);
        let until_ping = ping.map(|(last, every)| every.saturating_sub(now.duration_since(last)));
        until_ping.map_or(STATUS_EVERY, |until_ping| until_ping.min(STATUS_EVERY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WATCHDOG: Duration = Duration::from_secs(20);

    /// What is told to systemd from a fixed start. Each call of `at` happens this many milliseconds after the start.
    struct Bench {
        start: Instant,
        notices: Notices,
        facts: Facts,
    }

    impl Bench {
        fn new(watchdog: Option<Duration>) -> Self {
            let facts = Facts {
                phase: Phase::Starting,
                is_working: false,
                is_alive: true,
                headline: "starting".into(),
                news: "starting".into(),
            };
            Self {
                start: Instant::now(),
                notices: Notices::new(watchdog),
                facts,
            }
        }

        fn at(&mut self, millis: u64) -> Vec<String> {
            let now = self.start + Duration::from_millis(millis);
            let Some((message, told)) = self.notices.due(now, &self.facts) else {
                return Vec::new();
            };
            self.notices = told;
            assert!(message.ends_with('\n'));
            message.lines().map(str::to_owned).collect()
        }

        fn turn(&mut self, phase: Phase, headline: &str) {
            self.facts.phase = phase;
            self.facts.headline = headline.into();
            self.facts.news = headline.into();
        }
    }

    #[test]
    fn a_service_is_ready_once_and_stops_once() {
        let mut bench = Bench::new(None);
        assert_eq!(bench.at(0), ["STATUS=starting"]);
        assert_eq!(bench.at(100), [""; 0]);
        bench.turn(Phase::Running, "healthy");
        assert_eq!(bench.at(200), ["READY=1", "STATUS=healthy"]);
        assert_eq!(bench.at(5_000), [""; 0]);
        bench.turn(Phase::Draining, "draining");
        assert_eq!(bench.at(5_001), ["STOPPING=1", "STATUS=draining"]);
        assert_eq!(bench.at(9_000), [""; 0]);
    }

    #[test]
    fn a_service_that_stops_while_it_starts_is_never_ready() {
        let mut bench = Bench::new(None);
        bench.turn(Phase::Draining, "draining");
        assert_eq!(bench.at(0), ["STOPPING=1", "STATUS=draining"]);
        bench.turn(Phase::Running, "healthy");
        assert_eq!(bench.at(2_000), ["STATUS=healthy"]);
    }

    #[test]
    fn the_start_may_take_longer_while_a_task_runs_and_no_longer() {
        let mut bench = Bench::new(None);
        bench.facts.is_working = true;
        assert_eq!(bench.at(0), ["EXTEND_TIMEOUT_USEC=30000000", "STATUS=starting"]);
        assert_eq!(bench.at(9_999), [""; 0]);
        assert_eq!(bench.at(10_000), ["EXTEND_TIMEOUT_USEC=30000000"]);
        assert_eq!(bench.at(20_500), ["EXTEND_TIMEOUT_USEC=30000000"]);
        bench.facts.is_working = false; // done, or dropped
        assert_eq!(bench.at(40_000), [""; 0]);
        bench.facts.is_working = true;
        bench.turn(Phase::Running, "starting");
        assert_eq!(bench.at(60_000), ["READY=1"]);
        assert_eq!(bench.at(90_000), [""; 0]);
    }

    #[test]
    fn the_watchdog_gets_a_ping_at_half_of_its_time_while_liveness_passes() {
        let mut bench = Bench::new(Some(WATCHDOG));
        assert_eq!(bench.at(0), ["STATUS=starting", "WATCHDOG=1"]);
        assert_eq!(bench.at(9_999), [""; 0]);
        assert_eq!(bench.at(10_000), ["WATCHDOG=1"]);
        bench.facts.is_alive = false;
        assert_eq!(bench.at(20_000), [""; 0]);
        assert_eq!(bench.at(60_000), [""; 0]);
        bench.facts.is_alive = true;
        assert_eq!(bench.at(60_001), ["WATCHDOG=1"]);
        bench.turn(Phase::Draining, "starting");
        assert_eq!(bench.at(70_001), ["STOPPING=1", "WATCHDOG=1"]);
        assert_eq!(bench.at(80_001), ["WATCHDOG=1"], "a service that drains is alive");
    }

    #[test]
    fn a_status_that_flaps_is_sent_once_a_second() {
        let mut bench = Bench::new(None);
        bench.turn(Phase::Running, "healthy");
        let mut sent = Vec::new();
        for tick in 0..100 {
            bench.facts.headline = format!("degraded: {tick}");
            bench.facts.news.clone_from(&bench.facts.headline);
            sent.extend(bench.at(tick * 50));
        }
        assert_eq!(
            sent,
            [
                "READY=1",
                "STATUS=degraded: 0",
                "STATUS=degraded: 20",
                "STATUS=degraded: 40",
                "STATUS=degraded: 60",
                "STATUS=degraded: 80"
            ]
        );
        bench.turn(Phase::Draining, "draining");
        assert_eq!(
            bench.at(4_951),
            ["STOPPING=1", "STATUS=draining"],
            "this one does not wait"
        );
    }

    #[test]
    fn a_status_with_other_times_is_sent_once_a_minute() {
        let mut bench = Bench::new(None);
        bench.turn(Phase::Running, "not ready: db fails");
        let mut sent = Vec::new();
        for second in 0..121 {
            bench.facts.headline = format!("not ready for {second} s: db fails");
            sent.extend(bench.at(second * 1_000));
        }
        let expected = [
            "READY=1",
            "STATUS=not ready for 0 s: db fails",
            "STATUS=not ready for 60 s: db fails",
            "STATUS=not ready for 120 s: db fails",
        ];
        assert_eq!(sent, expected);
    }

    #[test]
    fn the_pause_ends_when_something_is_due_and_is_never_zero() {
        let mut bench = Bench::new(Some(Duration::from_millis(600)));
        let after = |bench: &Bench, millis| {
            let now = bench.start + Duration::from_millis(millis);
            bench.notices.pause(now, &bench.facts)
        };
        assert_eq!(after(&bench, 0), RETRY, "nothing is sent yet");
        bench.at(0);
        assert_eq!(after(&bench, 0), Duration::from_millis(300));
        assert_eq!(after(&bench, 299), Duration::from_millis(1));
        assert_eq!(after(&bench, 300), RETRY, "the ping could not be sent");
        bench.facts.is_alive = false;
        assert_eq!(after(&bench, 300), STATUS_EVERY, "a change of liveness ends the pause");
        for watchdog in [WATCHDOG, Duration::from_micros(u64::MAX)] {
            let mut slow = Bench::new(Some(watchdog));
            slow.at(0);
            assert_eq!(after(&slow, 1), STATUS_EVERY);
        }
    }
}
