//! The connection that a check keeps for itself while its pool is full. It is opened when it is first needed, and
//! closed when nothing has needed it for a while.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::time::sleep;

use crate::checks::pool::rule::{answer, timed, unopened};
use crate::checks::pool::{Answer, Fault, Pool};
use crate::current_run::patience;

/// Where the connection is kept between the runs.
pub(super) struct Slot<C>(Arc<Mutex<Kept<C>>>);

struct Kept<C> {
    connection: Option<C>,
    /// How often a connection has been put here.
    uses: u64,
}

impl<C> Default for Slot<C> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Kept {
            connection: None,
            uses: 0,
        })))
    }
}

/// Asks the database over the kept connection, or over a new one.
pub(super) async fn ask<P: Pool>(pool: &P, slot: &Slot<P::Connection>) -> Result<Answer, Fault> {
    let kept = lock(&slot.0).connection.take();
    if let Some(mut connection) = kept {
        match answer::<P>(&mut connection).await {
            Err(Fault::Lost(_)) => {} // a new one may work
            asked => return asked.inspect(|_| keep(pool, slot, connection)),
        }
    }
    let mut connection = timed(patience(), pool.open()).await.map_err(unopened)??;
    let answer = answer::<P>(&mut connection).await?;
    keep(pool, slot, connection);
    Ok(answer)
}

/// Puts the connection back, and closes it later unless it is used again.
fn keep<P: Pool>(pool: &P, slot: &Slot<P::Connection>, connection: P::Connection) {
    let mut kept = lock(&slot.0);
    kept.connection = Some(connection);
    kept.uses += 1;
    let (uses, slot, time) = (kept.uses, Arc::downgrade(&slot.0), pool.keep());
    drop(kept);
    tokio::spawn(async move {
        sleep(time).await;
        close(&slot, uses);
    });
}

fn close<C>(slot: &Weak<Mutex<Kept<C>>>, uses: u64) {
    let Some(slot) = slot.upgrade() else { return };
    let mut kept = lock(&slot);
    let unused = (kept.uses == uses).then(|| kept.connection.take());
    drop(kept);
    drop(unused); // not under the lock: it is code of a driver
}

fn lock<C>(slot: &Mutex<Kept<C>>) -> MutexGuard<'_, Kept<C>> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}
