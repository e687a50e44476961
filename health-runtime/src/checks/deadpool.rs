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
            return Ok(None); // it would open one
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
        self.manager().detach(&mut connection); // otherwise the manager would remember it for ever
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

/// Identifies a pool by the address of its manager, which the pool holds.
pub(super) struct Identity<M: Manager> {
    address: usize,
    pool: WeakPool<M>,
}

impl<M: Manager> Identity<M> {
    pub(super) fn of<W: From<Object<M>>>(pool: &Pool<M, W>) -> Self {
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
