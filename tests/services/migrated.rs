//! `checks::sqlx_…::migrated` with real databases, in both versions of sqlx.

use health_runtime::{CheckResult, Reason, Status};
use health_services::servers::{MariaDb, Postgres};

macro_rules! with_version {
    ($module:ident: $sqlx:ident, $migrated:path, $sql:expr) => {
        mod $module {
            use $sqlx as sqlx;

            use sqlx::migrate::{Migration, MigrationType, Migrator};
            use sqlx::pool::PoolOptions;
            use $migrated as migrated;

            use super::*;

            fn migrator(migrations: &[(i64, &'static str)]) -> Migrator {
                let migrations = migrations.iter().map(|(version, sql)| {
                    Migration::new(*version, "test".into(), MigrationType::Simple, $sql(sql), false)
                });
                Migrator {
                    migrations: migrations.collect(),
                    ..Migrator::DEFAULT
                }
            }

            macro_rules! test {
                ($pool:expr) => {
                    let pool = $pool;
                    let (first, second) = (
                        (1, "CREATE TABLE one (id INT)"),
                        (2, "CREATE TABLE two (id INT)"),
                    );
                    let both = migrator(&[first, second]);
                    unhealthy(migrated(&pool, &both).await, "migrations not applied: 1, 2");
                    unhealthy(migrated(&pool, &both).await, "migrations not applied: 1, 2"); // it has created no table
                    migrator(&[first]).run(&pool).await.unwrap();
                    unhealthy(migrated(&pool, &both).await, "migrations not applied: 2");
                    both.run(&pool).await.unwrap();
                    let outcome = migrated(&pool, &both).await.unwrap();
                    assert_eq!(outcome.status(), Status::Healthy, "{outcome:?}");
                    assert_eq!(outcome.details()[0].value.as_f64(), Some(2.0));
                    let outcome = migrated(&pool, &migrator(&[first])).await.unwrap();
                    assert_eq!(
                        outcome.status(),
                        Status::Healthy,
                        "the database is newer: {outcome:?}"
                    );
                    let changed = migrator(&[(1, "CREATE TABLE one (id BIGINT)"), second]);
                    let text = "migrations changed after they had been applied: 1";
                    unhealthy(migrated(&pool, &changed).await, text);
                    let fails = "UPDATE _sqlx_migrations SET success = false WHERE version = 2";
                    sqlx::query(fails).execute(&pool).await.unwrap();
                    unhealthy(migrated(&pool, &both).await, "migrations failed halfway: 2");
                    let mut taken = Vec::new();
                    for _ in 0..2 {
                        taken.push(pool.acquire().await.unwrap());
                    }
                    let outcome = migrated(&pool, &both).await.unwrap();
                    assert_eq!(outcome.reason(), Some(Reason::Exhausted), "{outcome:?}");
                };
            }

            #[tokio::test]
            async fn migrations_of_postgresql() {
                let Some(server) = Postgres::start() else { return };
                let options = PoolOptions::<sqlx::Postgres>::new().max_connections(2);
                test!(options.connect_lazy(&server.url()).unwrap());
            }

            #[tokio::test]
            async fn migrations_of_mariadb() {
                let Some(server) = MariaDb::start() else { return };
                let options = PoolOptions::<sqlx::MySql>::new().max_connections(2);
                test!(options.connect_lazy(&server.url()).unwrap());
            }

            #[tokio::test]
            async fn migrations_of_sqlite() {
                let folder = tempfile::tempdir().unwrap();
                let options = PoolOptions::<sqlx::Sqlite>::new().max_connections(2);
                let url = format!("sqlite://{}?mode=rwc", folder.path().join("app.db").display());
                test!(options.connect_lazy(&url).unwrap());
            }
        }
    };
}

with_version!(v0_8: sqlx_0_8, health_runtime::checks::sqlx_0_8::migrated, |sql: &&'static str| (*sql).into());
with_version!(v0_9: sqlx_0_9, health_runtime::checks::sqlx_0_9::migrated, |sql: &&'static str| {
    sqlx_0_9::SqlSafeStr::into_sql_str(*sql)
});

fn unhealthy(result: CheckResult, message: &str) {
    let outcome = result.unwrap();
    assert_eq!(outcome.status(), Status::Unhealthy, "{outcome:?}");
    assert_eq!(outcome.message(), Some(message));
}
