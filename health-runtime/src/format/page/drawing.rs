//! The history of a check as shapes: a line of its latencies, and a strip of its results.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use crate::format::page::words;
use crate::outcome::Status;
use crate::report::{History, PastResult};

/// The width of the drawings. Each of the last 120 results has two units.
const WIDTH: usize = 240;
const STEP: usize = 2;
const MOST: usize = WIDTH / STEP;

/// The height of the line of latencies.
const LINE: f64 = 28.0;

/// The height of the strip.
const STRIP: usize = 20;

/// The drawings of one check.
#[derive(Debug)]
pub(super) struct Drawings {
    /// The outline of a line of the last latencies. The newest one is at the right. `None` with fewer than two results.
    pub(super) line: Option<String>,
    pub(super) line_says: String,
    /// The bars of each status.
    pub(super) bars: Vec<(Status, String)>,
    pub(super) bars_say: String,
}

impl Drawings {
    pub(super) fn new(history: &History, now: SystemTime) -> Option<Self> {
        let results = &history.results[history.results.len().saturating_sub(MOST)..];
        let (first, last) = (results.first()?, results.last()?);
        debug_assert!(first.at <= last.at, "the oldest result comes first");
        let bars = [Status::Healthy, Status::Degraded, Status::Unhealthy].map(|status| (status, bars(results, status)));
        Some(Self {
            line: (results.len() > 1).then(|| line(results)),
            line_says: line_says(results),
            bars: bars.into_iter().filter(|(_, bars)| !bars.is_empty()).collect(),
            bars_say: bars_say(results, now),
        })
    }
}

/// The horizontal place of a result: the last one ends at the right edge.
fn place(index: usize, results: &[PastResult]) -> usize {
    WIDTH - (results.len() - index) * STEP
}

fn line(results: &[PastResult]) -> String {
    let longest = longest(results).as_secs_f64().max(f64::MIN_POSITIVE);
    let mut line = String::new();
    for (index, result) in results.iter().enumerate() {
        let height = LINE - 2.0 - result.latency.as_secs_f64() / longest * (LINE - 4.0);
        let command = if index == 0 { 'M' } else { 'L' };
        let _ = write!(line, "{command}{} {height:.0}", place(index, results) + STEP / 2);
    }
    line
}

/// The bars of the results with this status. Neighbours are one bar. A worse result has a higher bar, so that the color
/// is not the only sign.
fn bars(results: &[PastResult], status: Status) -> String {
    let top = match status {
        Status::Healthy => STRIP - 6,
        Status::Degraded => STRIP - 13,
        Status::Unhealthy => 0,
    };
    let mut bars = String::new();
    let mut index = 0;
    for alike in results.chunk_by(|one, other| one.status == other.status) {
        if alike[0].status == status {
            let (left, width) = (place(index, results), alike.len() * STEP);
            let _ = write!(bars, "M{left} {top}h{width}V{STRIP}h-{width}z");
        }
        index += alike.len();
    }
    bars
}

fn longest(results: &[PastResult]) -> Duration {
    results.iter().map(|result| result.latency).max().unwrap_or_default()
}

fn line_says(results: &[PastResult]) -> String {
    let shortest = results.iter().map(|result| result.latency).min().unwrap_or_default();
    let (shortest, longest) = (words::millis(shortest), words::millis(longest(results)));
    format!("Latency of the last {}: {shortest} to {longest}", runs(results.len()))
}

fn bars_say(results: &[PastResult], now: SystemTime) -> String {
    let count = |status| results.iter().filter(|result| result.status == status).count();
    let mut says = format!("The last {}:", runs(results.len()));
    for status in [Status::Unhealthy, Status::Degraded, Status::Healthy] {
        let count = count(status);
        if count > 0 {
            let separator = if says.ends_with(':') { "" } else { "," };
            let _ = write!(says, "{separator} {count} {status}");
        }
    }
    if let Some(failure) = results.iter().rfind(|result| !result.status.passes()) {
        let _ = write!(says, "; the last failure was {} ago", words::ago(failure.at, now));
    }
    says
}

fn runs(count: usize) -> String {
    match count {
        1 => "run".to_owned(),
        _ => format!("{count} runs"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(statuses: &[Status]) -> Vec<PastResult> {
        let result = |(index, status): (usize, &Status)| PastResult {
            at: SystemTime::UNIX_EPOCH + Duration::from_secs(index as u64),
            latency: Duration::from_millis(index as u64),
            status: *status,
            reason: None,
        };
        statuses.iter().enumerate().map(result).collect()
    }

    #[test]
    fn results_alike_are_one_bar_and_the_newest_is_at_the_right() {
        use Status::{Healthy, Unhealthy};
        let results = results(&[Healthy, Healthy, Unhealthy, Healthy]);
        assert_eq!(bars(&results, Healthy), "M232 14h4V20h-4zM238 14h2V20h-2z");
        assert_eq!(bars(&results, Unhealthy), "M236 0h2V20h-2z");
    }

    #[test]
    fn the_strip_says_in_words_what_it_shows() {
        use Status::{Degraded, Healthy, Unhealthy};
        let results = results(&[Healthy, Unhealthy, Degraded, Healthy]);
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(61);
        assert_eq!(
            bars_say(&results, now),
            "The last 4 runs: 1 unhealthy, 1 degraded, 2 healthy; the last failure was 1 min ago"
        );
        assert_eq!(line_says(&results), "Latency of the last 4 runs: < 0.1 ms to 3.0 ms");
    }

    #[test]
    fn the_line_reaches_from_the_bottom_to_the_top() {
        assert_eq!(line(&results(&[Status::Healthy; 3])), "M235 26L237 14L239 2");
    }
}
