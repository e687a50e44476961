//! One check for each entry of a configuration. The entry also sets the options of the check.

use std::error::Error;
use std::time::Duration;

use health_runtime::testing::TestHealth;
use health_runtime::{CheckSpec, Health, HealthBuilder, check_fn};
use serde::Deserialize;
use tokio::net::TcpStream;

#[derive(Deserialize)]
struct Upstream {
    name: String,
    address: String,
    #[serde(default)]
    critical: bool,
    timeout_ms: u64,
    #[serde(default)]
    groups: Vec<String>,
    description: String,
    runbook: String,
}

const CONFIGURATION: &str = r#"[
    {"name": "billing", "address": "127.0.0.1:1", "critical": true, "timeout_ms": 500, "groups": ["money"],
     "description": "Takes payments.", "runbook": "https://wiki.example/billing"},
    {"name": "search", "address": "127.0.0.1:1", "timeout_ms": 200,
     "description": "Finds products.", "runbook": "https://wiki.example/search"}
]"#;

fn checks(upstreams: Vec<Upstream>) -> HealthBuilder<()> {
    let mut builder = Health::builder(()).package(health_runtime::package!());
    for upstream in upstreams {
        let mut spec = CheckSpec::named(upstream.name)
            .timeout(Duration::from_millis(upstream.timeout_ms))
            .groups(upstream.groups)
            .description(upstream.description)
            .runbook(upstream.runbook);
        if upstream.critical {
            spec = spec.critical();
        }
        let connects = check_fn(move || {
            let address = upstream.address.clone();
            async move { TcpStream::connect(address).await.map(drop) }
        });
        builder = builder.check(spec, connects);
    }
    builder
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let upstreams = serde_json::from_str(CONFIGURATION)?;
    // A service calls `.try_start()`. If the configuration is wrong, it returns an error with the name of the check.
    let health: TestHealth = checks(upstreams).manual();
    health.refresh().await;
    let report = health.check("billing");
    println!("{}", serde_json::to_string_pretty(&report)?);
    assert_eq!(report.runbook.as_deref(), Some("https://wiki.example/billing"));
    assert!(!report.status.passes(), "nothing listens on port 1");
    Ok(())
}

#[test]
fn runs() {
    main().unwrap();
}
