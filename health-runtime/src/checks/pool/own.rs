//! The connection that a check uses while its pool is full. It is opened when it is first needed.

use crate::checks::pool::rule::{answer, unopened};
use crate::checks::pool::{Answer, Fault, Pool};
use crate::checks::spare::Spare;
use crate::current_run::{patience, timed};

/// Queries the database over the kept connection, or over a new one.
pub(super) async fn ask<P: Pool>(pool: &P, spare: &Spare<P::Connection>) -> Result<Answer, Fault> {
    if let Some(mut connection) = spare.take() {
        match answer::<P>(&mut connection).await {
            Err(Fault::Lost(_)) => {} // a new one may work
            asked => return asked.inspect(|_| spare.keep(connection, pool.keep())),
        }
    }
    let mut connection = timed(patience(), pool.open()).await.map_err(unopened)??;
    let answer = answer::<P>(&mut connection).await?;
    spare.keep(connection, pool.keep());
    Ok(answer)
}
