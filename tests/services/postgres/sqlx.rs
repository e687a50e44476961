//! `sqlx::PgPool`, in both versions.

use std::time::{Duration, Instant};

use health_runtime::{CheckSpec, Reason, Status};
use health_services::blackhole::Blackhole;
use health_services::servers::{PgBouncer, Postgres, Server};
use health_services::soak::{ran_alone, runs_while_full, soak_pool};
use health_services::watched::message;
use health_services::{Faults, Watched};

const SECOND: Duration = Duration::from_secs(1);

macro_rules! with_version {
    ($module:ident: $sqlx:ident $version:literal) => {
        mod $module {
            use $sqlx as sqlx;

            use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

            use super::*;

            fn pool(url: &str) -> PgPool {
                PgPoolOptions::new().max_connections(5).connect_lazy(url).unwrap()
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn each_fault_is_told_from_the_others_and_recovery_needs_no_restart() {
                let Some(server) = Postgres::start() else {
                    return;
                };
                let mut faults = Faults::new(concat!("PostgreSQL with sqlx ", $version).to_owned());
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
                faults
                    .add(
                        "password rotated",
                        &watched,
                        "password authentication failed",
                        || {
                            server.sql("ALTER ROLE app PASSWORD 'secret-other'");
                            server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'");
                        },
                        || {
                            server.sql("ALTER ROLE app PASSWORD 'secret-app-pw'");
                        },
                    )
                    .await;
                faults
                    .add(
                        "connections exhausted",
                        &watched,
                        "too many",
                        || {
                            server.sql("ALTER ROLE app CONNECTION LIMIT 0");
                            server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'");
                        },
                        || {
                            server.sql("ALTER ROLE app CONNECTION LIMIT -1");
                        },
                    )
                    .await;
                let standby = server.standby();
                faults
                    .add(
                        "failover to a standby, and the old primary follows it",
                        &watched,
                        "read-only now",
                        || {
                            server.stop();
                            standby.promote();
                            server.demote_to_standby_of(&standby);
                        },
                        || {
                            standby.stop();
                            server.promote();
                        },
                    )
                    .await;
                let began = Instant::now();
                let hole = Blackhole::new();
                let nowhere = Watched::new(pool(&format!("postgres://app:secret@{}/app", hole.address())));
                let report = nowhere.until_error("no connection").await;
                faults.push("blackholed address", &report, began.elapsed(), None);
                faults.compare();
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn a_demoted_primary_is_read_only_and_a_standby_is_well() {
                let Some(primary) = Postgres::start() else { return };
                let standby = primary.standby();
                let watched = Watched::new(pool(&primary.url()));
                let replica = Watched::new(pool(&standby.url()));
                assert_eq!(detail(&watched.until_healthy().await, "read_only"), "false");
                assert_eq!(detail(&replica.until_healthy().await, "read_only"), "true");
                primary.stop();
                standby.promote();
                primary.demote_to_standby_of(&standby);
                let report = watched.until(Status::Unhealthy, Some(Reason::ReadOnly)).await;
                assert_eq!(message(&report), "read-only now, and was not before");
                let report = replica
                    .until_it("promoted", |report| detail(report, "read_only") == "false")
                    .await;
                assert_eq!(report.status, Status::Healthy);
                standby.stop();
                primary.promote();
                watched.until_healthy().await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn a_full_pool_is_saturated_until_nothing_has_come_back_for_max_age() {
                let Some(server) = Postgres::start() else { return };
                let pool = pool(&server.url());
                let spec = || CheckSpec::new("db").interval(SECOND).timeout(SECOND / 2);
                let patient = Watched::with(spec().max_age(60 * SECOND), pool.clone());
                let strict = Watched::with(spec().max_age(6 * SECOND), pool.clone());
                patient.until_healthy().await;
                strict.until_healthy().await;
                let mut taken = Vec::new();
                for _ in 0..5 {
                    taken.push(pool.acquire().await.unwrap());
                }
                let began = Instant::now();
                patient.until(Status::Degraded, Some(Reason::Saturated)).await;
                assert_eq!(patient.detail("in_use").as_deref(), Some("5"));
                assert_eq!(patient.detail("max").as_deref(), Some("5"));
                assert!(server.connections() <= 5 + 2, "one for each check");
                let report = strict.until(Status::Unhealthy, Some(Reason::Exhausted)).await;
                assert!(began.elapsed() < 8 * SECOND, "{:?} {report:?}", began.elapsed());
                let rest = (30 * SECOND).saturating_sub(began.elapsed());
                patient
                    .always(rest, |report| report.reason == Some(Reason::Saturated))
                    .await;
                drop(taken);
                strict.until_healthy().await;
                patient.until_healthy().await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn the_database_of_a_full_pool_is_still_asked() {
                let Some(server) = Postgres::start() else { return };
                let pool = pool(&server.url());
                let spec = CheckSpec::new("db").interval(SECOND).timeout(SECOND / 2);
                let watched = Watched::with(spec.max_age(60 * SECOND), pool.clone());
                watched.until_healthy().await;
                let mut taken = Vec::new();
                for _ in 0..5 {
                    taken.push(pool.acquire().await.unwrap());
                }
                watched.until(Status::Degraded, Some(Reason::Saturated)).await;
                server.kill();
                let began = Instant::now();
                watched.until_error("Connection refused").await;
                assert!(began.elapsed() < 2 * SECOND, "{:?}", began.elapsed());
                server.start_again();
                watched.until(Status::Degraded, Some(Reason::Saturated)).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn a_database_that_accepts_no_more_connections_is_as_busy_as_a_full_pool() {
                let Some(server) = Postgres::start() else { return };
                let pool = pool(&server.url());
                let spec = CheckSpec::new("db").interval(SECOND).timeout(SECOND / 2);
                let watched = Watched::with(spec.max_age(5 * SECOND), pool.clone());
                watched.until_healthy().await;
                let mut taken = vec![pool.acquire().await.unwrap(), pool.acquire().await.unwrap()];
                server.sql("ALTER ROLE app CONNECTION LIMIT 2");
                let report = watched.until(Status::Degraded, Some(Reason::Saturated)).await;
                assert!(
                    message(&report).contains("too many connections for role"),
                    "{report:?}"
                );
                watched.until(Status::Unhealthy, Some(Reason::Exhausted)).await;
                taken.pop();
                watched.until_healthy().await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn ten_thousand_runs_of_which_a_third_is_cut_off_leave_nothing_behind() {
                if ran_alone() {
                    return;
                }
                let Some(server) = Postgres::start() else { return };
                let server = server.with_fast_logins();
                let pool = pool(&server.url());
                soak_pool(pool.clone(), 5, || server.connections()).await;
                let mut taken = Vec::new();
                for value in 0..5 {
                    let mut connection = pool.acquire().await.unwrap();
                    let answer: i32 = sqlx::query_scalar("SELECT $1")
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

            #[tokio::test(flavor = "multi_thread")]
            async fn a_pool_behind_pgbouncer_in_transaction_mode_works() {
                let Some(server) = Postgres::start() else { return };
                let Some(bouncer) = PgBouncer::start(&server) else {
                    return;
                };
                let options: PgConnectOptions = bouncer.url().parse().unwrap();
                let pool = PgPoolOptions::new()
                    .max_connections(5)
                    .connect_lazy_with(options.statement_cache_capacity(0));
                let watched = Watched::new(pool);
                watched.until_healthy().await;
                server.kill();
                let report = watched.until(Status::Unhealthy, Some(Reason::Error)).await;
                assert!(!message(&report).is_empty());
                server.start_again();
                watched.until_healthy().await;
                bouncer.kill();
                watched.until_error("Connection refused").await;
                bouncer.start_again();
                watched.until_healthy().await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn a_pool_that_cannot_prepare_its_connections_is_unhealthy_although_the_database_is_well() {
                let Some(server) = Postgres::start() else { return };
                let pool = PgPoolOptions::new()
                    .after_connect(|_, _| Box::pin(async { Err(sqlx::Error::RowNotFound) }))
                    .connect_lazy(&server.url())
                    .unwrap();
                let watched = Watched::new(pool);
                watched.until_error("no connection could be opened within").await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn a_closed_pool_is_unhealthy() {
                let Some(server) = Postgres::start() else { return };
                let pool = pool(&server.url());
                let watched = Watched::new(pool.clone());
                watched.until_healthy().await;
                pool.close().await;
                watched.until_error("the pool is closed").await;
            }
        }
    };
}

with_version!(v0_8: sqlx_0_8 "0.8");
with_version!(v0_9: sqlx_0_9 "0.9");

fn detail(report: &health_runtime::CheckReport, name: &str) -> String {
    let detail = report.details.iter().find(|detail| detail.name == name);
    detail.map(|detail| detail.value.to_string()).unwrap_or_default()
}
