//! A real Prometheus scrapes a real service. Its parser of OpenMetrics is strict.

use std::collections::BTreeSet;

use health_prometheus::{Prometheus, Service, get, names, wait_until};

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0";

#[test]
fn prometheus_scrapes_openmetrics_and_stores_every_series() {
    let service = Service::start();
    let Some(prometheus) = Prometheus::start(&[service.internal]) else {
        return;
    };
    wait_until("the target has been scraped", || prometheus.query("up").pop());
    let is_up = || prometheus.query("up == 1").pop();
    assert!(is_up().is_some(), "{}", prometheus.api("targets"));

    // Only OpenMetrics has this type. So Prometheus has asked for this format, and has read it.
    let of_status = prometheus.api("metadata?metric=health_status");
    assert_eq!(of_status["health_status"][0]["type"], "stateset", "{of_status}");

    let text = get(service.internal, "/metrics", OPENMETRICS);
    let written = text.lines().filter(|line| !line.starts_with('#')).count();
    let stored = prometheus.query("count({__name__=~\"health_.+\"})");
    assert_eq!(stored[0].1, written.to_string());
    for name in names() {
        let histogram = format!("{name}_count");
        let name = if name.ends_with("duration_seconds") {
            &histogram
        } else {
            name
        };
        assert!(!prometheus.query(name).is_empty(), "{name}");
    }
}

#[test]
fn hostile_texts_arrive_as_they_are() {
    let service = Service::start();
    let Some(prometheus) = Prometheus::start(&[service.internal]) else {
        return;
    };
    let details = wait_until("the target has been scraped", || {
        Some(prometheus.query("health_check_detail")).filter(|details| !details.is_empty())
    });
    let keys: BTreeSet<_> = details
        .iter()
        .filter_map(|(labels, _)| labels["key"].as_str())
        .collect();
    assert_eq!(
        keys,
        BTreeSet::from(["waiting", "<script>alert(1)</script>\"'&\\ # EOF"])
    );
    let build = prometheus.query("health_build_info");
    assert_eq!(build[0].0["service"], "<script>alert(1)</script>\"'&\\ # EOF");
}

#[test]
fn one_outage_is_one_alert_beside_that_of_the_service() {
    let service = Service::start();
    let Some(prometheus) = Prometheus::start(&[service.internal]) else {
        return;
    };
    wait_until("the rules have been evaluated", || prometheus.query("ALERTS").pop());
    for alert in prometheus.alerts() {
        let fires = prometheus.query(&alert.expression);
        let checks: Vec<_> = fires.iter().map(|(labels, _)| &labels["check"]).collect();
        match &*alert.name {
            "CheckFails" => assert_eq!(checks, ["db"]),
            "ServiceNotReady" => assert_eq!(checks.len(), 1),
            _ => assert!(fires.is_empty(), "{alert:?}: {fires:?}"),
        }
    }
}
