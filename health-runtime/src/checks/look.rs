//! Calls that may hang for ever and that nothing can abort, such as `getaddrinfo`.
//!
//! Each call runs on a short-lived thread, at most one for each key. It does not run on a worker of the runtime, and
//! not in the blocking pool, because the application may use up that pool.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{io, thread};

use tokio::sync::watch;

use crate::BoxError;
use crate::current_run::within;
use crate::panics;

/// Calls of one kind that are in flight, by their key.
pub(super) struct Looks<K, T> {
    /// The name of the threads.
    thread: &'static str,
    in_flight: Mutex<InFlight<K, T>>,
}

type InFlight<K, T> = BTreeMap<K, watch::Receiver<Option<Answer<T>>>>;

type Answer<T> = Result<T, Arc<str>>;

impl<K, T> Looks<K, T>
where
    K: Clone + Ord + Send + 'static,
    T: Clone + Send + Sync + 'static,
{
    pub(super) const fn new(thread: &'static str) -> Self {
        let in_flight = Mutex::new(BTreeMap::new());
        Self { thread, in_flight }
    }

    /// Calls `find`, or waits for the call that is in flight for this key. `None` if there is no answer in time. The
    /// call then stays in flight.
    pub(super) async fn look(
        &'static self,
        key: K,
        patience: Duration,
        find: impl FnOnce() -> Result<T, BoxError> + Send + 'static,
    ) -> Option<Result<T, BoxError>> {
        let mut look = match self.start(key, find) {
            Ok(look) => look,
            Err(error) => return Some(Err(format!("cannot start a thread: {error}").into())),
        };
        let found = match within(patience, look.wait_for(Option::is_some)).await? {
            Ok(answer) => match answer.as_ref().expect("`wait_for` has seen a value") {
                Ok(found) => Ok(found.clone()),
                Err(error) => Err(error.to_string().into()),
            },
            Err(_) => Err(format!("the thread `{}` ended without a result", self.thread).into()),
        };
        Some(found)
    }

    fn start(
        &'static self,
        key: K,
        find: impl FnOnce() -> Result<T, BoxError> + Send + 'static,
    ) -> io::Result<watch::Receiver<Option<Answer<T>>>> {
        let mut in_flight = self.in_flight();
        if let Some(look) = in_flight.get(&key) {
            return Ok(look.clone());
        }
        let (sender, look) = watch::channel(None);
        let done = key.clone();
        thread::Builder::new().name(self.thread.into()).spawn(move || {
            let answer = panics::run(|| find().map_err(panics::describe));
            self.in_flight().remove(&done);
            sender.send_replace(answer);
        })?;
        in_flight.insert(key, look.clone());
        Ok(look)
    }

    fn in_flight(&self) -> MutexGuard<'_, InFlight<K, T>> {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_call_that_hangs_blocks_one_thread_per_key() {
        static LOOKS: Looks<&str, u8> = Looks::new("test");
        let patience = Duration::from_millis(50);
        let (answers, hangs) = mpsc::channel::<u8>();
        let hung = move || Ok(hangs.recv()?);
        assert!(LOOKS.look("hung", patience, hung).await.is_none());
        let other = LOOKS.look("other", Duration::MAX, || Ok(2)).await;
        assert_eq!(other.expect("in time").expect("it ran"), 2);
        let second = || panic!("it waits for the one in flight");
        let mut joined = Box::pin(LOOKS.look("hung", Duration::MAX, second));
        assert!(joined.as_mut().now_or_never().is_none());
        answers.send(1).expect("the call waits");
        assert_eq!(joined.await.expect("in time").expect("the answer of the first call"), 1);
        let next = LOOKS.look("hung", Duration::MAX, || Ok(3)).await;
        assert_eq!(next.expect("in time").expect("it ran"), 3);
        assert!(LOOKS.in_flight().is_empty(), "no call is left");
    }

    #[tokio::test]
    async fn a_call_that_panics_returns_an_error_and_the_next_call_runs() {
        static LOOKS: Looks<(), u8> = Looks::new("test");
        let panics = LOOKS.look((), Duration::MAX, || panic!("on purpose")).await;
        panics.expect("in time").unwrap_err();
        let next = LOOKS.look((), Duration::MAX, || Ok(1)).await;
        next.expect("in time").expect("it ran");
    }
}
