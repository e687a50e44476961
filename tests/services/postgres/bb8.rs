//! `bb8::Pool` of bb8-postgres.

use bb8_postgres::PostgresConnectionManager;
use bb8_postgres::bb8::PooledConnection;
use bb8_postgres::tokio_postgres::NoTls;

use crate::pools::{TestPool, tests_of};

type Pool = bb8_postgres::bb8::Pool<PostgresConnectionManager<NoTls>>;

impl TestPool for Pool {
    const NAME: &str = "bb8-postgres 0.9";
    type Taken = PooledConnection<'static, PostgresConnectionManager<NoTls>>;

    fn to(url: &str) -> Self {
        let manager = PostgresConnectionManager::new(url.parse().unwrap(), NoTls);
        Pool::builder().max_size(5).build_unchecked(manager)
    }

    async fn take(&self) -> Self::Taken {
        self.get_owned().await.unwrap()
    }

    async fn echo(connection: &mut Self::Taken, value: i32) -> i32 {
        connection.query_one("SELECT $1::INT", &[&value]).await.unwrap().get(0)
    }
}

tests_of!(Pool);
