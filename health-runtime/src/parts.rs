//! [`Parts`], the results of a set whose members are not known at compile time, such as tenants and shards.

use std::cmp::Reverse;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::outcome::{Access, IntoOutcome, Outcome, PartList, PartReport, Reason, Status};
use crate::panics;
use crate::text;
use crate::text::boundary;

/// At most this many parts are kept. If more parts fail, it is one incident, and not a hundred.
const MAX_REPORTED: usize = 100;

/// Once the message has this many bytes, it names no further part. With one more part it still fits in what is kept.
const ROOM: usize = 600;

/// The message of the whole repeats at most this many bytes of the message of a part.
const SAID: usize = 100;

/// The results of a check that covers several parts, such as tenants, shards or partitions. The set of parts can change
/// while the service is running.
///
/// The check as a whole has the status and reason of its worst part, where `exhausted` is treated as the least severe
/// failure. Its message says how many parts are not healthy and names them, as in `2 of 50: acme: connection refused;
/// blue: 12 s behind`. If there are no parts, or all of them are disabled, the check is healthy with the reason
/// `disabled`.
///
/// If one part fails, the whole check fails. When the check is `critical`, this means that a single failing tenant
/// takes the whole service out of rotation. If that is not what you want, do not mark the check as `critical`, or map
/// the error to [`Status::Degraded`]. All parts are checked within the same run and share its timeout, so it is best to
/// check them concurrently, for example with `futures::future::join_all`.
///
/// At most 100 parts are kept, and any others are only counted. Failing parts come first, followed by degraded parts
/// and then healthy parts. Parts with the same status stay in the order in which they were added, except that
/// `exhausted` parts come after all other failing parts. You can read the parts from
/// [`CheckReport::parts`](crate::CheckReport::parts).
///
/// Public responses never contain the list of parts, because the names could reveal who your customers are. Note that
/// some of the names also appear in the message, which is written to the log. Public responses only include the message
/// with `public = "details"`.
///
/// ```
/// use health_runtime::{CheckResult, HealthCheck, Parts};
///
/// struct Shards(Vec<Shard>);
///
/// struct Shard { name: String, lag: u64 }
///
/// impl HealthCheck for Shards {
///     async fn check(&self) -> CheckResult {
///         let mut parts = Parts::new();
///         for shard in &self.0 {
///             let result = if shard.lag > 10 { Err(format!("{} s behind", shard.lag)) } else { Ok(()) };
///             parts.add(&shard.name, result);
///         }
///         Ok(parts.into_outcome())
///     }
/// }
/// ```
///
/// An iterator of names and results can be collected into `Parts`:
///
/// ```
/// use health_runtime::{Parts, Status};
///
/// let parts: Parts = [("acme", Status::Healthy), ("blue", Status::Degraded)].into_iter().collect();
/// assert_eq!(parts.into_outcome().message(), Some("1 of 2: blue: degraded"));
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "parts do nothing until `into_outcome`"]
pub struct Parts {
    list: Vec<PartReport>,
    access: Vec<Access>,
    for_good: bool,
}

impl Parts {
    /// Creates an empty set, which is healthy with the reason `disabled` until you add a part.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a part along with the result of checking it. Names do not have to be unique, so adding the same name twice
    /// results in two separate parts. If the result itself contains parts, only its message and its own details are
    /// kept.
    pub fn add(&mut self, name: impl Into<String>, result: impl IntoOutcome) {
        let name = name.into();
        match result.into_outcome() {
            Ok(outcome) => {
                self.push_access(&name, &outcome);
                self.for_good |= outcome.is_for_good();
                self.list.push(PartReport {
                    name: text::name(name.into()),
                    status: outcome.status(),
                    reason: outcome.reason(),
                    message: outcome.message().map(text::clean),
                    details: outcome.details().to_vec(),
                });
            }
            Err(error) => self.add_failed(name, Reason::Error, Some(panics::describe(error))),
        }
    }

    pub(crate) fn add_failed(&mut self, name: String, reason: Reason, message: Option<Arc<str>>) {
        self.list.push(PartReport {
            name: text::name(name.into()),
            status: Status::Unhealthy,
            reason: Some(reason),
            message,
            details: Vec::new(),
        });
    }

    /// Keeps which stores of the part take writes. A part of the part is named after both.
    fn push_access(&mut self, name: &str, outcome: &Outcome) {
        for access in outcome.access() {
            let part = match &access.part {
                None => name.to_owned(),
                Some(inner) => format!("{name}/{inner}"),
            };
            self.access.push(Access {
                part: Some(text::name(part.into())),
                read_only: access.read_only,
            });
        }
    }

    /// Converts the set into the outcome of the whole check, which has the status and reason of the worst part. If
    /// several parts are equally bad, the one that was added first is used.
    pub fn into_outcome(self) -> Outcome {
        let mut list = self.list;
        // The sort is stable, so equal parts stay in the order in which they were added. `exhausted` comes last among
        // the failures: the engine may lower it, and must not lower another failure with it.
        list.sort_by_key(|part| (Reverse(part.status), part.reason == Some(Reason::Exhausted)));
        let total = list.len();
        let failing = list.partition_point(|part| part.status != Status::Healthy);
        let message = (failing > 0).then(|| summary(&list[..failing], total));
        let (status, reason) = match list.first() {
            Some(worst) if failing > 0 => (worst.status, worst.reason),
            _ => {
                let disabled = list.iter().all(|part| part.reason == Some(Reason::Disabled));
                (Status::Healthy, disabled.then_some(Reason::Disabled))
            }
        };
        list.truncate(MAX_REPORTED);
        let omitted = total - list.len();
        let list = list.into();
        let outcome = Outcome::of_parts((status, reason), message, self.access, PartList { list, omitted });
        if self.for_good { outcome.for_good() } else { outcome }
    }
}

impl<N: Into<String>, R: IntoOutcome> FromIterator<(N, R)> for Parts {
    fn from_iter<I: IntoIterator<Item = (N, R)>>(parts: I) -> Self {
        let mut set = Self::new();
        for (name, result) in parts {
            set.add(name, result);
        }
        set
    }
}

/// `2 of 50: acme: connection refused; blue: degraded`
fn summary(failing: &[PartReport], total: usize) -> String {
    let mut text = format!("{} of {total}", failing.len());
    let mut left = failing.iter();
    while text.len() < ROOM
        && let Some(part) = left.next()
    {
        let separator = if left.len() + 1 == failing.len() { ": " } else { "; " };
        let said = part.message.as_deref().unwrap_or(part.status.as_str());
        let said = &said[..boundary::floor(said, SAID)];
        let _ = write!(text, "{separator}{}: {said}", part.name);
    }
    if left.len() > 0 {
        let _ = write!(text, "; and {} more", left.len());
    }
    text
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;

    fn names(outcome: &Outcome) -> Vec<&str> {
        outcome.parts().iter().map(|part| &*part.name).collect()
    }

    #[test]
    fn the_outcome_is_that_of_the_worst_part_and_its_message_names_unhealthy_parts() {
        let mut parts = Parts::new();
        parts.add("a", ());
        parts.add("b", Outcome::saturated("all 8 in use"));
        parts.add("c", Err::<(), _>("refused"));
        parts.add("d", false);
        let outcome = parts.into_outcome();
        assert_eq!(
            (outcome.status(), outcome.reason()),
            (Status::Unhealthy, Some(Reason::Error))
        );
        assert_eq!(
            outcome.message(),
            Some("3 of 4: c: refused; d: unhealthy; b: all 8 in use")
        );
        assert_eq!(names(&outcome), ["c", "d", "b", "a"]);
        assert_eq!(outcome.parts()[2].reason, Some(Reason::Saturated));
        assert_eq!(outcome.parts()[2].message.as_deref(), Some("all 8 in use"));

        let degraded: Parts = [("a", Outcome::healthy()), ("b", Outcome::saturated("full"))]
            .into_iter()
            .collect();
        let degraded = degraded.into_outcome();
        assert_eq!(
            (degraded.status(), degraded.reason()),
            (Status::Degraded, Some(Reason::Saturated))
        );
    }

    #[test]
    fn a_part_that_is_exhausted_does_not_hide_one_that_fails() {
        let parts: Parts = [
            ("a", Outcome::exhausted("all 8 in use")),
            ("b", Outcome::unhealthy("down")),
        ]
        .into_iter()
        .collect();
        let outcome = parts.into_outcome();
        assert_eq!(outcome.reason(), Some(Reason::Reported));
        assert_eq!(names(&outcome), ["b", "a"]);

        let parts: Parts = [("a", Outcome::healthy()), ("b", Outcome::exhausted("all 8 in use"))]
            .into_iter()
            .collect();
        assert_eq!(parts.into_outcome().reason(), Some(Reason::Exhausted));
    }

    #[test]
    fn a_set_without_parts_that_could_fail_is_disabled() {
        let reason = |parts: Parts| {
            let outcome = parts.into_outcome();
            assert_eq!((outcome.status(), outcome.message()), (Status::Healthy, None));
            outcome.reason()
        };
        assert_eq!(reason(Parts::new()), Some(Reason::Disabled));
        let disabled = || ("a", Outcome::disabled());
        assert_eq!(reason([disabled()].into_iter().collect()), Some(Reason::Disabled));
        let one_is_not = [disabled(), ("b", Outcome::healthy())];
        assert_eq!(reason(one_is_not.into_iter().collect()), None);
    }

    #[test]
    fn at_most_100_parts_are_kept_and_the_others_are_counted() {
        let mut parts: Parts = (0..150).map(|i| (format!("fine-{i}"), ())).collect();
        parts.add("last", false);
        let outcome = parts.into_outcome();
        let kept = names(&outcome);
        assert_eq!((kept.len(), kept[0], kept[1]), (100, "last", "fine-0"));
        assert_eq!(outcome.omitted_parts(), 51);
        assert_eq!(outcome.message(), Some("1 of 151: last: unhealthy"));
    }

    #[test]
    fn the_message_counts_all_failed_parts_and_fits_the_length_limit() {
        let text = "ä".repeat(2_000);
        let parts: Parts = (0..150).map(|_| (text.as_str(), Err::<(), _>(text.as_str()))).collect();
        let outcome = parts.into_outcome();
        let message = outcome.message().expect("parts fail");
        assert!(message.starts_with("150 of 150: ää"), "{message}");
        assert!(message.ends_with("; and 147 more"), "{message}");
        assert_eq!(*text::clean(message), *message, "nothing is cut off");
        assert_eq!(outcome.parts()[0].name.chars().count(), 64);
        assert_eq!(outcome.parts()[0].message.as_ref().map(|text| text.len()), Some(1024));
    }

    #[test]
    fn names_and_messages_are_cleaned() {
        let parts: Parts = [
            (
                "postgres://u:HUNTER2@a\n",
                Outcome::degraded("password=HUNTER2\nis wrong"),
            ),
            ("b", Outcome::unhealthy("redis://:HUNTER2@b")),
        ]
        .into_iter()
        .collect();
        let outcome = parts.into_outcome();
        let shown = format!("{outcome:?}");
        assert!(!shown.contains("HUNTER2") && !shown.contains("\\n"), "{shown}");
        assert_eq!(names(&outcome), ["b", "postgres://***@a "]);
    }

    #[test]
    fn an_error_whose_display_panics_fails_only_its_own_part() {
        #[derive(Debug)]
        struct Panics;
        impl fmt::Display for Panics {
            fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
                panic!("no words")
            }
        }
        impl std::error::Error for Panics {}
        let parts: Parts = [("a", Err(Panics)), ("b", Ok(()))].into_iter().collect();
        let outcome = parts.into_outcome();
        assert_eq!(outcome.message(), Some("1 of 2: a: an error whose `Display` panics"));
        assert_eq!(names(&outcome), ["a", "b"]);
    }
}
