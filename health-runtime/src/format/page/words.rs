//! Figures as people read them.

use std::time::{Duration, SystemTime};

use crate::report::spoken;

/// How long ago this was.
pub(super) fn ago(then: SystemTime, now: SystemTime) -> String {
    spoken(now.duration_since(then).unwrap_or_default())
}

/// A short time: `< 0.1 ms`, `0.4 ms`, `12 ms`, `1.3 s`.
pub(super) fn millis(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1000.0;
    match millis {
        ..0.1 => "< 0.1 ms".to_owned(),
        ..10.0 => format!("{millis:.1} ms"),
        ..1000.0 => format!("{millis:.0} ms"),
        _ => format!("{:.1} s", millis / 1000.0),
    }
}

/// A share as a percentage. It is rounded down, so that only a share of 1 is 100 %.
pub(super) fn percent(share: f64) -> String {
    let percent = (share * 10_000.0).floor() / 100.0;
    format!("{percent} %")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_below_one_is_never_shown_as_100_percent() {
        assert_eq!(percent(1.0), "100 %");
        assert_eq!(percent(0.999_999), "99.99 %");
        assert_eq!(percent(0.5), "50 %");
    }

    #[test]
    fn short_times_have_at_most_three_digits() {
        let shown = |micros| millis(Duration::from_micros(micros));
        assert_eq!(shown(99), "< 0.1 ms");
        assert_eq!(shown(400), "0.4 ms");
        assert_eq!(shown(12_300), "12 ms");
        assert_eq!(shown(1_340_000), "1.3 s");
    }
}
