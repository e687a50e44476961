use std::sync::Arc;
use std::time::SystemTime;

use super::*;
use crate::detail::Detail;
use crate::outcome::{Outcome, Reason, Status};
use crate::report::{CheckMetrics, Phase, ProbeMetrics};
use crate::spec::Probe;

const HOSTILE: &str = "<script>alert(1)</script>\"'&\\\n# EOF";

fn check(name: &'static str, details: &[Detail]) -> CheckMetrics {
    let mut counts = Counts::default();
    counts.count_run(Status::Healthy, None, Duration::from_millis(20));
    counts.count_run(Status::Unhealthy, Some(Reason::Timeout), Duration::from_secs(2));
    counts.count_transition(Status::Healthy, Status::Unhealthy);
    CheckMetrics {
        name: name.into(),
        critical: true,
        status: Status::Unhealthy,
        reason: Some(Reason::Timeout),
        cause: None,
        last_success: Some(SystemTime::UNIX_EPOCH + Duration::from_millis(1_764_392_000_125)),
        counts,
        details: Some(Arc::from(details)),
    }
}

fn metrics(checks: Vec<CheckMetrics>) -> Metrics {
    Metrics {
        service: "orders".into(),
        version: "1.2.3".into(),
        phase: Phase::Running,
        probes: Probe::ALL.map(|probe| ProbeMetrics {
            probe,
            status: Status::Unhealthy,
            reason: (probe == Probe::Readiness).then_some(Reason::Held),
            requests: [7, 5, 3, 1, 0],
        }),
        drain: Duration::from_secs(7),
        lag: Some(Duration::from_micros(250)),
        stalled: Some(false),
        checks,
    }
}

fn text(metrics: &Metrics, format: MetricsFormat) -> String {
    String::from_utf8(format.render(metrics).to_vec()).expect("text")
}

/// The lines about the family with this name, and its series.
fn family<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let of_it = |line: &&str| {
        let named = ["# HELP ", "# TYPE ", "# UNIT "]
            .iter()
            .find_map(|about| line.strip_prefix(about));
        let rest = named.unwrap_or(line).strip_prefix(name);
        rest.is_some_and(|rest| rest.starts_with(['_', '{', ' ']))
    };
    text.lines().filter(of_it).collect()
}

#[test]
fn both_formats_have_the_same_series() {
    let metrics = metrics(vec![check("db", Outcome::healthy().detail("idle", 3).details())]);
    let series = |format| {
        let text = text(&metrics, format);
        let series = text.lines().filter(|line| !line.starts_with('#'));
        series.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(series(MetricsFormat::Prometheus), series(MetricsFormat::OpenMetrics));
}

#[test]
fn a_state_has_a_series_for_each_value() {
    let mut failing = check("cache", &[]);
    (failing.critical, failing.cause) = (false, Some("db".into()));
    let metrics = metrics(vec![failing]);
    let series = [
        r#"health_check_status{check="cache",critical="false",cause="db",health_check_status="healthy"} 0"#,
        r#"health_check_status{check="cache",critical="false",cause="db",health_check_status="degraded"} 0"#,
        r#"health_check_status{check="cache",critical="false",cause="db",health_check_status="unhealthy"} 1"#,
    ];
    let text = text(&metrics, MetricsFormat::OpenMetrics);
    let found = family(&text, "health_check_status");
    assert_eq!(found[1], "# TYPE health_check_status stateset");
    assert_eq!(found[2..], series);
}

#[test]
fn types_units_and_names_are_those_of_the_format() {
    let metrics = metrics(vec![check("db", &[])]);
    let [old, new] = [MetricsFormat::Prometheus, MetricsFormat::OpenMetrics].map(|format| text(&metrics, format));
    assert_eq!(family(&old, "health_build_info")[1], "# TYPE health_build_info gauge");
    assert_eq!(family(&new, "health_build")[1], "# TYPE health_build info");
    assert_eq!(
        family(&old, "health_check_flaps_total")[1..],
        [
            "# TYPE health_check_flaps_total counter",
            r#"health_check_flaps_total{check="db"} 1"#
        ]
    );
    assert_eq!(
        family(&new, "health_check_flaps")[1],
        "# TYPE health_check_flaps counter"
    );
    assert_eq!(
        family(&new, "health_runtime_lag_seconds")[1..],
        [
            "# TYPE health_runtime_lag_seconds gauge",
            "# UNIT health_runtime_lag_seconds seconds",
            "health_runtime_lag_seconds 0.00025"
        ]
    );
    assert!(!old.contains("# UNIT") && !old.contains("# EOF"));
    assert!(new.ends_with("\n# EOF\n"));
}

#[test]
fn a_histogram_counts_each_run_in_its_bucket_and_all_above() {
    let text = text(&metrics(vec![check("db", &[])]), MetricsFormat::Prometheus);
    let found = family(&text, "health_check_duration_seconds");
    assert_eq!(
        found[2..],
        [
            r#"health_check_duration_seconds_bucket{check="db",le="0.001"} 0"#,
            r#"health_check_duration_seconds_bucket{check="db",le="0.005"} 0"#,
            r#"health_check_duration_seconds_bucket{check="db",le="0.025"} 1"#,
            r#"health_check_duration_seconds_bucket{check="db",le="0.1"} 1"#,
            r#"health_check_duration_seconds_bucket{check="db",le="0.25"} 1"#,
            r#"health_check_duration_seconds_bucket{check="db",le="1.0"} 1"#,
            r#"health_check_duration_seconds_bucket{check="db",le="2.5"} 2"#,
            r#"health_check_duration_seconds_bucket{check="db",le="10.0"} 2"#,
            r#"health_check_duration_seconds_bucket{check="db",le="+Inf"} 2"#,
            r#"health_check_duration_seconds_sum{check="db"} 2.02"#,
            r#"health_check_duration_seconds_count{check="db"} 2"#,
        ]
    );
}

#[test]
fn with_more_than_1000_checks_only_the_last_bucket_is_left() {
    let buckets = |checks| {
        let text = text(&metrics(vec![check("db", &[]); checks]), MetricsFormat::Prometheus);
        text.matches("_bucket{").count()
    };
    assert_eq!(buckets(1000), 9 * 1000);
    assert_eq!(buckets(1001), 1001);
}

#[test]
fn a_hostile_label_stays_inside_of_its_quotes() {
    let mut metrics = metrics(vec![]);
    metrics.service = HOSTILE.into();
    for format in [MetricsFormat::Prometheus, MetricsFormat::OpenMetrics] {
        let text = text(&metrics, format);
        let line = r#"health_build_info{service="<script>alert(1)</script>\"'&\\\n# EOF",version="1.2.3"} 1"#;
        assert_eq!(family(&text, "health_build_info").last(), Some(&line));
    }
}

#[test]
fn a_family_without_series_is_left_out() {
    let mut metrics = metrics(vec![]);
    metrics.lag = None;
    let text = text(&metrics, MetricsFormat::OpenMetrics);
    assert!(!text.contains("health_runtime_lag_seconds") && !text.contains("health_check_runs"));
}

/// The table of the docs: the name of each series, its type, its labels, and its meaning.
fn documented() -> Vec<[String; 4]> {
    let page = include_str!("../../../../docs/metrics.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `health_"));
    let cells = |row: &str| {
        let cells: Vec<_> = row.trim_end_matches(" |").split(" | ").collect();
        let [name, kind, labels, meaning] = cells[..] else {
            panic!("four cells: {row}")
        };
        let name = format!("health_{}", name.trim_matches('`'));
        [name, kind.into(), labels.replace(['`', '–'], ""), meaning.into()]
    };
    rows.map(cells).collect()
}

#[test]
fn the_table_of_the_docs_is_what_is_written() {
    let metrics = metrics(vec![check("db", Outcome::healthy().detail("idle", 3).details())]);
    let text = text(&metrics, MetricsFormat::OpenMetrics);
    let about = |what| {
        let lines = text.lines().filter_map(move |line| line.strip_prefix(what));
        lines.map(|line| line.split_once(' ').expect("a name and a text"))
    };
    let mut written = Vec::new();
    for ((name, help), (_, kind)) in about("# HELP ").zip(about("# TYPE ")) {
        let (suffix, kind) = match kind {
            "counter" => ("_total", "counter"),
            "info" => ("_info", "info"),
            "stateset" => ("", "states"),
            kind => ("", kind),
        };
        let series = family(&text, name)
            .into_iter()
            .find(|line| !line.starts_with('#'))
            .expect("a series");
        let (_, labels) = series.split_once('{').unwrap_or((series, "} "));
        let labels = labels
            .split_once("} ")
            .expect("a value")
            .0
            .split(',')
            .filter(|label| !label.starts_with("le="));
        let labels: Vec<_> = labels
            .map(|label| label.split('=').next().unwrap_or_default())
            .collect();
        written.push([
            format!("{name}{suffix}"),
            kind.into(),
            labels.join(", "),
            help.to_owned(),
        ]);
    }
    let documented = documented();
    assert_eq!(written.len(), documented.len());
    for (written, mut documented) in written.into_iter().zip(documented) {
        assert!(documented[3].starts_with(&written[3]), "{documented:?}");
        documented[3].clone_from(&written[3]);
        assert_eq!(written, documented);
    }
}

#[test]
fn the_docs_use_only_names_of_the_table() {
    let page = include_str!("../../../../docs/metrics.md");
    let names: Vec<_> = documented().into_iter().map(|[name, ..]| name).collect();
    let words = page.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let mut used = 0;
    for word in words.filter(|word| word.starts_with("health_")) {
        let plain = ["_sum", "_count", "_bucket"]
            .iter()
            .find_map(|suffix| word.strip_suffix(suffix));
        assert!(names.iter().any(|name| name == plain.unwrap_or(word)), "{word}");
        used += 1;
    }
    assert!(used > 40);
}
