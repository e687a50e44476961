//! The check of a client. A client has no connection, so the check keeps one.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use crate::checks::redis::connection::{ask, owner};
use crate::checks::redis::driver::{Client, Connection, Failure};
use crate::checks::redis::greeting;
use crate::checks::spare::Spare;
use crate::current_run;
use crate::current_run::{patience, timed};
use crate::outcome::{BoxError, CheckResult, Outcome};

/// How long the connection is kept without use.
const KEPT: Duration = Duration::from_secs(60);

/// The connections of one check. There are several only if the check has several clients, for example in a `Vec`.
struct Connections<C>(Mutex<HashMap<u64, Spare<C>>>);

impl<C> Default for Connections<C> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<C: Send + 'static> Connections<C> {
    fn of(&self, identity: u64) -> Spare<C> {
        let mut connections = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !connections.contains_key(&identity) {
            connections.retain(|_, spare| !spare.is_unused());
        }
        Spare::clone(connections.entry(identity).or_default())
    }
}

/// Checks the server of a client, over a connection that is kept between the runs.
#[doc(hidden)]
pub async fn client<K: Client>(client: &K) -> CheckResult {
    let info = client.info();
    let connections = current_run::kept::<Connections<K::Connection>>(Box::new(owner()));
    let spare = connections.of(identity(&info));
    if let Some(connection) = spare.shared() {
        match answered(&spare, connection).await {
            Err(Unanswered::Failed(failure)) if failure.is_lost() => {} // a new one may work
            answer => return answer.map_err(Unanswered::into_error),
        }
    }
    let connection = match timed(patience(), client.open()).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(failure)) if failure.is_unexplained() => {
            let seen = greeting::look(&info).await;
            return Err(seen.unwrap_or_else(|| failure.into_open_error()));
        }
        Ok(Err(failure)) => return Err(failure.into_open_error()),
        Err(waited) => {
            let seen = greeting::look(&info).await;
            return Err(seen.unwrap_or_else(|| format!("no connection within {waited} ms").into()));
        }
    };
    let answer = answered(&spare, connection).await;
    answer.map_err(Unanswered::into_error)
}

enum Unanswered {
    Failed(Failure),
    Waited(u128),
}

impl Unanswered {
    fn into_error(self) -> BoxError {
        match self {
            Self::Failed(failure) => failure.into_error(),
            Self::Waited(waited) => format!("connected, but no answer within {waited} ms").into(),
        }
    }
}

/// Sends `INFO` over the connection, and keeps the connection if the server has answered. Otherwise, the connection may
/// be broken, so it is closed.
async fn answered<C: Connection>(spare: &Spare<C>, connection: C) -> Result<Outcome, Unanswered> {
    let answer = match timed(patience(), ask(&connection)).await {
        Ok(answer) => answer.map_err(Unanswered::Failed),
        Err(waited) => Err(Unanswered::Waited(waited)),
    };
    let is_usable = match &answer {
        Ok(_) => true,
        // A new connection logs in again, so it may have the permission that this one does not have.
        Err(Unanswered::Failed(failure)) => failure.code().is_some_and(|code| code != "NOAUTH"),
        Err(Unanswered::Waited(_)) => false,
    };
    if is_usable {
        spare.keep(connection, KEPT);
    } else {
        drop(spare.take());
    }
    answer
}

/// Identifies a client by its address and its user. Only a hash is kept, because the text may contain the password.
fn identity(info: &str) -> u64 {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    KEY.hash_one(info)
}
