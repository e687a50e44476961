//! `deadpool_postgres::Pool`.

use deadpool_postgres::tokio_postgres::NoTls;
use deadpool_postgres::{Manager, Object, Pool};

use crate::pools::{TestPool, tests_of};

impl TestPool for Pool {
    const NAME: &str = "deadpool-postgres 0.14";
    type Taken = Object;

    fn to(url: &str) -> Self {
        let manager = Manager::new(url.parse().unwrap(), NoTls);
        Pool::builder(manager).max_size(5).build().unwrap()
    }

    async fn take(&self) -> Object {
        self.get().await.unwrap()
    }

    async fn echo(connection: &mut Object, value: i32) -> i32 {
        connection.query_one("SELECT $1::INT", &[&value]).await.unwrap().get(0)
    }
}

tests_of!(Pool);

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_pool_is_unhealthy() {
    let Some(server) = health_services::servers::Postgres::start() else {
        return;
    };
    let pool = Pool::to(&server.url());
    let watched = health_services::Watched::new(pool.clone());
    watched.until_healthy().await;
    pool.close();
    watched.until_error("the pool is closed").await;
}
