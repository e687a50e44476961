//! What the check of a pool of the crate `deadpool` needs, for every kind of connection.

use std::error::Error;
use std::time::Duration;

use ::deadpool::managed::{Manager, Object, Pool, PoolError, TimeoutType, WeakPool};

use crate::checks::pool::{self, Answer, Asked, Fault, Sizes};
use crate::current_run::Owner;

impl<M> pool::Pool for Pool<M>
where
    M: Manager + 'static,
    M::Type: Asked<M::Error> + Sync,
    M::Error: Error + Send + Sync + 'static,
{
    type Connection = M::Type;
    type Taken = Object<M>;

    fn owner(&self) -> Option<Box<dyn Owner>> {
        Some(Box::new(Identity::of(self)))
    }

    fn sizes(&self) -> Sizes {
        let status = self.status();
        Sizes {
            size: status.size,
            idle: status.available,
            max: status.max_size,
        }
    }

    fn is_closed(&self) -> bool {
        Pool::is_closed(self)
    }

    async fn take_idle(&self) -> Result<Option<Object<M>>, Fault> {
        if self.status().available == 0 {
            return Ok(None); // `timeout_get` would open one
        }
        let mut timeouts = self.timeouts();
        timeouts.wait = Some(Duration::ZERO); // does not queue
        match self.timeout_get(&timeouts).await {
            Ok(taken) => Ok(Some(taken)),
            Err(PoolError::Timeout(TimeoutType::Wait)) => Ok(None),
            Err(error) => Err(fault::<M>(error)),
        }
    }

    async fn take(self) -> Result<Object<M>, Fault> {
        self.get().await.map_err(fault::<M>)
    }

    async fn open(&self) -> Result<M::Type, Fault> {
        let mut connection = self.manager().create().await.map_err(M::Type::fault)?;
        self.manager().detach(&mut connection); // otherwise the manager would keep an entry for it for ever
        Ok(connection)
    }

    async fn ask(connection: &mut M::Type) -> Result<Answer, Fault> {
        connection.ask().await
    }

    fn discard(taken: Object<M>) {
        drop(Object::take(taken));
    }
}

fn fault<M: Manager>(error: PoolError<M::Error>) -> Fault
where
    M::Type: Asked<M::Error>,
    M::Error: Error + Send + Sync + 'static,
{
    match error {
        PoolError::Timeout(_) => Fault::Unexplained,
        PoolError::Backend(error) => M::Type::fault(error),
        error => Fault::Failed(error.into()),
    }
}

/// Identifies a pool by the address of its manager, which belongs to the pool.
pub(in crate::checks) struct Identity<M: Manager> {
    address: usize,
    pool: WeakPool<M>,
}

impl<M: Manager> Identity<M> {
    pub(in crate::checks) fn of<W: From<Object<M>>>(pool: &Pool<M, W>) -> Self {
        Self {
            address: std::ptr::from_ref(pool.manager()).addr(),
            pool: pool.weak(),
        }
    }
}

impl<M> Owner for Identity<M>
where
    M: Manager,
    M::Type: Sync,
{
    fn address(&self) -> usize {
        self.address
    }

    fn is_alive(&self) -> bool {
        self.pool.upgrade().is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use ::deadpool::managed::{Metrics, RecycleResult};

    use super::*;
    use crate::checks::pool::Pool as _;

    struct Opens;

    struct Connection;

    impl Manager for Opens {
        type Type = Connection;
        type Error = io::Error;

        async fn create(&self) -> io::Result<Connection> {
            Ok(Connection)
        }

        async fn recycle(&self, _: &mut Connection, _: &Metrics) -> RecycleResult<io::Error> {
            Ok(())
        }
    }

    impl Asked<io::Error> for Connection {
        async fn ask(&mut self) -> Result<Answer, Fault> {
            Ok(Answer::default())
        }

        fn fault(error: io::Error) -> Fault {
            Fault::Lost(error.into())
        }
    }

    fn pool() -> Pool<Opens> {
        Pool::builder(Opens).max_size(1).build().expect("it has no timeout")
    }

    #[tokio::test]
    async fn the_identity_of_a_pool_is_that_of_its_clones_and_ends_with_the_last_one() {
        let (pool, other) = (pool(), pool());
        let clone = pool.clone();
        let owner = pool.owner().expect("it has one");
        assert_eq!(owner.address(), clone.owner().expect("it has one").address());
        assert_ne!(owner.address(), other.owner().expect("it has one").address());
        drop(pool);
        assert!(owner.is_alive());
        drop(clone);
        assert!(!owner.is_alive());
    }

    #[tokio::test]
    async fn only_an_idle_connection_is_taken_without_queueing_and_a_discarded_one_leaves_the_pool() {
        let pool = pool();
        assert!(pool.take_idle().await.expect("no fault").is_none(), "none is open yet");
        let taken = pool.clone().take().await.expect("it opens one");
        assert!(pool.take_idle().await.expect("no fault").is_none(), "it is in use");
        drop(taken);
        let taken = pool.take_idle().await.expect("no fault").expect("one is idle");
        Pool::<Opens>::discard(taken);
        assert_eq!(pool.sizes().size, 0);
    }
}
