//! The check of `sea_orm::DatabaseConnection`. Each version expands the same macro.

macro_rules! check {
    ($mysql:literal, $postgres:literal, $sqlite:literal) => {
        use crate::BoxError;
        use crate::check::HealthCheck;
        use crate::current_run::{patience, within};
        use crate::outcome::{CheckResult, Outcome};

        /// Checks the database in the same way as the check of the sqlx pool inside. The feature of that pool must be
        /// enabled as well, for example
        #[doc = concat!("`", $postgres, "`.")]
        ///
        /// | backend | what is checked |
        /// |---|---|
        #[doc = concat!("| PostgreSQL, with the feature `", $postgres, "` | that it answers, and still takes writes if it took them before: see the check of `sqlx::PgPool` |")]
        #[doc = concat!("| MySQL and MariaDB, with the feature `", $mysql, "` | that it answers, and still takes writes if it took them before: see the check of `sqlx::MySqlPool` |")]
        #[doc = concat!("| SQLite, with the feature `", $sqlite, "` | that it can be read and written: see the check of `sqlx::SqlitePool` |")]
        /// | any other backend, or one of these without its feature | that `DatabaseConnection::ping` succeeds |
        /// | `Disconnected` | nothing: the check is always unhealthy, `error` |
        ///
        /// What is sent, the results, the details and the cost are those of the pool's check.
        ///
        /// Feature: `sea-orm-1` for SeaORM 1, `sea-orm-2` for SeaORM 2, and the feature of the pool.
        ///
        /// # What it does not detect
        ///
        /// With `ping`, the check only proves that the database answers. It waits in the queue of the pool for a
        /// connection, for at most 3/4 of the check's timeout. So it is unhealthy if all connections stay in use, and
        /// it does not detect that a database has become read-only. There are no details.
        ///
        /// # Cancel safety
        ///
        /// As for the check of the pool.
        impl HealthCheck for DatabaseConnection {
            async fn check(&self) -> CheckResult {
                match kind(self) {
                    Kind::Disconnected => Err(DISCONNECTED.into()),
                    #[cfg(feature = $mysql)]
                    Kind::SqlxMySqlPoolConnection(_) => self.get_mysql_connection_pool().check().await,
                    #[cfg(feature = $postgres)]
                    Kind::SqlxPostgresPoolConnection(_) => self.get_postgres_connection_pool().check().await,
                    #[cfg(feature = $sqlite)]
                    Kind::SqlxSqlitePoolConnection(_) => self.get_sqlite_connection_pool().check().await,
                    #[allow(unreachable_patterns, reason = "the service may have enabled more backends")]
                    _ => ping(self).await,
                }
            }
        }

        #[cfg(any(feature = $mysql, feature = $postgres))]
        impl crate::checks::ConnectionPool for DatabaseConnection {}

        const DISCONNECTED: &str = "the `DatabaseConnection` is `Disconnected`, which is its default; \
                                    put the one that `Database::connect` returns into the state";

        async fn ping(connection: &DatabaseConnection) -> CheckResult {
            let patience = patience();
            match within(patience, connection.ping()).await {
                Some(Ok(())) => Ok(Outcome::healthy()),
                Some(Err(error)) => Err(error.into()),
                None => {
                    let error = format!("no connection was free, or none answered, within {} ms", patience.as_millis());
                    Err(BoxError::from(error))
                }
            }
        }

        #[cfg(test)]
        mod tests {
            use super::*;

            #[tokio::test]
            async fn a_connection_that_was_never_opened_is_an_error_that_names_the_way_out() {
                let result = DatabaseConnection::default().check().await;
                let text = result.expect_err("there is no database").to_string();
                assert!(text.contains("Database::connect"), "{text}");
            }
        }
    };
}
use check;

#[cfg(feature = "sea-orm-1")]
mod v1 {
    use ::sea_orm_1::DatabaseConnection as Kind;
    use ::sea_orm_1::DatabaseConnection;

    fn kind(connection: &DatabaseConnection) -> &Kind {
        connection
    }

    super::check!("sqlx-0_8-mysql", "sqlx-0_8-postgres", "sqlx-0_8-sqlite");
}

#[cfg(feature = "sea-orm-2")]
mod v2 {
    use ::sea_orm_2::DatabaseConnection;
    use ::sea_orm_2::DatabaseConnectionType as Kind;

    fn kind(connection: &DatabaseConnection) -> &Kind {
        &connection.inner
    }

    super::check!("sqlx-0_9-mysql", "sqlx-0_9-postgres", "sqlx-0_9-sqlite");
}
