//! A service without a state struct: its checks are closures.

use std::error::Error;

use health_runtime::testing::TestHealth;
use health_runtime::{CheckSpec, Health, HealthBuilder, Probe, Status, check_fn};

fn checks() -> HealthBuilder<()> {
    Health::builder(())
        .package(health_runtime::package!())
        .check(
            CheckSpec::new("temp-dir").critical().blocking(),
            check_fn(|| std::fs::metadata(std::env::temp_dir()).map(drop)),
        )
        .check(
            CheckSpec::new("resolver"),
            check_fn(|| async { tokio::net::lookup_host("localhost:80").await.map(drop) }),
        )
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let health: TestHealth = checks().manual(); // a service calls `.start()`
    health.refresh().await;
    health.assert_check("temp-dir", Status::Healthy);
    println!("{}", serde_json::to_string(&health.report(Probe::Readiness))?);
    Ok(())
}

#[test]
fn runs() {
    main().unwrap();
}
