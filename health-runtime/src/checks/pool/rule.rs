//! What a run does, and what it reports.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use futures_util::future::join;
use tokio::time::sleep;

use crate::checks::pool::own;
use crate::checks::pool::place::Place;
use crate::checks::pool::{Answer, Fault, Pool, Sizes};
use crate::checks::spare::Spare;
use crate::current_run::{self, Awake, patience, timed};
use crate::outcome::{CheckResult, Outcome};
use crate::panics;

/// What a check keeps for a pool between its runs.
struct Memory<P: Pool> {
    own: Spare<P::Connection>,
    /// The place in the queue of a full pool.
    place: Mutex<Option<Place>>,
    /// When the pool last gave the check a connection, or, before that, when the check first ran. `None` if nothing is
    /// kept between the runs. Time during which the process is suspended is not measured.
    flowed: Mutex<Option<Awake>>,
}

impl<P: Pool> Default for Memory<P> {
    fn default() -> Self {
        Self {
            own: Spare::default(),
            place: Mutex::default(),
            flowed: Mutex::new(Some(Awake::now())),
        }
    }
}

impl<P: Pool> Memory<P> {
    fn of(pool: &P) -> Arc<Self> {
        let nothing = || {
            Arc::new(Self {
                flowed: Mutex::new(None),
                ..Self::default()
            })
        };
        pool.owner().map_or_else(nothing, current_run::kept)
    }

    fn flows(&self) {
        *locked(&self.flowed) = Some(Awake::now());
    }

    /// The outcome if the pool has no free connection, but the database is running.
    fn busy(&self, message: &str) -> Outcome {
        let Some(flowed) = *locked(&self.flowed) else {
            return Outcome::exhausted(message); // the engine compares the last success with `max_age`
        };
        let limit = current_run::max_age().unwrap_or(Duration::MAX);
        if flowed.elapsed() <= limit {
            Outcome::saturated(message)
        } else {
            Outcome::exhausted(format!("{message}, and none has come back for {} s", limit.as_secs())).for_good()
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Checks the pool and its database.
pub(crate) async fn check<P: Pool>(pool: &P) -> CheckResult {
    if pool.is_closed() {
        return Err("the pool is closed".into());
    }
    let memory = Memory::of(pool);
    match timed(patience(), pool.take_idle()).await {
        Ok(Ok(Some(taken))) => match ask::<P>(taken).await {
            // The server may have closed idle connections, for example in a restart. `take_idle` may return such a
            // connection, but `take` tests it first.
            Err(Fault::Lost(_)) => open(pool, &memory).await,
            asked => report(pool, &memory, asked),
        },
        Ok(Ok(None)) if pool.sizes().is_full() => busy(pool, &memory).await,
        Ok(Ok(None) | Err(Fault::Lost(_) | Fault::Unexplained)) => open(pool, &memory).await,
        Ok(Err(fault)) => refused(pool, &memory, fault),
        Err(waited) => Err(unopened(waited).into_error()),
    }
}

pub(super) fn unopened(waited: u128) -> Fault {
    Fault::Failed(format!("no connection could be opened within {waited} ms").into())
}

/// Queries over a connection of the pool. If the run is aborted before it has read the whole answer, the connection is
/// closed, because its next user would read the rest of that answer.
async fn ask<P: Pool>(taken: P::Taken) -> Result<Answer, Fault> {
    struct Guard<P: Pool>(Option<P::Taken>);

    impl<P: Pool> Drop for Guard<P> {
        fn drop(&mut self) {
            if let Some(taken) = self.0.take() {
                P::discard(taken);
            }
        }
    }

    let mut guard = Guard::<P>(Some(taken));
    let connection = guard.0.as_mut().expect("it has just been put there");
    let answer = answer::<P>(connection).await?;
    drop(guard.0.take()); // back to the pool
    Ok(answer)
}

/// Queries the database, and waits for its answer for a limited time.
pub(super) async fn answer<P: Pool>(connection: &mut P::Connection) -> Result<Answer, Fault> {
    match timed(patience(), P::ask(connection)).await {
        Ok(answer) => answer,
        Err(waited) => {
            let error = format!("connected, but a query got no answer within {waited} ms");
            Err(Fault::Failed(error.into()))
        }
    }
}

/// Lets the pool open a connection, and queries over it.
async fn open<P: Pool>(pool: &P, memory: &Memory<P>) -> CheckResult {
    let patience = patience();
    match timed(patience, opened(pool, patience / 4)).await {
        Ok(Ok(taken)) => report(pool, memory, ask::<P>(taken).await),
        Ok(Err(fault)) => refused(pool, memory, fault),
        Err(_) if pool.sizes().is_full() => busy(pool, memory).await,
        Err(waited) => Err(unopened(waited).into_error()),
    }
}

/// Waits until the pool hands out a connection, or until the cause is known why it does not.
///
/// Some pools try again and again until their own timeout, and do not report the cause. So if the pool takes longer
/// than `head_start`, the check also tries to connect by itself. If this attempt fails, its error is the cause. If it
/// succeeds, the check continues to wait for the pool.
async fn opened<P: Pool>(pool: &P, head_start: Duration) -> Result<P::Taken, Fault> {
    let mut take = pin!(pool.clone().take());
    let mut own = pin!(async {
        sleep(head_start).await;
        pool.open().await.map(drop)
    });
    let (mut gave_up, mut accepts) = (false, false);
    poll_fn(|context| {
        if !gave_up && let Poll::Ready(taken) = take.as_mut().poll(context) {
            match taken {
                Err(Fault::Unexplained) => gave_up = true,
                known => return Poll::Ready(known),
            }
        }
        if !accepts && let Poll::Ready(opened) = own.as_mut().poll(context) {
            match opened {
                Ok(()) => accepts = true,
                Err(fault) => return Poll::Ready(Err(fault)),
            }
        }
        if gave_up && accepts {
            let error = "the pool opens no connection, although the database accepts connections";
            return Poll::Ready(Err(Fault::Failed(error.into())));
        }
        Poll::Pending
    })
    .await
}

/// The outcome if no connection could be opened. If the database only refuses further connections, and some connections
/// of the pool are in use, the pool is treated as full.
fn refused<P: Pool>(pool: &P, memory: &Memory<P>, fault: Fault) -> CheckResult {
    let sizes = pool.sizes();
    match fault {
        Fault::TooMany(error) if sizes.in_use() > 0 => {
            let error = panics::describe(error);
            let message = format!("{}; the database accepts no more: {error}", in_use(sizes));
            Ok(sizes.describe(memory.busy(&message)))
        }
        fault => Err(fault.into_error()),
    }
}

/// Queries the database of a full pool over the check's own connection. At the same time, finds out whether any
/// connection comes back to the pool.
async fn busy<P: Pool>(pool: &P, memory: &Memory<P>) -> CheckResult {
    let place = locked(&memory.place).take();
    let mut place = place.unwrap_or_else(|| Place::new(pool.clone()));
    let (asked, came_back) = join(own::ask(pool, &memory.own), place.wait(patience() / 2)).await;
    match came_back {
        None => *locked(&memory.place) = Some(place), // it goes on waiting between the runs
        Some(true) => memory.flows(),
        Some(false) => {}
    }
    let sizes = pool.sizes();
    match asked {
        Ok(answer) => Ok(answer.describe(sizes.describe(memory.busy(&in_use(sizes))))),
        Err(fault) => refused(pool, memory, fault),
    }
}

fn in_use(sizes: Sizes) -> String {
    format!("all {} connections of the pool are in use", sizes.in_use())
}

fn report<P: Pool>(pool: &P, memory: &Memory<P>, asked: Result<Answer, Fault>) -> CheckResult {
    let answer = asked.map_err(Fault::into_error)?;
    memory.flows();
    Ok(answer.describe(pool.sizes().describe(Outcome::healthy())))
}

impl Sizes {
    fn describe(self, outcome: Outcome) -> Outcome {
        outcome
            .detail("size", self.size)
            .detail("idle", self.idle)
            .detail("in_use", self.in_use())
            .detail("max", self.max)
    }
}

impl Answer {
    fn describe(self, outcome: Outcome) -> Outcome {
        let outcome = match self.read_only {
            Some(read_only) => outcome.detail("read_only", read_only).read_only(read_only),
            None => outcome,
        };
        match self.found {
            Some(found) => outcome.and(found),
            None => outcome,
        }
    }
}
