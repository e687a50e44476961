//! `sqlx::MySqlPool` with a real MariaDB, in both versions of sqlx.

use std::time::{Duration, Instant};

use health_runtime::{CheckSpec, Reason, Status};
use health_services::blackhole::Blackhole;
use health_services::servers::{MariaDb, Server};
use health_services::soak::{ran_alone, runs_while_full, soak_pool};
use health_services::{Faults, Watched};

const SECOND: Duration = Duration::from_secs(1);

macro_rules! with_version {
    ($module:ident: $sqlx:ident $version:literal) => {
        mod $module {
            use $sqlx as sqlx;

            use sqlx::mysql::{MySqlPool, MySqlPoolOptions};

            use super::*;

            fn pool(url: &str) -> MySqlPool {
                MySqlPoolOptions::new()
                    .max_connections(5)
                    .connect_lazy(url)
                    .unwrap()
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn each_fault_is_told_from_the_others_and_recovery_needs_no_restart() {
                let Some(server) = MariaDb::start_with(&[("max_user_connections", "100")]) else {
                    return;
                };
                let mut faults = Faults::new(concat!("MariaDB with sqlx ", $version).to_owned());
                server.kill();
                let watched = Watched::new(pool(&server.url()));
                let refused = "Connection refused";
                faults
                    .add(
                        "not there at boot",
                        &watched,
                        refused,
                        || {},
                        || server.start_again(),
                    )
                    .await;
                faults
                    .add(
                        "killed",
                        &watched,
                        refused,
                        || server.kill(),
                        || server.start_again(),
                    )
                    .await;
                let hangs = "no answer within";
                faults
                    .add(
                        "hangs (SIGSTOP)",
                        &watched,
                        hangs,
                        || server.pause(),
                        || server.resume(),
                    )
                    .await;
                let set_password = |password: &str| {
                    server.sql(&format!(
                        "SET PASSWORD FOR app = PASSWORD('{password}'); KILL USER app"
                    ));
                };
                faults
                    .add(
                        "password rotated",
                        &watched,
                        "Access denied",
                        || set_password("secret-other"),
                        || set_password("secret-app-pw"),
                    )
                    .await;
                // Negative: nobody but a superuser may connect.
                let limit = |most: i32| {
                    server.sql(&format!(
                        "SET GLOBAL max_user_connections = {most}; KILL USER app"
                    ));
                };
                faults
                    .add(
                        "connections exhausted",
                        &watched,
                        "max_user_connections",
                        || limit(-1),
                        || limit(100),
                    )
                    .await;
                let read_only = |value: u32| {
                    server.sql(&format!("SET GLOBAL read_only = {value}"));
                };
                faults
                    .add(
                        "turned into a replica (`read_only`)",
                        &watched,
                        "read-only now",
                        || read_only(1),
                        || read_only(0),
                    )
                    .await;
                let began = Instant::now();
                let hole = Blackhole::new();
                let nowhere = Watched::new(pool(&format!("mysql://app:secret@{}/app", hole.address())));
                let report = nowhere.until_error("no connection").await;
                faults.push("blackholed address", &report, began.elapsed(), None);
                faults.compare();
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn a_full_pool_is_saturated_until_nothing_has_come_back_for_max_age() {
                let Some(server) = MariaDb::start() else { return };
                let pool = pool(&server.url());
                let spec = CheckSpec::new("db").interval(SECOND).timeout(SECOND / 2);
                let watched = Watched::with(spec.max_age(5 * SECOND), pool.clone());
                watched.until_healthy().await;
                let mut taken = Vec::new();
                for _ in 0..5 {
                    taken.push(pool.acquire().await.unwrap());
                }
                watched.until(Status::Degraded, Some(Reason::Saturated)).await;
                watched.until(Status::Unhealthy, Some(Reason::Exhausted)).await;
                drop(taken);
                watched.until_healthy().await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn ten_thousand_runs_of_which_a_third_is_cut_off_leave_nothing_behind() {
                if ran_alone() {
                    return;
                }
                let Some(server) = MariaDb::start() else { return };
                let pool = pool(&server.url());
                soak_pool(pool.clone(), 5, || server.connections()).await;
                let mut taken = Vec::new();
                for value in 0..5 {
                    let mut connection = pool.acquire().await.unwrap();
                    let answer: i32 = sqlx::query_scalar("SELECT CAST(? AS INT)")
                        .bind(value)
                        .fetch_one(&mut *connection)
                        .await
                        .unwrap();
                    assert_eq!(answer, value, "the connection is in the middle of another answer");
                    taken.push(connection);
                }
                // The pool is full now.
                runs_while_full(pool.clone()).await;
                assert!(server.connections() <= 5 + 2, "{}", server.connections());
            }
        }
    };
}

with_version!(v0_8: sqlx_0_8 "0.8");
with_version!(v0_9: sqlx_0_9 "0.9");
