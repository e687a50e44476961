//! What a status code means.

use std::ops::{Bound, RangeBounds, RangeInclusive};

use reqwest::StatusCode;

use crate::checks::config_error::ConfigError;
use crate::outcome::{Outcome, Status};

/// What each status code means. If several rules apply, the last one decides.
#[derive(Debug, Default)]
pub(super) struct Statuses {
    /// If there is one, every other code is unhealthy.
    expected: Vec<RangeInclusive<u16>>,
    rules: Vec<(RangeInclusive<u16>, Status)>,
}

impl Statuses {
    pub(super) fn expect(&mut self, range: &impl RangeBounds<u16>) -> Result<(), ConfigError> {
        self.expected.push(inclusive(range)?);
        Ok(())
    }

    pub(super) fn rule(&mut self, range: &impl RangeBounds<u16>, status: Status) -> Result<(), ConfigError> {
        self.rules.push((inclusive(range)?, status));
        Ok(())
    }

    pub(super) fn judge(&self, status: StatusCode) -> Outcome {
        let words = || match status.canonical_reason() {
            Some(reason) => format!("the server answered {} {reason}", status.as_u16()),
            None => format!("the server answered {}", status.as_u16()),
        };
        match self.status(status.as_u16()) {
            Status::Healthy => Outcome::healthy(),
            Status::Degraded => Outcome::degraded(words()),
            Status::Unhealthy => Outcome::unhealthy(words()),
        }
    }

    fn status(&self, code: u16) -> Status {
        if let Some((_, status)) = self.rules.iter().rev().find(|(range, _)| range.contains(&code)) {
            return *status;
        }
        if !self.expected.is_empty() {
            let is_expected = self.expected.iter().any(|range| range.contains(&code));
            return if is_expected {
                Status::Healthy
            } else {
                Status::Unhealthy
            };
        }
        match code {
            200..=399 => Status::Healthy,
            400..=499 => Status::Degraded,
            _ => Status::Unhealthy,
        }
    }
}

/// The codes of a range. If the range has no start or no end, it starts at 100 or ends at 999.
fn inclusive(range: &impl RangeBounds<u16>) -> Result<RangeInclusive<u16>, ConfigError> {
    let start = match range.start_bound() {
        Bound::Included(start) => *start,
        Bound::Excluded(before) => before.saturating_add(1),
        Bound::Unbounded => 100,
    };
    let end = match range.end_bound() {
        Bound::Included(end) => *end,
        Bound::Excluded(after) => after.saturating_sub(1),
        Bound::Unbounded => 999,
    };
    if 100 <= start && start <= end && end <= 999 {
        Ok(start..=end)
    } else {
        Err(ConfigError::new(
            "the range of status codes is empty or not between 100 and 999; write it like `200..=204`",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_default_client_errors_are_degraded_and_server_errors_are_unhealthy() {
        let statuses = Statuses::default();
        for (codes, expected) in [
            (100..=199, Status::Unhealthy),
            (200..=399, Status::Healthy),
            (400..=499, Status::Degraded),
            (500..=999, Status::Unhealthy),
        ] {
            for code in codes {
                assert_eq!(statuses.status(code), expected, "{code}");
            }
        }
    }

    #[test]
    fn with_expected_codes_every_other_code_is_unhealthy_unless_a_rule_says_otherwise() {
        let mut statuses = Statuses::default();
        statuses.expect(&(200..=204)).expect("a range");
        statuses.expect(&(301..302)).expect("a range");
        statuses.rule(&(400..), Status::Degraded).expect("a range");
        statuses.rule(&(503..=503), Status::Healthy).expect("a range");
        let all = [199, 200, 204, 205, 301, 302, 399, 400, 502, 503].map(|code| statuses.status(code));
        use Status::{Degraded as D, Healthy as H, Unhealthy as U};
        assert_eq!(all, [U, H, H, U, H, U, U, D, D, H]);
    }

    #[test]
    fn a_range_without_codes_is_refused() {
        #[expect(clippy::reversed_empty_ranges, reason = "refused")]
        let empty = 204..=200;
        inclusive(&empty).unwrap_err();
        inclusive(&(200..200)).unwrap_err();
        inclusive(&(99..=200)).unwrap_err();
        inclusive(&(200..=1000)).unwrap_err();
        inclusive(&(0..0)).unwrap_err();
        assert_eq!(inclusive(&..).expect("all"), 100..=999);
    }

    #[test]
    fn the_message_names_the_status() {
        let outcome = Statuses::default().judge(StatusCode::NOT_FOUND);
        assert_eq!(outcome.message(), Some("the server answered 404 Not Found"));
        let unknown = StatusCode::from_u16(799).expect("a code");
        assert_eq!(
            Statuses::default().judge(unknown).message(),
            Some("the server answered 799")
        );
    }
}
