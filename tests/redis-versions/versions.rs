//! `redis_checks!` makes the same checks for every version of the crate `redis`, proved on the real server.
#![deny(warnings)]

#[allow(dead_code, unused_imports)]
#[path = "../services/support/servers/mod.rs"]
mod servers;

use std::time::{Duration, Instant};

use health_runtime::testing::TestHealth;
use health_runtime::{CheckReport, Status};
use servers::{Redis, Server as _};

const PATIENCE: Duration = Duration::from_secs(30);

/// Runs the check again and again until its report is as expected.
async fn until(test: &TestHealth, check: &str, is_expected: impl Fn(&CheckReport) -> bool) -> CheckReport {
    let deadline = Instant::now() + PATIENCE;
    loop {
        test.refresh().await;
        test.advance(Duration::from_millis(100)); // so that the report is made anew
        let report = test.check(check);
        if is_expected(&report) {
            return report;
        }
        assert!(Instant::now() < deadline, "{report:#?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn says(report: &CheckReport, text: &str) -> bool {
    report.status == Status::Unhealthy && report.message.as_deref().is_some_and(|message| message.contains(text))
}

fn is_healthy(report: &CheckReport) -> bool {
    report.status == Status::Healthy
}

/// The tests of one version.
macro_rules! version {
    ($version:ident, $redis:ident, $max_clients:expr) => {
        mod $version {
            use health_runtime::HealthState;

            use super::*;

            health_runtime::redis_checks!(mod redis_check for ::$redis);

            #[derive(Clone, HealthState)]
            #[health(name = "managed", version = "1")]
            struct Managed {
                #[health_check(with = redis_check::connection, timeout = "1s")]
                cache: $redis::aio::ConnectionManager,
                #[health_check(with = redis_check::connection, timeout = "1s")]
                multiplexed: $redis::aio::MultiplexedConnection,
            }

            #[derive(Clone, HealthState)]
            #[health(name = "client", version = "1")]
            struct WithClient {
                #[health_check(with = redis_check::client, timeout = "1s")]
                cache: $redis::Client,
            }

            fn client(url: &str) -> TestHealth {
                TestHealth::new(WithClient {
                    cache: $redis::Client::open(url).unwrap(),
                })
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn connections_are_checked_and_lost_ones_are_unhealthy() {
                let Some(server) = Redis::start() else { return };
                let client = $redis::Client::open(server.url()).unwrap();
                let test = TestHealth::new(Managed {
                    cache: client.get_connection_manager().await.unwrap(),
                    multiplexed: client.get_multiplexed_async_connection().await.unwrap(),
                });
                test.refresh().await;
                for check in ["cache", "multiplexed"] {
                    let report = test.check(check);
                    assert!(is_healthy(&report), "{report:#?}");
                    assert!(report.details.iter().any(|detail| detail.name == "role"), "{report:#?}");
                }
                server.pause();
                until(&test, "cache", |report| says(report, "no answer")).await;
                server.resume();
                until(&test, "cache", is_healthy).await;
                server.kill();
                until(&test, "multiplexed", |report| says(report, "the connection was lost")).await;
                until(&test, "cache", |report| report.status == Status::Unhealthy).await;
                server.start_again();
                // Up to a minute passes in some versions before their manager tries again, so only the client has to.
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn a_client_reports_the_cause_and_recovers() {
                let Some(server) = Redis::start() else { return };
                let wrong = client(&server.url().replace("secret", "wrong"));
                until(&wrong, "cache", |report| says(report, "Password authentication failed")).await;
                let none = client(&format!("redis://127.0.0.1:{}/", server.port()));
                until(&none, "cache", |report| says(report, "NOAUTH")).await;

                server.cli(&["acl", "setuser", "guest", "on", ">pw", "~*", "+@all", "-info"]);
                let guest = client(&format!("redis://guest:pw@127.0.0.1:{}/", server.port()));
                let report = until(&guest, "cache", is_healthy).await;
                assert_eq!(report.details[0].value.as_str(), Some("not permitted"));

                let test = client(&server.url());
                until(&test, "cache", is_healthy).await;
                let connections = server.connections();
                for _ in 0..20 {
                    test.refresh().await;
                }
                assert_eq!(server.connections(), connections);

                server.pause();
                until(&test, "cache", |report| says(report, "accepts the connection, but does not answer")).await;
                server.resume();
                until(&test, "cache", is_healthy).await;
                server.kill();
                until(&test, "cache", |report| says(report, "Connection refused")).await;
                server.start_again();
                until(&test, "cache", is_healthy).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn a_server_that_accepts_no_more_clients_says_so() {
                let Some(server) = Redis::start() else { return };
                let busy = client(&server.url());
                until(&busy, "cache", is_healthy).await;
                server.cli(&["config", "set", "maxclients", "1"]);
                let saturated = until(&busy, "cache", |report| report.status == Status::Degraded).await;
                assert!(saturated.message.as_ref().unwrap().contains("1 of 1"), "{saturated:#?}");
                let late = client(&server.url());
                until(&late, "cache", $max_clients).await;
            }
        }
    };
}

fn too_many(report: &CheckReport) -> bool {
    says(report, "max number of clients reached")
}

// Version 0.24 takes this answer for a wrong password.
version!(v0_24, redis_0_24, |report| says(report, "authentication failed") || too_many(report));
version!(v0_27, redis_0_27, too_many);
version!(v0_29, redis_0_29, too_many);
version!(v0_32, redis_0_32, too_many);
version!(v1, redis_1, too_many);
version!(v2, redis_2, too_many);
