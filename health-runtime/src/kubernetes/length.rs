//! How long a time is, for people: `800 ms`, `7 s`, `1 min 30 s`.

use std::fmt;
use std::time::Duration;

/// A time, as it is declared. Rounded up to whole milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Length(pub(super) Duration);

impl Length {
    /// A time that something takes at most: rounded up to tenths of a second.
    pub(super) fn at_most(time: Duration) -> Self {
        let tenths = time.as_nanos().div_ceil(100_000_000);
        Self(Duration::from_millis(
            u64::try_from(tenths).unwrap_or(u64::MAX).saturating_mul(100),
        ))
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = u64::try_from(self.0.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX);
        if millis < 1000 {
            return write!(f, "{millis} ms");
        }
        let (minutes, millis) = (millis / 60_000, millis % 60_000);
        let (hours, minutes) = (minutes / 60, minutes % 60);
        let seconds = (millis > 0).then(|| match millis % 1000 {
            0 => format!("{} s", millis / 1000),
            part => format!("{}.{} s", millis / 1000, format!("{part:03}").trim_end_matches('0')),
        });
        let hours = (hours > 0).then(|| format!("{hours} h"));
        let minutes = (minutes > 0).then(|| format!("{minutes} min"));
        let parts: Vec<_> = [hours, minutes, seconds].into_iter().flatten().collect();
        f.write_str(&parts.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_people_say_it() {
        let shown = |millis| Length(Duration::from_millis(millis)).to_string();
        assert_eq!(shown(0), "0 ms");
        assert_eq!(shown(800), "800 ms");
        assert_eq!(shown(1_000), "1 s");
        assert_eq!(shown(7_250), "7.25 s");
        assert_eq!(shown(60_000), "1 min");
        assert_eq!(shown(90_005), "1 min 30.005 s");
        assert_eq!(shown(86_400_000), "24 h");
        assert_eq!(shown(5_430_000), "1 h 30 min 30 s");
        assert_eq!(
            Length(Duration::from_nanos(1)).to_string(),
            "1 ms",
            "never less than it is"
        );
    }

    #[test]
    fn what_something_takes_at_most_is_never_rounded_down() {
        let shown = |millis| Length::at_most(Duration::from_millis(millis)).to_string();
        assert_eq!(shown(13_800), "13.8 s");
        assert_eq!(shown(13_801), "13.9 s");
        assert_eq!(shown(59_999), "1 min");
    }
}
