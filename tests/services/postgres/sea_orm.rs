//! `sea_orm::DatabaseConnection`, in both versions. The check is the one of the pool inside.

macro_rules! with_version {
    ($module:ident: $sea_orm:ident on $sqlx:ident, $name:literal) => {
        mod $module {
            use $sea_orm::{DatabaseConnection, SqlxPostgresConnector};
            use $sqlx::pool::PoolConnection;
            use $sqlx::postgres::{PgPoolOptions, Postgres};

            use crate::pools::{TestPool, tests_of};

            impl TestPool for DatabaseConnection {
                const NAME: &str = $name;
                type Taken = PoolConnection<Postgres>;

                fn to(url: &str) -> Self {
                    let pool = PgPoolOptions::new().max_connections(5).connect_lazy(url).unwrap();
                    SqlxPostgresConnector::from_sqlx_postgres_pool(pool)
                }

                async fn take(&self) -> Self::Taken {
                    self.get_postgres_connection_pool().acquire().await.unwrap()
                }

                async fn echo(connection: &mut Self::Taken, value: i32) -> i32 {
                    let query = $sqlx::query_scalar("SELECT $1").bind(value);
                    query.fetch_one(&mut **connection).await.unwrap()
                }
            }

            tests_of! {
                DatabaseConnection:
                each_fault_is_told_from_the_others_and_recovery_needs_no_restart
                the_database_of_a_full_pool_is_still_asked
                ten_thousand_runs_of_which_a_third_is_cut_off_leave_nothing_behind
            }
        }
    };
}

with_version!(v1: sea_orm_1 on sqlx_0_8, "SeaORM 1");
with_version!(v2: sea_orm_2 on sqlx_0_9, "SeaORM 2");
