//! Holds readiness over the internal port, and releases it.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;

use crate::engine::Core;
use crate::http::{Answer, ProbeRequest, Probes};
use crate::text;

/// How long a hold lasts if the request does not say it.
const USUAL: Duration = Duration::from_secs(10 * 60);
/// A longer hold is a deployment that somebody has forgotten.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

const REASON: &str = "maintenance";
const WRONG_METHOD: &str = "use POST";
const WRONG_TIME: &str = "`for` is no time from 1s to 24h; write it like `for=90s`, `for=10m` or `for=1h30m`";

#[derive(Serialize)]
struct HoldBody<'a> {
    held: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_in_s: Option<u64>,
}

impl Probes {
    pub(in crate::http) fn release(&self, request: &ProbeRequest<'_>) -> Answer {
        if request.method != "POST" {
            return self.use_post();
        }
        self.engine.with(|core, _| Core::release_operator(core));
        answer(&HoldBody {
            held: false,
            reason: None,
            ends_in_s: None,
        })
    }

    pub(in crate::http) fn hold(&self, request: &ProbeRequest<'_>) -> Answer {
        if request.method != "POST" {
            return self.use_post();
        }
        let query = request.query.unwrap_or_default();
        let (mut reason, mut lasts) = (Cow::Borrowed(REASON), USUAL);
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*key {
                "reason" if !value.trim().is_empty() => reason = value,
                "for" => match duration(&value) {
                    Some(time) => lasts = time,
                    None => return self.refusal(400, WRONG_TIME),
                },
                _ => {}
            }
        }
        let reason = text::clean(&reason);
        self.engine
            .with(|core, now| core.hold_until(reason.clone(), now + lasts));
        answer(&HoldBody {
            held: true,
            reason: Some(&reason),
            ends_in_s: Some(lasts.as_secs()),
        })
    }

    fn use_post(&self) -> Answer {
        self.refusal(405, WRONG_METHOD).with_header("allow", "POST")
    }
}

fn answer(held: &HoldBody<'_>) -> Answer {
    let mut body = serde_json::to_vec(held).expect("strings and numbers always serialise");
    body.push(b'\n');
    Answer::error(200, false, Bytes::from(body))
}

/// Reads a time such as `90s` or `1h30m`: whole numbers with the units `h`, `m` and `s`, the longest first.
fn duration(text: &str) -> Option<Duration> {
    let (mut seconds, mut rest) = (0_u64, text);
    for (unit, scale) in [('h', 3600), ('m', 60), ('s', 1)] {
        if let Some((number, after)) = rest.split_once(unit) {
            let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            let number: u64 = number.parse().ok().filter(|_| is_number)?;
            seconds = seconds.checked_add(number.checked_mul(scale)?)?;
            rest = after;
        }
    }
    let time = Duration::from_secs(seconds);
    (rest.is_empty() && !time.is_zero() && time <= LONGEST).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit_and_is_at_most_a_day() {
        let seconds = |text| duration(text).map(|time| time.as_secs());
        assert_eq!(seconds("90s"), Some(90));
        assert_eq!(seconds("10m"), Some(600));
        assert_eq!(seconds("1h30m"), Some(5_400));
        assert_eq!(seconds("24h"), Some(86_400));
        for wrong in [
            "",
            "10",
            "0s",
            "25h",
            "1h30",
            "10 m",
            "-1s",
            "+1s",
            "1.5h",
            "s",
            "ms",
            "30m1h",
            "99999999999999999999h",
        ] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }
}
