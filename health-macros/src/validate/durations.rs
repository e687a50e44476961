//! Validates durations against each other, whether given or defaults.

use std::fmt;
use std::time::Duration;

use crate::model::{CheckOptions, Setting, StateOptions, Time};
use crate::util::duration::{MAX, show};
use crate::util::errors::Errors;

pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(2);
pub(crate) const DEFAULT_INTERVAL: Duration = Duration::from_secs(5);
/// How late a run may begin in normal operation: five of the runtime's ticks, which are 50 ms each.
pub(crate) const LATENESS: Duration = Duration::from_millis(250);
/// The default of `reset` of a breaker.
pub(crate) const DEFAULT_RESET: Duration = Duration::from_secs(30);

/// The durations on the struct.
pub(crate) fn validate_defaults(options: &StateOptions, errors: &mut Errors) {
    validate_refresh(&options.interval, &options.ttl, errors);
    validate_timeout(options.timeout.value(), options.interval.value(), errors);
}

/// The durations of a check.
pub(crate) fn validate_check(options: &CheckOptions, defaults: &StateOptions, errors: &mut Errors) {
    validate_refresh(&options.interval, &options.ttl, errors);
    validate_timeout(options.timeout.value(), options.interval.value(), errors);
    if contradict(&options.timeout, &options.interval, &options.ttl)
        || contradict(&defaults.timeout, &defaults.interval, &defaults.ttl)
    {
        return; // The other durations would be compared with these, which already have an error.
    }
    let times = [&options.timeout, &options.interval, &options.ttl];
    let inherited = [&defaults.timeout, &defaults.interval, &defaults.ttl];
    let refused = times.into_iter().chain(inherited).any(Setting::is_refused);
    if refused {
        return;
    }
    let (timeout, refresh) = bounds(options, defaults);
    validate_max_age(options, &timeout, &refresh, errors);
    validate_degraded_after(options, &timeout, errors);
    validate_reset(options, &refresh, errors);
}

fn validate_refresh(interval: &Setting<Time>, ttl: &Setting<Time>, errors: &mut Errors) {
    if let (Some(_), Some(ttl)) = (interval.key(), ttl.key()) {
        errors.at(
            ttl,
            "`ttl` cannot be used with `interval`: `interval` runs the check in the background, `ttl` runs it when a probe \
             asks; remove one of them",
        );
    }
}

/// Whether these durations contradict each other. [`validate_refresh`] and [`validate_timeout`] report that.
fn contradict(timeout: &Setting<Time>, interval: &Setting<Time>, ttl: &Setting<Time>) -> bool {
    let is_too_long = |(timeout, interval): (&Time, &Time)| timeout.time >= interval.time;
    (interval.is_given() && ttl.is_given()) || timeout.value().zip(interval.value()).is_some_and(is_too_long)
}

fn validate_timeout(timeout: Option<&Time>, interval: Option<&Time>, errors: &mut Errors) {
    if let (Some(timeout), Some(interval)) = (timeout, interval)
        && timeout.time >= interval.time
    {
        let interval = show(interval.time);
        errors.at(
            &timeout.literal,
            format!(
                "`timeout` must be shorter than `interval`, which is {interval}, so that one run ends before the next \
                 begins; shorten `timeout` or lengthen `interval`"
            ),
        );
    }
}

/// Refuses a `max_age` that is too short: a result would become stale although every run passes.
fn validate_max_age(options: &CheckOptions, timeout: &Bound, refresh: &Bound, errors: &mut Errors) {
    let least = least_max_age(timeout, refresh);
    if let Some(max_age) = options.max_age.value().filter(|max_age| max_age.time < least) {
        let jitter = if refresh.is_jittered() { " plus 10 % jitter" } else { "" };
        let lateness = show(LATENESS);
        let fix = if least > MAX {
            "leave `max_age` out".into()
        } else {
            format!("write at least \"{}\"", show(least))
        };
        errors.at(
            &max_age.literal,
            format!(
                "`max_age` is too short: a result is replaced only after {refresh}{jitter}, {timeout} and {lateness} of \
                 delay, so it would turn stale while every run passes; {fix}"
            ),
        );
    }
}

/// How old a result may become although every run passes, in whole milliseconds. The next run begins after the interval
/// plus at most 10 % jitter, or at the first probe after the ttl. It may begin late, and it may take up to the timeout.
fn least_max_age(timeout: &Bound, refresh: &Bound) -> Duration {
    let jitter = if refresh.is_jittered() {
        refresh.time / 10
    } else {
        Duration::ZERO
    };
    let least = refresh.time + jitter + timeout.time + LATENESS;
    let millis = least.as_micros().div_ceil(1_000);
    Duration::from_millis(u64::try_from(millis).expect("no option is longer than a day"))
}

/// `degraded_after` must be shorter than the timeout. A slower run never succeeds: it times out.
fn validate_degraded_after(options: &CheckOptions, timeout: &Bound, errors: &mut Errors) {
    let slow = options.degraded_after.value();
    if let Some(slow) = slow.filter(|slow| slow.time >= timeout.time) {
        let found = match timeout.source {
            Source::Field => format!("`timeout`, which is {}", show(timeout.time)),
            Source::Struct => format!("`timeout`, which is {} from `#[health(...)]`", show(timeout.time)),
            Source::Default => format!("`timeout`, which is {} by default", show(timeout.time)),
        };
        errors.at(
            &slow.literal,
            format!(
                "`degraded_after` must be shorter than {found}, because a slower run has failed by then; shorten \
                 `degraded_after` or lengthen `timeout`"
            ),
        );
    }
}

/// `reset` must be longer than the interval. Otherwise an open breaker skips no run.
fn validate_reset(options: &CheckOptions, refresh: &Bound, errors: &mut Errors) {
    let (Setting::Given(key, breaker), "interval") = (&options.breaker, refresh.name) else {
        return; // With `ttl`, runs are on demand, and it is unknown when the next one is due.
    };
    let reset = breaker.reset.value().map_or(DEFAULT_RESET, |reset| reset.time);
    let is_unknown = breaker.reset.is_refused() || options.has_refused_probe();
    if is_unknown || options.is_startup_only() || reset > refresh.time {
        return;
    }
    let why = format!("which is not longer than {refresh}, so an open breaker would skip no run");
    match breaker.reset.value() {
        Some(time) => errors.at(
            &time.literal,
            format!(
                "`reset` is {}, {why}; lengthen `reset` or remove `breaker`",
                show(reset)
            ),
        ),
        None => errors.at(
            key,
            format!(
                "`reset` is {} by default, {why}; write `breaker(reset = \"...\")` with a longer time, or remove `breaker`",
                show(reset)
            ),
        ),
    }
}

/// The timeout that applies to a check, and its interval or ttl.
fn bounds(options: &CheckOptions, defaults: &StateOptions) -> (Bound, Bound) {
    let timeout = Bound::of("timeout", &options.timeout, &defaults.timeout);
    let interval = Bound::of("interval", &options.interval, &defaults.interval);
    let ttl = Bound::of("ttl", &options.ttl, &defaults.ttl).filter(|_| !options.interval.is_given());
    match ttl {
        Some(ttl) => (timeout.unwrap_or(Bound::default("timeout", DEFAULT_TIMEOUT)), ttl),
        None => settle(timeout, interval),
    }
}

/// Applies the defaults. The interval is 5 s, or twice the timeout if that is longer. The timeout is 2 s, or the
/// interval if that is shorter. If the two do not fit, the one that is declared closer to the check stays. The other is
/// replaced: the interval with twice the timeout, or the timeout with the interval.
fn settle(timeout: Option<Bound>, interval: Option<Bound>) -> (Bound, Bound) {
    let mut timeout = timeout.unwrap_or(Bound::default("timeout", DEFAULT_TIMEOUT));
    let mut interval = interval.unwrap_or(Bound::default("interval", DEFAULT_INTERVAL));
    if timeout.source > interval.source {
        let twice = timeout.time * 2;
        if interval.time <= timeout.time || (interval.source == Source::Default && interval.time < twice) {
            interval = Bound::default("interval", twice);
        }
    } else if interval.time < timeout.time {
        timeout = Bound::default("timeout", interval.time);
    }
    (timeout, interval)
}

/// A duration that applies to a check, and where it is declared.
struct Bound {
    name: &'static str,
    time: Duration,
    source: Source,
}

/// Where a duration is declared. Ordered: the last variant is the closest to the check.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Source {
    Default,
    Struct,
    Field,
}

impl Bound {
    fn of(name: &'static str, own: &Setting<Time>, inherited: &Setting<Time>) -> Option<Self> {
        let own = own.value().map(|time| (time.time, Source::Field));
        let (time, source) = own.or_else(|| inherited.value().map(|time| (time.time, Source::Struct)))?;
        Some(Self { name, time, source })
    }

    /// An interval has jitter, a ttl has none.
    fn is_jittered(&self) -> bool {
        self.name == "interval"
    }

    fn default(name: &'static str, time: Duration) -> Self {
        Self {
            name,
            time,
            source: Source::Default,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, time) = (self.name, show(self.time));
        match self.source {
            Source::Field => write!(f, "`{name}` ({time})"),
            Source::Struct => write!(f, "`{name}` ({time} from `#[health(...)]`)"),
            Source::Default => write!(f, "`{name}` ({time} by default)"),
        }
    }
}
