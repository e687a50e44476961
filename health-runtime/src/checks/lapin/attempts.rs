//! What becomes of lapin's attempts to connect again. lapin does not report it, but the state of the connection shows
//! it: while an attempt has got no connection or no answer, the state stays `Connecting`. An attempt that the broker
//! has ended turns the state back into `Reconnecting`, and lapin waits before the next one.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lapin_4::ConnectionStatus;
use tokio::time::sleep;

/// Between two looks until an attempt is over. One that is refused takes a few milliseconds.
const FIRST_LOOK: Duration = Duration::from_millis(1);

/// Between two looks later on, and after this time.
const LOOK: Duration = Duration::from_millis(20);
const LATER: Duration = Duration::from_secs(30);

/// An attempt that lasts longer has got no answer, for now.
const LONG: Duration = Duration::from_millis(300);

/// How long the attempts of a connection are followed.
const FOLLOWED: Duration = Duration::from_secs(600);

/// The connections that are lost, by the address of their status.
static FOLLOWING: Mutex<BTreeMap<usize, Option<Attempt>>> = Mutex::new(BTreeMap::new());

/// What became of the last attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// It has got no connection, or no answer.
    Unanswered,
    /// The broker has accepted the connection, and closed it.
    Closed,
}

/// The last attempt of this connection, which is lost. `None` if none is over yet. Follows the attempts from now on.
pub(super) fn last(status: &ConnectionStatus) -> Option<Attempt> {
    let address = address(status);
    let mut following = lock();
    if let Some(last) = following.get(&address) {
        return *last;
    }
    following.insert(address, None);
    drop(following);
    tokio::spawn(follow(status.clone(), address));
    None
}

/// The connection is not lost.
pub(super) fn forget(status: &ConnectionStatus) {
    lock().remove(&address(status));
}

async fn follow(status: ConnectionStatus, address: usize) {
    let (began, mut attempt, mut is_over) = (Instant::now(), None, false);
    while began.elapsed() < FOLLOWED && (status.connecting() || status.reconnecting()) {
        let last = if status.connecting() {
            let attempt = attempt.get_or_insert_with(Instant::now);
            (attempt.elapsed() > LONG).then_some(Attempt::Unanswered)
        } else {
            attempt.take().map(|_| Attempt::Closed)
        };
        if let Some(last) = last {
            is_over = true;
            match lock().get_mut(&address) {
                Some(entry) => *entry = Some(last),
                None => return,
            }
        }
        let is_later = is_over || began.elapsed() > LATER;
        sleep(if is_later { LOOK } else { FIRST_LOOK }).await;
    }
    lock().remove(&address);
}

fn address(status: &ConnectionStatus) -> usize {
    std::ptr::from_ref(status).addr()
}

fn lock() -> MutexGuard<'static, BTreeMap<usize, Option<Attempt>>> {
    FOLLOWING.lock().unwrap_or_else(PoisonError::into_inner)
}
