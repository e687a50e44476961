//! The pools of diesel-async.

use diesel::sql_types::Integer;
use diesel::{IntoSql as _, select};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, bb8, deadpool};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};

use crate::pools::{TestPool, tests_of};

impl TestPool for deadpool::Pool<AsyncPgConnection> {
    const NAME: &str = "diesel-async 0.9 on deadpool";
    const REFUSED: &str = "error connecting to server";
    const PREPARES: bool = true;
    type Taken = deadpool::Object<AsyncPgConnection>;

    fn to(url: &str) -> Self {
        let manager = AsyncDieselConnectionManager::new(url);
        Self::builder(manager).max_size(5).build().unwrap()
    }

    async fn take(&self) -> Self::Taken {
        self.get().await.unwrap()
    }

    async fn echo(connection: &mut Self::Taken, value: i32) -> i32 {
        echo(connection, value).await
    }
}

impl TestPool for bb8::Pool<AsyncPgConnection> {
    const NAME: &str = "diesel-async 0.9 on bb8";
    const REFUSED: &str = "error connecting to server";
    const PREPARES: bool = true;
    type Taken = bb8::PooledConnection<'static, AsyncPgConnection>;

    fn to(url: &str) -> Self {
        let manager = AsyncDieselConnectionManager::new(url);
        Self::builder().max_size(5).build_unchecked(manager)
    }

    async fn take(&self) -> Self::Taken {
        self.get_owned().await.unwrap()
    }

    async fn echo(connection: &mut Self::Taken, value: i32) -> i32 {
        echo(connection, value).await
    }
}

async fn echo(connection: &mut AsyncPgConnection, value: i32) -> i32 {
    select(value.into_sql::<Integer>())
        .get_result(connection)
        .await
        .unwrap()
}

mod on_deadpool {
    super::tests_of!(super::deadpool::Pool<super::AsyncPgConnection>);
}

mod on_bb8 {
    super::tests_of!(super::bb8::Pool<super::AsyncPgConnection>);
}
