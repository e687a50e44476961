//! Parses durations such as `"3s"` and `"1m30s"`, and explains what is wrong with `"3 sec"`.

use std::time::Duration;

/// The longest duration that an option takes: one day. A longer one is most likely a slip, such as hours instead of
/// seconds.
pub(crate) const MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// The least value that an option takes.
#[derive(Clone, Copy)]
pub(crate) enum Least {
    Zero,
    Milli,
    /// [`SHORTEST_STALL`].
    Stall,
}

/// The least value of `stalled_after`. In this time, the engine gives the runtime four small tasks, one every 250 ms.
pub(crate) const SHORTEST_STALL: Duration = Duration::from_secs(1);

/// The units in milliseconds, longest first. A duration must use them in this order.
const UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// The units that people write, in nanoseconds. They are only used to suggest the right form.
const ALIASES: &[(&str, u64)] = &[
    ("day", 86_400_000_000_000),
    ("d", 86_400_000_000_000),
    ("hour", 3_600_000_000_000),
    ("hr", 3_600_000_000_000),
    ("h", 3_600_000_000_000),
    ("minute", 60_000_000_000),
    ("min", 60_000_000_000),
    ("m", 60_000_000_000),
    ("second", 1_000_000_000),
    ("sec", 1_000_000_000),
    ("s", 1_000_000_000),
    ("", 1_000_000_000),
    ("milli", 1_000_000),
    ("millisecond", 1_000_000),
    ("msec", 1_000_000),
    ("ms", 1_000_000),
    ("microsecond", 1_000),
    ("us", 1_000),
    ("µs", 1_000),
    ("nanosecond", 1),
    ("ns", 1),
];

/// A number and its unit as written. Neither is validated.
struct Part<'a> {
    number: &'a str,
    unit: &'a str,
}

impl Least {
    /// Explains what is wrong with a duration that is too short. `None` if it is long enough.
    pub(crate) fn refuse(self, time: Duration) -> Option<String> {
        match self {
            Self::Milli if time.is_zero() => Some("cannot be zero; write at least \"1ms\", or leave it out".into()),
            Self::Stall if time < SHORTEST_STALL => Some(format!(
                "is shorter than {0}, so any busy moment would fail liveness and restart the process; write at least \"{0}\"",
                show(SHORTEST_STALL)
            )),
            Self::Zero | Self::Milli | Self::Stall => None,
        }
    }
}

/// Parses a duration: whole numbers with the units `h`, `m`, `s`, `ms`, each at most once and the longest first.
///
/// # Errors
///
/// If the text is no such duration, or is longer than [`MAX`]. The message says what is wrong and how to write it.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    strict(text).map_err(|wrong| match (suggestion(text), wrong) {
        (Some(suggestion), Wrong::Form(wrong)) => format!("{wrong}; {suggestion}"),
        (None, Wrong::Form(wrong)) => {
            format!("{wrong}; write whole numbers with `ms`, `s`, `m` or `h`, such as \"3s\" or \"1m30s\"")
        }
        (_, Wrong::TooLong) => format!("duration {text:?} is too long; write at most \"{}\"", show(MAX)),
    })
}

/// Guesses which duration the text means, and returns "did you mean …?" with its right form.
pub(crate) fn suggestion(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches(['-', '+']);
    let parts = parts(text)?;
    if let [Part { number, unit: "" }] = parts.as_slice()
        && number.parse().is_ok_and(|number| (100..86_400).contains(&number))
    {
        return Some(format!("did you mean \"{number}ms\" or \"{number}s\"?"));
    }
    let (mut nanos, mut same_units) = (0_u128, String::new());
    for Part { number, unit } in &parts {
        if unit.is_empty() && parts.len() > 1 {
            return None;
        }
        let unit = unit.to_lowercase();
        let known = |name: &str| {
            ALIASES
                .iter()
                .find(|(alias, _)| *alias == name)
                .map(|(_, nanos)| *nanos)
        };
        let scale = known(&unit).or_else(|| known(unit.trim_end_matches('s')))?;
        let number = number.replace('_', "");
        let (whole, fraction) = number.split_once('.').unwrap_or((&number, ""));
        let digits = u32::try_from(fraction.len()).ok().filter(|digits| *digits < 10)?;
        let scaled: u128 = format!("{whole}{fraction}").parse().ok()?;
        nanos = nanos.checked_add(scaled.checked_mul(u128::from(scale))? / 10_u128.pow(digits))?;
        same_units += &number;
        same_units += UNITS
            .iter()
            .find(|(_, millis)| millis * 1_000_000 == scale)
            .map_or("?", |(unit, _)| unit);
    }
    let meant = Duration::from_millis(u64::try_from(nanos / 1_000_000).ok()?);
    if meant.is_zero() || meant > MAX || !nanos.is_multiple_of(1_000_000) {
        return None;
    }
    let right = if strict(&same_units) == Ok(meant) {
        same_units
    } else {
        show(meant)
    };
    Some(format!("did you mean \"{right}\"?"))
}

/// Writes a duration as [`parse`] reads it.
pub(crate) fn show(duration: Duration) -> String {
    let mut left = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let mut text = String::new();
    for (unit, millis) in UNITS {
        let count = left / millis;
        left %= millis;
        if count > 0 {
            text.push_str(&count.to_string());
            text.push_str(unit);
        }
    }
    if text.is_empty() { "0s".into() } else { text }
}

/// What is wrong with a duration.
#[derive(Debug, PartialEq)]
enum Wrong {
    /// The form of the text. The message says what is wrong with it.
    Form(String),
    TooLong,
}

fn strict(text: &str) -> Result<Duration, Wrong> {
    if text.trim().is_empty() {
        return Err(Wrong::Form(format!("duration {text:?} is empty")));
    }
    if text.trim_start().starts_with('-') {
        return Err(Wrong::Form(format!("duration {text:?} is negative")));
    }
    let Some(parts) = parts(text.trim()) else {
        return Err(Wrong::Form(format!("{text:?} is not a duration")));
    };
    let mut total = Some(Duration::ZERO);
    let mut rank = 0;
    for (i, Part { number, unit }) in parts.iter().enumerate() {
        if unit.is_empty() {
            return Err(Wrong::Form(format!("duration {text:?} has no unit")));
        }
        let Some(at) = UNITS.iter().position(|(name, _)| name == unit) else {
            return Err(Wrong::Form(format!("unknown unit `{unit}` in duration {text:?}")));
        };
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Wrong::Form(format!(
                "`{number}` in duration {text:?} is not a whole number"
            )));
        }
        if i > 0 && at + 1 == rank {
            return Err(Wrong::Form(format!("duration {text:?} has the unit `{unit}` twice")));
        }
        if at < rank {
            return Err(Wrong::Form(format!(
                "the units in duration {text:?} are out of order, the longest comes first"
            )));
        }
        rank = at + 1;
        let millis = number
            .parse()
            .ok()
            .and_then(|number: u64| number.checked_mul(UNITS[at].1));
        total = total
            .zip(millis)
            .and_then(|(total, millis)| total.checked_add(Duration::from_millis(millis)));
    }
    if text.contains(char::is_whitespace) {
        return Err(Wrong::Form(format!("duration {text:?} contains a space")));
    }
    total.filter(|total| *total <= MAX).ok_or(Wrong::TooLong)
}

/// Splits the text into numbers and their units. `None` if numbers and letters do not alternate.
fn parts(text: &str) -> Option<Vec<Part<'_>>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && !"._".contains(c))
            .unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let tail = tail.trim_start();
        let letters = tail.find(|c: char| !c.is_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        if !number.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        parts.push(Part { number, unit });
        rest = tail.trim_start();
    }
    (!parts.is_empty()).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::{parse, show, suggestion};
    use std::time::Duration;

    #[test]
    fn whole_numbers_with_units_are_read() {
        for (text, millis) in [
            ("3s", 3_000),
            ("500ms", 500),
            ("1m30s", 90_000),
            ("1h", 3_600_000),
            ("1h1m1s1ms", 3_661_001),
            ("90s", 90_000),
            ("0s", 0),
            ("0ms", 0),
            ("24h", 86_400_000),
            ("007s", 7_000),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn an_invalid_duration_is_refused_with_the_correct_form() {
        for (text, right) in [
            ("3", "duration \"3\" has no unit; did you mean \"3s\"?"),
            ("3 s", "duration \"3 s\" contains a space; did you mean \"3s\"?"),
            (" 3s", "duration \" 3s\" contains a space; did you mean \"3s\"?"),
            ("3sec", "unknown unit `sec` in duration \"3sec\"; did you mean \"3s\"?"),
            (
                "3 secs",
                "unknown unit `secs` in duration \"3 secs\"; did you mean \"3s\"?",
            ),
            (
                "2 Minutes",
                "unknown unit `Minutes` in duration \"2 Minutes\"; did you mean \"2m\"?",
            ),
            ("3S", "unknown unit `S` in duration \"3S\"; did you mean \"3s\"?"),
            ("1d", "unknown unit `d` in duration \"1d\"; did you mean \"24h\"?"),
            (
                "5000us",
                "unknown unit `us` in duration \"5000us\"; did you mean \"5ms\"?",
            ),
            (
                "1.5s",
                "`1.5` in duration \"1.5s\" is not a whole number; did you mean \"1s500ms\"?",
            ),
            (
                "1_000ms",
                "`1_000` in duration \"1_000ms\" is not a whole number; did you mean \"1000ms\"?",
            ),
            ("-1s", "duration \"-1s\" is negative; did you mean \"1s\"?"),
            ("1s1s", "duration \"1s1s\" has the unit `s` twice; did you mean \"2s\"?"),
            (
                "30s1m",
                "the units in duration \"30s1m\" are out of order, the longest comes first; did you mean \"1m30s\"?",
            ),
            ("25h", "duration \"25h\" is too long; write at most \"24h\""),
            (
                "99999999999999999999999s",
                "duration \"99999999999999999999999s\" is too long; write at most \"24h\"",
            ),
        ] {
            assert_eq!(parse(text), Err(right.to_owned()), "{text}");
        }
    }

    #[test]
    fn the_error_for_a_meaningless_duration_contains_an_example() {
        for text in [
            "",
            " ",
            "soon",
            "s",
            "365 days",
            "1us",
            "-",
            "1h2",
            "3s!",
            "½s",
            "1..5s",
            "\u{202e}3s",
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains("such as \"3s\""), "{text}: {error}");
        }
    }

    #[test]
    fn the_suggestion_for_a_number_without_a_unit_is_seconds_or_milliseconds() {
        assert_eq!(suggestion("60").as_deref(), Some("did you mean \"60s\"?"));
        assert_eq!(
            suggestion("500").as_deref(),
            Some("did you mean \"500ms\" or \"500s\"?")
        );
        assert_eq!(suggestion("1h 30min").as_deref(), Some("did you mean \"1h30m\"?"));
    }

    #[test]
    fn a_shown_duration_parses_to_the_same_duration() {
        for millis in [0, 1, 999, 1_000, 1_500, 60_000, 90_000, 3_600_000, 86_400_000] {
            let duration = Duration::from_millis(millis);
            assert_eq!(parse(&show(duration)), Ok(duration));
        }
    }
}
