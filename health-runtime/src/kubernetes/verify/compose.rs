//! Compares a Compose file with the service.

use std::time::Duration;

use super::command;
use super::duration;
use super::finding::{Finding, Place, shown};
use super::healthcheck::{self, DEFAULT_INTERVAL, DEFAULT_RETRIES, DEFAULT_TIMEOUT, Healthcheck, Names, Time};
use super::options::ManifestCheck;
use super::rule::Rule;
use super::yaml::{self, Yaml};
use super::{template, unreadable};

/// Compose kills a container after this time.
const DEFAULT_GRACE: Duration = Duration::from_secs(10);

const NAMES: Names = Names {
    whole: "healthcheck",
    interval: "interval",
    timeout: "timeout",
    start_period: "start_period",
    sign: ": ",
};

pub(super) fn verify(check: &ManifestCheck, text: &str) -> Vec<Finding> {
    let documents = match yaml::read(text) {
        Ok(documents) => documents,
        Err(error) => return vec![unreadable(text, &error)],
    };
    if let Some(line) = documents.iter().find_map(yaml::Document::mapping_as_key) {
        return vec![template(line)];
    }
    let roots = documents.iter().filter_map(yaml::Document::root);
    let services = roots.filter_map(|root| root.get("services")).flat_map(Yaml::entries);
    let services = services.filter_map(|(key, service)| Some((key, key.text()?, service)));
    let is_chosen = |name: &str, service: Yaml<'_>| match &check.container {
        Some(wanted) => name == wanted,
        None => service.get("healthcheck").is_some(),
    };
    let mut chosen = services
        .filter(|(_, name, service)| is_chosen(name, *service))
        .peekable();
    if chosen.peek().is_none() {
        let message = match &check.container {
            Some(name) => {
                let name = shown(name);
                format!("the file has no service `{name}`; correct the name in `.container(…)`")
            }
            None => "no service has a `healthcheck`; name the service, as in `.container(\"orders\")`".into(),
        };
        return vec![Place::default().finding(Rule::NothingToCheck, None, message)];
    }
    chosen
        .flat_map(|(key, name, service)| of_service(check, key, name, service))
        .collect()
}

fn of_service(check: &ManifestCheck, key: Yaml<'_>, name: &str, service: Yaml<'_>) -> Vec<Finding> {
    let place = Place::document("service", name);
    let mut findings = Vec::new();
    let grace = time(service, "stop_grace_period", DEFAULT_GRACE, &place, &mut findings);
    findings.extend(grace.and_then(|grace| healthcheck::stop_grace(check, &place, grace, key.line())));
    if let Some(signal) = service.get("stop_signal") {
        let text = signal.text().unwrap_or_default();
        findings.extend(healthcheck::stop_signal(&place, "stop_signal", text, signal.line()));
    }
    let given = service.get("healthcheck").filter(|given| !is_disabled(*given));
    let Some(given) = given else {
        let message = "there is no `healthcheck`, so Compose cannot wait until the service is ready; add one with `test: [\"CMD\", \"/app\", \"--probe\"]`, or allow this rule if the image has a `HEALTHCHECK`";
        findings.push(place.finding(Rule::NoHealthcheck, key.line(), message));
        return findings;
    };
    let times = [
        ("interval", DEFAULT_INTERVAL),
        ("timeout", DEFAULT_TIMEOUT),
        ("start_period", Duration::ZERO),
    ];
    let [interval, timeout, start_period] =
        times.map(|(field, default)| time(given, field, default, &place, &mut findings));
    let retries = match given.get("retries") {
        None => Some(DEFAULT_RETRIES),
        Some(retries) => {
            let number = retries.text().and_then(|text| text.parse().ok());
            let shown = shown(retries.text().unwrap_or_default());
            let message = format!("`retries` is `{shown}`, but must be a whole number; write it as in `retries: 3`");
            findings.extend(
                number
                    .is_none()
                    .then(|| place.finding(Rule::InvalidField, retries.line(), message)),
            );
            number
        }
    };
    let command = match given.get("test") {
        // The command of the image, with other times.
        None => vec!["", "--probe"],
        Some(test) => words(test),
    };
    let healthcheck = Healthcheck {
        line: given.get("test").map_or(given.line(), Yaml::line),
        command,
        interval,
        timeout,
        start_period,
        retries,
        names: NAMES,
        restarts: restarts(service),
    };
    findings.extend(healthcheck::check(check, &place, &healthcheck));
    findings
}

/// The words of `test`: a list that begins with `CMD` or `CMD-SHELL`, or a text for the shell.
fn words(test: Yaml<'_>) -> Vec<&str> {
    if let Some(text) = test.text() {
        return command::split(text);
    }
    let words: Vec<_> = test.items().filter_map(Yaml::text).collect();
    match words.as_slice() {
        ["CMD-SHELL", script] => command::split(script),
        ["CMD", rest @ ..] => rest.to_vec(),
        _ => words,
    }
}

fn is_disabled(healthcheck: Yaml<'_>) -> bool {
    let test = healthcheck.get("test");
    let is_none = test.and_then(|test| test.text().or_else(|| test.items().next()?.text())) == Some("NONE");
    is_none || healthcheck.get("disable").is_some_and(Yaml::is_true)
}

/// Swarm replaces unhealthy containers, and `autoheal` restarts them. Compose alone does neither.
fn restarts(service: Yaml<'_>) -> bool {
    let swarm = ["update_config", "rollback_config", "placement"];
    let is_swarm = swarm.into_iter().any(|key| service.at(&["deploy", key]).is_some());
    let labels = service.get("labels");
    let is_mapped = labels.and_then(|labels| labels.get("autoheal")).and_then(Yaml::text) == Some("true");
    let mut items = labels.into_iter().flat_map(Yaml::items);
    is_swarm || is_mapped || items.any(|item| item.text() == Some("autoheal=true"))
}

fn time(parent: Yaml<'_>, field: &str, default: Duration, place: &Place, findings: &mut Vec<Finding>) -> Option<Time> {
    let Some(given) = parent.get(field) else {
        return Some(Time {
            value: default,
            line: None,
        });
    };
    let text = given.text().unwrap_or_default();
    // A variable has the value that it gets later.
    if text.contains('$') {
        return None;
    }
    let value = duration::parse(text);
    if value.is_none() {
        let message = format!(
            "`{field}` is `{}`, which is not a duration; write it as in `{field}: 10s`",
            shown(text)
        );
        findings.push(place.finding(Rule::InvalidField, given.line(), message));
    }
    let line = Some(given.line());
    value.map(|value| Time { value, line })
}
