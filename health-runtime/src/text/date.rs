//! Dates in the format of RFC 3339.

use std::fmt;
use std::time::SystemTime;

/// A date in UTC with milliseconds, such as `2026-11-29T04:49:56.120Z`. A date before 1970 is shown as 1970.
///
/// It is our own because a default build has room for only ten crates of others, and this is twenty lines. A test
/// compares it with the crate `humantime`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Date(pub(crate) SystemTime);

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = self.0.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let (days, second) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let millis = since.subsec_millis();
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z"
        )
    }
}

impl serde::Serialize for Date {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The year, month and day of this day since 1970, by the algorithm `civil_from_days` of Howard Hinnant. It counts
/// years from March, so that the day that only some years have is the last one.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468; // since 1 March of the year 0
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn same(since: Duration) {
        let date = SystemTime::UNIX_EPOCH + since;
        assert_eq!(
            Date(date).to_string(),
            humantime::format_rfc3339_millis(date).to_string()
        );
    }

    #[test]
    fn the_first_and_the_last_days_of_years_are_right() {
        for year in 0..8_000_u64 {
            for day in [58, 59, 60, 364, 365, 366] {
                same(Duration::from_secs((year * 365 + year / 4 + day) * 86_400));
            }
        }
    }

    proptest! {
        #[test]
        fn every_date_until_the_year_9999_is_written_as_humantime_does(millis in 0..253_402_300_800_000_u64) {
            same(Duration::from_millis(millis));
        }
    }
}
