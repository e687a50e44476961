//! Compares a Dockerfile with the service.

mod instructions;

use std::time::Duration;

use self::instructions::{Instruction, instructions};
use super::command;
use super::duration;
use super::finding::{Finding, Place, shown};
use super::healthcheck::{self, DEFAULT_INTERVAL, DEFAULT_RETRIES, DEFAULT_TIMEOUT, Healthcheck, Names, Time};
use super::options::ManifestCheck;
use super::question::Problem;
use super::rule::Rule;
use super::text::near;

const NAMES: Names = Names {
    whole: "HEALTHCHECK",
    interval: "--interval",
    timeout: "--timeout",
    start_period: "--start-period",
    sign: "=",
};

const OPTIONS: [&str; 5] = [
    "--interval",
    "--timeout",
    "--start-period",
    "--retries",
    "--start-interval",
];

pub(super) fn verify(check: &ManifestCheck, text: &str) -> Vec<Finding> {
    let all = instructions(text);
    let place = Place {
        document: Some("Dockerfile".into()),
        container: None,
    };
    if !all.iter().any(|instruction| instruction.name == "FROM") {
        let message = "the text has no `FROM`; pass the Dockerfile itself, not its path";
        return vec![place.finding(Rule::NothingToCheck, None, message)];
    }
    let stage = last_stage(&all);
    let last = |name: &str| stage.iter().rev().find(|instruction| instruction.name == name);
    let mut findings = Vec::new();
    if let Some(signal) = last("STOPSIGNAL") {
        findings.extend(healthcheck::stop_signal(
            &place,
            "STOPSIGNAL",
            signal.rest.trim(),
            signal.line,
        ));
    }
    let instruction = last("HEALTHCHECK").filter(|found| !found.rest.trim().eq_ignore_ascii_case("NONE"));
    let Some(instruction) = instruction else {
        let line = all.last().map(|last| last.line);
        let message = "the last stage has no `HEALTHCHECK`, so Docker cannot see that the service fails; add `HEALTHCHECK CMD [\"/app\", \"--probe\"]`, or allow this rule if only Kubernetes runs the image";
        findings.push(place.finding(Rule::NoHealthcheck, line, message));
        return findings;
    };
    findings.extend(of_instruction(check, &place, instruction));
    findings
}

/// The instructions of the last stage, after those of the stages that it is built from.
fn last_stage(all: &[Instruction]) -> Vec<&Instruction> {
    let starts: Vec<_> = (0..all.len()).filter(|index| all[*index].name == "FROM").collect();
    let mut stage = Vec::new();
    let mut next = starts.len().checked_sub(1);
    while let Some(number) = next {
        let end = starts.get(number + 1).copied().unwrap_or(all.len());
        let own = &all[starts[number]..end];
        stage.splice(0..0, own);
        let (base, _) = from(&own[0]);
        // A stage can only be built from an earlier one.
        next = (0..number).rev().find(|earlier| {
            from(&all[starts[*earlier]])
                .1
                .is_some_and(|name| name.eq_ignore_ascii_case(base))
        });
    }
    stage
}

/// The image of a `FROM`, and the name of its stage.
fn from(instruction: &Instruction) -> (&str, Option<&str>) {
    let mut words = instruction
        .rest
        .split_whitespace()
        .filter(|word| !word.starts_with("--"));
    let image = words.next().unwrap_or_default();
    let name = words
        .next()
        .filter(|word| word.eq_ignore_ascii_case("AS"))
        .and_then(|_| words.next());
    (image, name)
}

fn of_instruction(check: &ManifestCheck, place: &Place, instruction: &Instruction) -> Vec<Finding> {
    let line = instruction.line;
    let mut findings = Vec::new();
    let mut options = Options::default();
    let mut rest = instruction.rest.trim();
    while rest.starts_with("--") {
        let (option, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let problem = options.set(name, value, line);
        findings.extend(problem.map(|(rule, message)| place.finding(rule, line, message)));
        rest = after.trim_start();
    }
    let Some(given) = rest.strip_prefix("CMD").or_else(|| rest.strip_prefix("cmd")) else {
        let message = "`HEALTHCHECK` has no `CMD`; write `HEALTHCHECK CMD [\"/app\", \"--probe\"]`";
        findings.push(place.finding(Rule::InvalidField, line, message));
        return findings;
    };
    let list: Option<Vec<String>> = serde_json::from_str(given.trim()).ok();
    let command = match &list {
        Some(list) => list.iter().map(String::as_str).collect(),
        None => command::split(given),
    };
    let healthcheck = Healthcheck {
        line,
        command,
        interval: options.interval,
        timeout: options.timeout,
        start_period: options.start_period,
        retries: options.retries,
        names: NAMES,
        restarts: false,
    };
    findings.extend(healthcheck::check(check, place, &healthcheck));
    findings
}

/// The options of a `HEALTHCHECK`. `None`: its value is not known.
struct Options {
    interval: Option<Time>,
    timeout: Option<Time>,
    start_period: Option<Time>,
    retries: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        let default = |value| Some(Time { value, line: None });
        Self {
            interval: default(DEFAULT_INTERVAL),
            timeout: default(DEFAULT_TIMEOUT),
            start_period: default(Duration::ZERO),
            retries: Some(DEFAULT_RETRIES),
        }
    }
}

impl Options {
    /// Sets an option, or returns what is wrong with it.
    fn set(&mut self, name: &str, value: &str, line: usize) -> Option<Problem> {
        let time = duration::parse(value).map(|value| Time {
            value,
            line: Some(line),
        });
        let is_valid = match name {
            "--retries" => {
                self.retries = value.parse().ok();
                self.retries.is_some()
            }
            "--interval" => set(&mut self.interval, time),
            "--timeout" => set(&mut self.timeout, time),
            "--start-period" => set(&mut self.start_period, time),
            "--start-interval" => time.is_some(),
            unknown => {
                let way_out =
                    near(unknown, OPTIONS).map_or("remove it".into(), |near| format!("did you mean `{near}`?"));
                let message = format!("`HEALTHCHECK` has the unknown option `{}`; {way_out}", shown(unknown));
                return Some((Rule::UnknownField, message));
            }
        };
        // A variable has the value that it gets later.
        if is_valid || value.contains('$') {
            return None;
        }
        let value = shown(value);
        let message = match name {
            "--retries" => format!("`--retries` is `{value}`, but must be a whole number; write `--retries=3`"),
            name => format!("`{name}` is `{value}`, which is not a duration; write it as in `{name}=10s`"),
        };
        Some((Rule::InvalidField, message))
    }
}

fn set(option: &mut Option<Time>, time: Option<Time>) -> bool {
    *option = time;
    time.is_some()
}
