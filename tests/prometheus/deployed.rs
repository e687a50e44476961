//! The rules and the dashboard of `examples/deploy`. A real Prometheus answers each of their queries.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc;
use std::{fs, iter};

use health_prometheus::{DEPLOY, PAGE, Prometheus, get, names, wait_until};
use health_runtime::{Flag, Health, HealthState, Outcome, health_check};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

/// The kinds of panels that every Grafana has, as far as they are used.
const CORE_PANELS: [&str; 7] = [
    "bargauge",
    "row",
    "stat",
    "state-timeline",
    "status-history",
    "table",
    "timeseries",
];

#[derive(Clone, HealthState)]
#[health(name = "orders", interval = "1s", stalled_after = "3s", checks(queue))]
struct Orders {
    #[health_check(critical)]
    db: Flag,
    #[health_check(depends_on(db))]
    cache: Flag,
    /// Becomes stale, because nobody asks for it.
    #[health_check(ttl = "1s", timeout = "500ms", max_age = "2s")]
    quota: Flag,
}

/// Reports a number.
#[health_check]
fn queue() -> Outcome {
    Outcome::healthy().detail("waiting", 3)
}

/// A replica whose runtime has one thread.
struct Replica {
    state: Orders,
    health: Health,
    internal: SocketAddr,
    runtime: Runtime,
}

impl Replica {
    fn start() -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let state = Orders {
            db: Flag::healthy(),
            cache: Flag::healthy(),
            quota: Flag::healthy(),
        };
        let health = {
            let _guard = runtime.enter();
            state.start_health()
        };
        let internal = health.serve_internal((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        Self {
            state,
            health,
            internal,
            runtime,
        }
    }

    /// Waits until the metrics contain this line.
    fn wait_for(&self, line: &str) {
        wait_until(line, || {
            get(self.internal, "/metrics", "*/*")
                .lines()
                .any(|found| found == line)
                .then_some(())
        });
    }

    /// Lets `db` fail and recover this many times.
    fn flap(&self, times: u32) {
        for time in 1..=times {
            self.state.db.set_unhealthy("refused");
            self.wait_for(&format!("health_check_flaps_total{{check=\"db\"}} {time}"));
            self.state.db.set_healthy();
            self.wait_for(
                "health_check_status{check=\"db\",critical=\"true\",cause=\"\",health_check_status=\"healthy\"} 1",
            );
        }
    }
}

/// The text of a file in the folder of the rules and the dashboard.
fn read(file: &str) -> String {
    fs::read_to_string(format!("{DEPLOY}/{file}")).expect("the file exists")
}

fn dashboard() -> Value {
    serde_json::from_str(&read("grafana/health.json")).expect("the dashboard is JSON")
}

fn panels(dashboard: &Value) -> impl Iterator<Item = &Value> {
    dashboard["panels"].as_array().into_iter().flatten()
}

/// The title of each panel, and each of its queries.
fn queries(dashboard: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    panels(dashboard)
        .flat_map(|panel| iter::repeat(panel).zip(panel["targets"].as_array().into_iter().flatten()))
        .map(|(panel, target)| (text(&panel["title"]), text(&target["expr"])))
        .collect()
}

/// The query that Grafana sends, if all replicas are chosen.
fn with_variables(query: &str, replicas: &[&Replica]) -> String {
    let replicas: Vec<_> = replicas
        .iter()
        .map(|replica| replica.internal.to_string().replace('.', "\\\\."))
        .collect();
    let query = query
        .replace("$job", "(orders)")
        .replace("$instance", &format!("({})", replicas.join("|")))
        .replace("$__rate_interval", "1m")
        .replace("$__range", "1m");
    assert!(!query.contains('$'), "a variable is left: {query}");
    query
}

/// Waits until Prometheus has written the texts of this alert, and asserts that they name the service and are complete.
fn assert_texts(prometheus: &Prometheus, name: &str) {
    let texts = wait_until(name, || {
        let alerts = prometheus.api("alerts");
        let of_name = |alert: &&Value| alert["labels"]["alertname"] == name;
        let alert = alerts["alerts"].as_array()?.iter().find(of_name)?;
        Some(alert["annotations"].to_string())
    });
    assert!(texts.contains("of orders "), "{texts}");
    for mistake in ["{{", "<no value>", "<error"] {
        assert!(!texts.contains(mistake), "{texts}");
    }
}

#[test]
fn every_query_has_an_answer() {
    let (bad, good) = (Replica::start(), Replica::start());
    let Some(prometheus) = Prometheus::start(&[bad.internal, good.internal]) else {
        return;
    };
    let answer = |what: &str, query: &str| {
        wait_until(what, || {
            let is_number = |(_, value): &(Value, String)| value != "NaN";
            Some(prometheus.query(query)).filter(|answer| answer.iter().any(is_number))
        })
    };
    answer("both replicas are scraped", "sum(up) == 2");
    for replica in [&bad, &good] {
        assert!(get(replica.internal, "/readyz", "*/*").contains("healthy"));
    }
    bad.flap(5);
    bad.state.db.set_unhealthy("refused");
    bad.state.cache.set_unhealthy("refused");
    let _hold = bad.health.hold("maintenance");
    answer("the outage is scraped", "health_check_status{cause=\"db\"} == 1");

    for (title, query) in queries(&dashboard()) {
        let answers = answer(&title, &with_variables(&query, &[&bad, &good]));
        match &*title {
            "Root causes" => {
                let of_db = answers.iter().find(|(labels, _)| labels["check"] == "db");
                let (labels, replicas) = of_db.expect("it fails by itself");
                assert_eq!((&labels["reason"], &**replicas), (&"reported".into(), "1"));
            }
            "What follows" => assert_eq!(answers[0].0["cause"], "db"),
            "Checks by replica" => assert_eq!(answers.len(), 2 * 4),
            _ => {}
        }
    }

    let (of_stall, others): (Vec<_>, Vec<_>) = prometheus
        .alerts()
        .into_iter()
        .partition(|alert| ["ServiceNotReady", "RuntimeStalled"].contains(&&*alert.name));
    assert_eq!((of_stall.len(), others.len()), (2, 5));
    for alert in others {
        // The replicas are a few seconds old.
        answer(&alert.name, &alert.expression.replace("offset 15m", "offset 1s"));
        if alert.name != "DrainTooShort" {
            assert_texts(&prometheus, &alert.name);
        }
    }
    let (unblock, blocked) = mpsc::channel::<()>();
    good.runtime.spawn(async move { blocked.recv() });
    for alert in of_stall {
        answer(&alert.name, &alert.expression);
        assert_texts(&prometheus, &alert.name);
    }
    drop(unblock);
}

#[test]
fn the_dashboard_shows_every_metric() {
    let queries = queries(&dashboard());
    for name in names().chain(["health_reason"]) {
        let is_shown = queries.iter().any(|(_, query)| query.contains(name));
        assert!(is_shown, "no panel shows {name}");
    }
}

#[test]
fn the_dashboard_needs_no_plugin_and_explains_each_panel() {
    let dashboard = dashboard();
    let mut ids = BTreeSet::new();
    for panel in panels(&dashboard) {
        let title = panel["title"].as_str().expect("a title");
        let kind = panel["type"].as_str().expect("a type");
        assert!(CORE_PANELS.contains(&kind), "{title}: {kind}");
        assert!(ids.insert(panel["id"].as_u64()), "{title} has the id of another panel");
        if kind == "row" {
            continue;
        }
        let description = panel["description"].as_str().unwrap_or_default();
        assert!(
            title.len() <= 30 && description.ends_with('.'),
            "{title}: {description}"
        );
        for target in panel["targets"].as_array().expect("queries") {
            assert_eq!(target["datasource"]["uid"], "${datasource}", "{title}");
        }
    }
    let variables = dashboard["templating"]["list"].as_array().expect("variables");
    let variables: Vec<_> = variables.iter().map(|variable| &variable["name"]).collect();
    assert_eq!(variables, ["datasource", "job", "instance"]);
}

/// The value after this key, in a line of YAML.
fn value<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    line.trim_start().strip_prefix(key)
}

#[test]
fn the_page_lists_each_alert_with_its_time_and_severity() {
    let rules = read("prometheus/health.rules.yaml");
    let of = |key| rules.lines().filter_map(move |line| value(line, key));
    let written = of("- alert: ").zip(of("for: ")).zip(of("severity: "));
    let written: Vec<_> = written
        .map(|((name, time), severity)| format!("| `{name}` | {time} | {severity} |"))
        .collect();
    let (_, section) = PAGE
        .split_once("# Alerts\n")
        .expect("the page has a section about the alerts");
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let listed: Vec<_> = rows
        .take_while(|row| row.contains("| critical |") || row.contains("| warning |"))
        .collect();
    assert_eq!(listed.len(), written.len(), "{listed:?}");
    for (row, start) in listed.iter().zip(&written) {
        assert!(row.starts_with(start), "{row} begins with {start}");
    }
}

#[test]
fn the_example_of_the_page_is_a_rule_of_the_file() {
    let (_, example) = PAGE.split_once("```yaml\n").expect("the page has an example");
    let (example, _) = example.split_once("```").expect("the block ends");
    let rules = read("prometheus/health.rules.yaml");
    let trimmed = |text: &str| text.lines().map(str::trim).collect::<Vec<_>>().join("\n");
    assert!(trimmed(&rules).contains(&trimmed(example)), "{example}");
}
