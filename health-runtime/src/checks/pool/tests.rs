//! The rule, with a pool in memory that can fail in each way. The tests with real servers are in `tests/services`.

use std::future::pending;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future::join;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use super::{Answer, Fault, Pool, Sizes, check};
use crate::current_run::{Owner, limited};
use crate::kept::Kept;
use crate::outcome::{CheckResult, Outcome, Reason, Status};
use crate::trigger::{Target, Trigger};

const MAX: usize = 2;
const SHORT: Duration = Duration::from_millis(50);

/// The database and the pool.
#[derive(Debug, Default)]
struct Server {
    /// How many connections exist, in the pool and outside of it.
    open: AtomicUsize,
    opened: AtomicUsize,
    discarded: AtomicUsize,
    is_down: AtomicBool,
    /// The connections that exist no longer work.
    has_restarted: AtomicBool,
    accepts_no_more: AtomicBool,
    hangs: AtomicBool,
    /// The pool tries again and again, and never reports why.
    swallows: AtomicBool,
    /// The pool gives up at once, and does not report why.
    gives_up: AtomicBool,
}

#[derive(Clone, Debug)]
struct FakePool {
    server: Arc<Server>,
    permits: Arc<Semaphore>,
    keep: Duration,
    /// Nothing identifies the pool.
    is_anonymous: bool,
}

#[derive(Debug)]
struct Connection(Arc<Server>);

impl Connection {
    fn new(server: &Arc<Server>) -> Self {
        server.open.fetch_add(1, Relaxed);
        server.opened.fetch_add(1, Relaxed);
        Self(Arc::clone(server))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Relaxed);
    }
}

#[derive(Debug)]
struct Taken(
    Connection,
    #[allow(dead_code, reason = "it is held")] OwnedSemaphorePermit,
);

impl Deref for Taken {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl DerefMut for Taken {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}

impl FakePool {
    fn new() -> Self {
        Self {
            server: Arc::default(),
            permits: Arc::new(Semaphore::new(MAX)),
            keep: Duration::from_secs(60),
            is_anonymous: false,
        }
    }

    async fn all(&self) -> Vec<Taken> {
        let mut taken = Vec::new();
        for _ in 0..MAX {
            taken.push(self.clone().take().await.expect("the server runs"));
        }
        taken
    }
}

impl Pool for FakePool {
    type Connection = Connection;
    type Taken = Taken;

    fn owner(&self) -> Option<Box<dyn Owner>> {
        (!self.is_anonymous).then(|| -> Box<dyn Owner> { Box::new(Arc::downgrade(&self.server)) })
    }

    fn sizes(&self) -> Sizes {
        let idle = self.permits.available_permits();
        Sizes {
            size: MAX,
            idle,
            max: MAX,
        }
    }

    fn is_closed(&self) -> bool {
        self.permits.is_closed()
    }

    async fn take_idle(&self) -> Result<Option<Taken>, Fault> {
        let permit = Arc::clone(&self.permits).try_acquire_owned().ok();
        Ok(permit.map(|permit| Taken(Connection::new(&self.server), permit)))
    }

    async fn take(self) -> Result<Taken, Fault> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|error| Fault::Failed(error.into()))?;
        if self.server.swallows.load(Relaxed) {
            pending::<()>().await;
        }
        if self.server.gives_up.load(Relaxed) {
            return Err(Fault::Unexplained);
        }
        self.server.has_restarted.store(false, Relaxed);
        Ok(Taken(self.open().await?, permit))
    }

    async fn open(&self) -> Result<Connection, Fault> {
        if self.server.is_down.load(Relaxed) {
            return Err(Fault::Lost("connection refused".into()));
        }
        if self.server.accepts_no_more.load(Relaxed) {
            return Err(Fault::TooMany("too many clients".into()));
        }
        Ok(Connection::new(&self.server))
    }

    async fn ask(connection: &mut Connection) -> Result<Answer, Fault> {
        if connection.0.hangs.load(Relaxed) {
            pending::<()>().await;
        }
        if connection.0.is_down.load(Relaxed) || connection.0.has_restarted.load(Relaxed) {
            return Err(Fault::Lost("broken pipe".into()));
        }
        Ok(Answer::default())
    }

    fn discard(taken: Taken) {
        taken.0.0.discarded.fetch_add(1, Relaxed);
        drop(taken);
    }

    fn keep(&self) -> Duration {
        self.keep
    }
}

/// The engine, as a run sees it.
struct Engine {
    kept: Kept,
    max_age: Duration,
}

impl Target for Engine {
    fn request_one(self: Arc<Self>, _: usize) {}

    fn lost(self: Arc<Self>) -> Duration {
        Duration::ZERO
    }

    fn time_left(self: Arc<Self>, _: usize) -> Option<Duration> {
        Some(4 * SHORT)
    }

    fn max_age(&self, _: usize) -> Duration {
        self.max_age
    }

    fn kept(&self) -> &Kept {
        &self.kept
    }
}

impl Engine {
    fn new(max_age: Duration) -> Arc<Self> {
        Arc::new(Self {
            kept: Kept::default(),
            max_age,
        })
    }

    async fn run(self: &Arc<Self>, pool: &FakePool) -> CheckResult {
        let target = Arc::downgrade(self) as Weak<dyn Target>;
        limited(Trigger::new(target, 0), check(pool)).await
    }
}

fn reason(result: CheckResult) -> (Status, Option<Reason>) {
    let outcome = result.expect("no error");
    (outcome.status(), outcome.reason())
}

fn error(result: CheckResult) -> String {
    result.expect_err("it fails").to_string()
}

const HEALTHY: (Status, Option<Reason>) = (Status::Healthy, None);
const SATURATED: (Status, Option<Reason>) = (Status::Degraded, Some(Reason::Saturated));
const EXHAUSTED: (Status, Option<Reason>) = (Status::Unhealthy, Some(Reason::Exhausted));
const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_run_gives_its_connection_back() {
    let (pool, engine) = (FakePool::new(), Engine::new(LONG));
    assert_eq!(reason(engine.run(&pool).await), HEALTHY);
    assert_eq!(pool.permits.available_permits(), MAX);
    assert_eq!(pool.server.discarded.load(Relaxed), 0);
}

#[tokio::test]
async fn a_run_that_is_cut_off_or_gets_no_answer_closes_its_connection() {
    let (pool, engine) = (FakePool::new(), Engine::new(LONG));
    pool.server.hangs.store(true, Relaxed);
    assert!(timeout(SHORT, engine.run(&pool)).await.is_err());
    assert_eq!(pool.server.discarded.load(Relaxed), 1);
    let text = error(engine.run(&pool).await);
    assert_eq!(text, "connected, but a query got no answer within 150 ms");
    assert_eq!(pool.server.discarded.load(Relaxed), 2);
    assert_eq!(
        (pool.permits.available_permits(), pool.server.open.load(Relaxed)),
        (MAX, 0)
    );
}

#[tokio::test]
async fn an_idle_connection_that_has_died_is_no_failure_if_another_one_works() {
    let (pool, engine) = (FakePool::new(), Engine::new(LONG));
    pool.server.has_restarted.store(true, Relaxed);
    assert_eq!(reason(engine.run(&pool).await), HEALTHY);
}

#[tokio::test]
async fn the_cause_is_found_where_the_pool_does_not_report_it() {
    let (pool, engine) = (FakePool::new(), Engine::new(LONG));
    pool.server.swallows.store(true, Relaxed);
    pool.server.is_down.store(true, Relaxed);
    assert_eq!(error(engine.run(&pool).await), "connection refused");
}

#[tokio::test]
async fn a_database_that_accepts_connections_does_not_excuse_a_pool_that_opens_none() {
    let (pool, engine) = (FakePool::new(), Engine::new(LONG));
    pool.server.swallows.store(true, Relaxed);
    pool.server.has_restarted.store(true, Relaxed);
    let text = error(engine.run(&pool).await);
    assert!(text.starts_with("no connection could be opened within"), "{text}");
    pool.server.swallows.store(false, Relaxed);
    pool.server.gives_up.store(true, Relaxed);
    assert_eq!(
        error(engine.run(&pool).await),
        "the pool opens no connection, although the database accepts connections"
    );
}

#[tokio::test]
async fn a_full_pool_is_saturated_and_then_exhausted_unless_a_connection_comes_back() {
    let (pool, engine) = (FakePool::new(), Engine::new(4 * SHORT));
    let mut taken = pool.all().await;
    assert_eq!(reason(engine.run(&pool).await), SATURATED);
    sleep(4 * SHORT).await;
    let outcome = engine.run(&pool).await.expect("no error");
    assert_eq!((outcome.status(), outcome.reason()), EXHAUSTED);
    assert!(outcome.is_for_good(), "the engine must not lower it");
    taken.pop(); // for the place in the queue
    sleep(SHORT).await;
    taken.extend(pool.take_idle().await.expect("no fault"));
    assert_eq!(taken.len(), MAX, "the place gave it back at once");
    assert_eq!(reason(engine.run(&pool).await), SATURATED);
}

#[tokio::test]
async fn the_database_of_a_full_pool_is_asked_over_one_connection_that_is_closed_later() {
    let (mut pool, engine) = (FakePool::new(), Engine::new(LONG));
    pool.keep = 2 * SHORT;
    let _taken = pool.all().await;
    for _ in 0..3 {
        assert_eq!(reason(engine.run(&pool).await), SATURATED);
        assert_eq!(pool.server.open.load(Relaxed), MAX + 1);
    }
    assert_eq!(pool.server.opened.load(Relaxed), MAX + 1);
    pool.server.has_restarted.store(true, Relaxed);
    pool.server.is_down.store(true, Relaxed);
    assert_eq!(error(engine.run(&pool).await), "connection refused");
    pool.server.is_down.store(false, Relaxed);
    pool.server.has_restarted.store(false, Relaxed);
    assert_eq!(reason(engine.run(&pool).await), SATURATED);
    while pool.server.open.load(Relaxed) > MAX {
        sleep(SHORT / 5).await; // until it is closed
    }
}

#[tokio::test]
async fn a_full_pool_that_nothing_identifies_is_exhausted_and_the_engine_may_lower_it() {
    let (mut pool, engine) = (FakePool::new(), Engine::new(LONG));
    pool.is_anonymous = true;
    let mut taken = pool.all().await;
    let outcome = engine.run(&pool).await.expect("no error");
    assert_eq!((outcome.status(), outcome.reason()), EXHAUSTED);
    assert!(!outcome.is_for_good(), "the engine has the time of the last success");
    let open = || pool.server.open.load(Relaxed);
    assert_eq!(open(), MAX, "the run has closed the connection of its own");
    let returned = async {
        sleep(SHORT / 5).await;
        taken.pop();
        taken.push(pool.clone().take().await.expect("the server runs"));
    };
    let (result, ()) = join(engine.run(&pool), returned).await;
    assert_eq!(reason(result), SATURATED, "a connection came back during the run");
    pool.server.is_down.store(true, Relaxed);
    assert_eq!(error(engine.run(&pool).await), "connection refused");
}

#[tokio::test]
async fn a_database_that_accepts_no_more_connections_runs() {
    let (pool, engine) = (FakePool::new(), Engine::new(4 * SHORT));
    let taken = pool.all().await;
    pool.server.accepts_no_more.store(true, Relaxed);
    let outcome: Outcome = engine.run(&pool).await.expect("no error");
    assert_eq!((outcome.status(), outcome.reason()), SATURATED);
    assert!(
        outcome.message().is_some_and(|text| text.ends_with("too many clients")),
        "{outcome:?}"
    );
    drop(taken);
    let none_in_use = engine.run(&pool).await;
    assert_eq!(reason(none_in_use), HEALTHY, "an idle connection is left");
}

#[tokio::test]
async fn a_closed_pool_fails() {
    let (pool, engine) = (FakePool::new(), Engine::new(LONG));
    pool.permits.close();
    assert_eq!(error(engine.run(&pool).await), "the pool is closed");
}
