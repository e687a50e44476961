//! The check of a connection to one server.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::time::timeout;

use crate::checks::redis::driver::{Connection, Failure};
use crate::checks::redis::findings::Findings;
use crate::checks::redis::info::Info;
use crate::checks::redis::judge;
use crate::current_run;
use crate::current_run::{patience, timed};
use crate::outcome::{BoxError, CheckResult, Outcome};
use crate::text;

/// How long the answer to a command is awaited after the end of the run that sent it.
const FOLLOWED: Duration = Duration::from_secs(600);

/// At most this many connections are remembered for one check.
const REMEMBERED: usize = 64;

/// The last error of each connection of a check, by the address of the connection. It has no entry for a connection
/// that answers.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<BTreeMap<usize, Last>>>);

#[derive(Default)]
struct Last {
    error: Option<Arc<str>>,
    /// Whether a task still waits for an answer.
    is_followed: bool,
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<usize, Last>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the error of a run, or removes the entry after a success.
    fn note(&self, address: usize, error: Option<&BoxError>) {
        let mut memory = self.lock();
        match error {
            None => drop(memory.remove(&address)),
            Some(error) if memory.len() < REMEMBERED || memory.contains_key(&address) => {
                memory.entry(address).or_default().error = Some(text::of_error(&**error));
            }
            Some(_) => {}
        }
    }
}

/// The owner of what is kept for a check. It is the same for all values of the driver, because nothing in their API
/// identifies a connection across its clones.
pub(super) fn owner() -> Weak<dyn Any + Send + Sync> {
    static OWNER: LazyLock<Arc<dyn Any + Send + Sync>> = LazyLock::new(|| Arc::new(()));
    Arc::downgrade(&OWNER)
}

/// Checks the server behind a connection, or behind a manager of connections.
///
/// A manager opens a lost connection again by itself. All commands wait for that, and it reports the cause only after
/// several attempts, which takes longer than a run. So a task continues to wait for the answer after the run, and later
/// runs report the error that it gets.
#[doc(hidden)]
pub async fn connection<C: Connection>(connection: &C, address: usize) -> CheckResult {
    let memory = Memory::clone(&current_run::kept::<Memory>(Box::new(owner())));
    let connection = connection.clone();
    let mut question = Box::pin(async move { ask(&connection).await.map_err(Failure::into_error) });
    match timed(patience(), question.as_mut()).await {
        Ok(answer) => {
            memory.note(address, answer.as_ref().err());
            answer
        }
        Err(waited) => {
            let last = follow(memory, address, question, FOLLOWED);
            Err(match last {
                Some(error) => format!("no answer within {waited} ms; the last error was: {error}"),
                None => format!("no answer within {waited} ms"),
            }
            .into())
        }
    }
}

/// Waits for the answer in a task, unless there is already such a task. Returns the last error that is known now.
fn follow(
    memory: Memory,
    address: usize,
    question: impl Future<Output = CheckResult> + Send + 'static,
    limit: Duration,
) -> Option<Arc<str>> {
    let mut entries = memory.lock();
    if entries.len() >= REMEMBERED && !entries.contains_key(&address) {
        return None;
    }
    let entry = entries.entry(address).or_default();
    let last = entry.error.clone();
    if !std::mem::replace(&mut entry.is_followed, true) {
        drop(entries);
        tokio::spawn(async move {
            let answer = timeout(limit, question).await;
            if let Some(entry) = memory.lock().get_mut(&address) {
                entry.is_followed = false;
            }
            if let Ok(Err(error)) = answer {
                memory.note(address, Some(&error));
            }
        });
    }
    last
}

/// Sends `INFO`, and more commands only if the answer requires it.
pub(super) async fn ask<C: Connection>(connection: &C) -> Result<Outcome, Failure> {
    let text = match connection.text(&["INFO"]).await {
        Ok(text) => text,
        // The server has answered with an error: the user may not run `INFO`, the server has no such command, or it
        // reports a problem.
        Err(failure) if failure.code().is_some() => return ping(connection).await,
        Err(failure) => return Err(failure),
    };
    let info = Info::read(&text);
    let mut found = judge::server(&info);
    if judge::has_lost_its_primary(&info) {
        // With `replica-serve-stale-data no`, it refuses everything with `MASTERDOWN`.
        connection.text(&["PING"]).await?;
        judge::serves_old_data(&info, &mut found);
    }
    if judge::could_not_save(&info) {
        save(connection, &mut found).await?;
    }
    Ok(judge::describe(&info, found.into_outcome()))
}

/// Sends `PING`, for a server that does not answer to `INFO`.
async fn ping<C: Connection>(connection: &C) -> Result<Outcome, Failure> {
    match connection.text(&["PING"]).await {
        Ok(_) => Ok(Outcome::healthy().detail("info", "not permitted")),
        Err(failure) if failure.code() == Some("NOPERM") => {
            let error = "the user is permitted neither `INFO` nor `PING`; permit one of them: `ACL SETUSER … +info`";
            Err(Failure::new(None, false, false, false, error))
        }
        Err(failure) => Err(failure),
    }
}

/// Finds out whether the server refuses writes after a failed save. `INFO` does not contain the settings that decide
/// this.
async fn save<C: Connection>(connection: &C, found: &mut Findings) -> Result<(), Failure> {
    let mut values = [None, None];
    let commands: [&[&str]; 2] = [
        &["CONFIG", "GET", "stop-writes-on-bgsave-error"],
        &["CONFIG", "GET", "save"],
    ];
    for (value, command) in values.iter_mut().zip(commands) {
        match connection.pairs(command).await {
            Ok(mut pairs) => *value = pairs.remove(command[2]),
            Err(failure) if failure.code().is_some() => break, // `CONFIG` is not permitted
            Err(failure) => return Err(failure),
        }
    }
    let [stops_writes, points] = values;
    judge::save(stops_writes.as_deref(), points.as_deref(), found);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::sync::oneshot;

    use super::{Arc, CheckResult, Duration, FOLLOWED, Memory, follow, timeout};

    const PATIENCE: Duration = Duration::from_secs(30);

    /// A question, and what answers it. That is closed once nobody waits for the answer any more.
    fn question() -> (oneshot::Sender<&'static str>, impl Future<Output = CheckResult>) {
        let (answer, question) = oneshot::channel();
        (answer, async { Err(question.await.expect("an answer").into()) })
    }

    /// Waits until nobody waits for an answer on behalf of this connection.
    async fn done(memory: &Memory, address: usize) {
        let done = async {
            while memory.lock()[&address].is_followed {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, done).await.expect("the question ends");
    }

    #[tokio::test]
    async fn one_question_outlives_its_run_and_its_error_is_kept() {
        let memory = Memory::default();
        let mut known: Option<Arc<str>> = None;
        for error in ["first", "second"] {
            let (answer, waits) = question();
            assert_eq!(follow(memory.clone(), 1, waits, FOLLOWED), known);
            let (more, waits) = question();
            assert_eq!(follow(memory.clone(), 1, waits, FOLLOWED), known);
            assert!(more.is_closed(), "there are two questions now");
            assert_eq!(
                follow(memory.clone(), 2, pending(), FOLLOWED),
                None,
                "of another connection"
            );
            answer.send(error).expect("the first question goes on");
            known = Some(error.into());
            done(&memory, 1).await;
        }
        let (_, waits) = question();
        assert_eq!(follow(memory, 1, waits, FOLLOWED), known);
    }

    #[tokio::test]
    async fn a_question_without_an_answer_ends() {
        let memory = Memory::default();
        let (mut answer, waits) = question();
        follow(memory.clone(), 1, waits, Duration::from_millis(20));
        timeout(PATIENCE, answer.closed()).await.expect("the question ends");
        done(&memory, 1).await;
        assert_eq!(follow(memory, 1, pending(), FOLLOWED), None);
    }
}
