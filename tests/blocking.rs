//! The option `blocking`: each run of such a check gets its own thread.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::time::Duration;

use health_runtime::{CheckSpec, Checks, Flag, Health, HealthState, Status, run_blocking};
use health_tests::{get, settled, until};
use tokio::runtime::{Builder, Handle};

/// A door. Checks wait at it while it is closed.
#[derive(Clone, Default)]
struct Door(Arc<Inner>);

#[derive(Default)]
struct Inner {
    open: Mutex<bool>,
    opened: Condvar,
    calls: AtomicUsize,
    inside: AtomicUsize,
    most: AtomicUsize,
}

impl Door {
    fn opened() -> Self {
        let door = Self::default();
        door.open();
        door
    }

    fn open(&self) {
        *self.0.open.lock().unwrap() = true;
        self.0.opened.notify_all();
    }

    fn calls(&self) -> usize {
        self.0.calls.load(Ordering::SeqCst)
    }

    fn pass(&self) -> Status {
        self.0.calls.fetch_add(1, Ordering::SeqCst);
        let inside = self.0.inside.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.most.fetch_max(inside, Ordering::SeqCst);
        let open = self.0.open.lock().unwrap();
        drop(self.0.opened.wait_while(open, |open| !*open).unwrap());
        self.0.inside.fetch_sub(1, Ordering::SeqCst);
        Status::Healthy
    }
}

#[derive(Clone, HealthState)]
struct Disk {
    #[health_check(critical, blocking, interval = "100ms", timeout = "50ms", with = Door::pass)]
    door: Door,
    #[health_check(interval = "100ms", timeout = "50ms")]
    other: Flag,
}

fn disk(door: &Door) -> Disk {
    Disk {
        door: door.clone(),
        other: Flag::healthy(),
    }
}

#[tokio::test]
async fn a_hung_run_is_stuck_blocks_no_worker_and_delays_only_its_own_check() {
    let door = Door::default();
    // The runtime has only one thread. If the check blocked it, nothing below could run.
    let app = disk(&door).start_health().router();
    until("it is stuck", async || {
        let answer = get(&app, "/readyz/door").await;
        assert_eq!(answer.status, 503);
        (answer.json()["checks"][0]["reason"] == "stuck").then_some(())
    })
    .await;
    assert_eq!(get(&app, "/readyz/other").await.status, 200);
    assert_eq!(door.calls(), 1, "a second run has started");
    door.open();
    settled(&app, "/readyz", 200, "healthy").await;
    assert!(door.calls() >= 2);
}

#[tokio::test]
async fn a_run_that_returns_too_late_is_a_timeout() {
    #[derive(HealthState)]
    struct Late {
        #[health_check(critical, blocking, interval = "1h", timeout = "50ms", with = Door::pass)]
        door: Door,
    }
    let door = Door::default();
    let app = Health::builder(Late { door: door.clone() }).start().router();
    let reason = async || get(&app, "/readyz/door").await.json()["checks"][0]["reason"].clone();
    until("it is stuck", async || (reason().await == "stuck").then_some(())).await;
    door.open();
    until("the run is too late", async || {
        (reason().await == "timeout").then_some(())
    })
    .await;
}

#[test]
fn a_hung_run_does_not_delay_the_shutdown_of_the_runtime() {
    let door = Door::default();
    let (ended, end) = mpsc::channel();
    let hanging = door.clone();
    std::thread::spawn(move || {
        let runtime = Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let health = runtime.block_on(async {
            let health = disk(&hanging).start_health();
            until_called(&hanging);
            health
        });
        drop(runtime);
        drop(health);
        ended.send(()).unwrap();
    });
    end.recv_timeout(Duration::from_secs(20))
        .expect("the runtime has ended");
    door.open();
}

fn until_called(door: &Door) {
    while door.calls() == 0 {
        std::thread::yield_now();
    }
}

#[derive(Clone, HealthState)]
struct Panics {
    #[health_check(critical, blocking, with = boom)]
    disk: String,
}

fn boom(disk: &str) -> bool {
    panic!("no such device: {disk}")
}

#[tokio::test]
async fn a_panic_fails_the_check() {
    let health = Panics { disk: "sda".into() }.start_health();
    let app = health.router();
    until("it has panicked", async || {
        (get(&app, "/readyz/disk").await.json()["checks"][0]["reason"] == "panic").then_some(())
    })
    .await;
    let report = health.report(health_runtime::Probe::Readiness);
    assert_eq!(report.checks[0].message.as_deref(), Some("no such device: sda"));
}

#[derive(Clone, HealthState)]
struct Asks {
    #[health_check(critical, blocking, with = ask)]
    client: String,
}

/// Like a blocking client that uses an async client inside.
fn ask(_: &str) -> bool {
    Handle::current().block_on(async {
        tokio::task::yield_now().await;
        true
    })
}

#[tokio::test]
async fn a_blocking_check_can_use_the_runtime() {
    let app = Asks { client: String::new() }.start_health().router();
    settled(&app, "/readyz", 200, "healthy").await;
}

/// Forty blocking checks that wait at one door.
struct Crowd(Door);

impl HealthState for Crowd {
    fn register(checks: &mut Checks<Self>) {
        for index in 0..40 {
            let spec = CheckSpec::new(format!("disk-{index}").leak()).critical().blocking();
            checks.with(spec, |crowd| run_blocking(crowd.0.pass()));
        }
    }
}

#[tokio::test]
async fn at_most_sixteen_blocking_checks_run_at_once_and_the_others_follow() {
    let door = Door::default();
    let app = Health::builder(Crowd(door.clone())).start().router();
    until("sixteen checks wait at the door", async || {
        (door.calls() == 16).then_some(())
    })
    .await;
    door.open();
    settled(&app, "/readyz", 200, "healthy").await;
    assert_eq!(door.0.most.load(Ordering::SeqCst), 16);
    let door = Door::opened();
    let app = Health::builder(Crowd(door.clone())).start().router();
    settled(&app, "/readyz", 200, "healthy").await;
    assert_eq!(door.calls(), 40);
}

/// A driver that blocks inside an `async` check. It has a runtime of its own, like `postgres` and `reqwest::blocking`.
struct Driver;

impl health_runtime::HealthCheck for Driver {
    async fn check(&self) -> health_runtime::CheckResult {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async { tokio::time::sleep(Duration::from_millis(1)).await });
        Handle::current().spawn(async {}).await?; // the application's runtime is available too
        tokio::time::sleep(Duration::from_millis(1)).await;
        Ok(health_runtime::Outcome::healthy())
    }
}

#[tokio::test]
async fn a_blocking_check_of_a_type_may_start_its_own_runtime() {
    let spec = CheckSpec::new("driver").critical().blocking();
    let health = Health::builder(disk(&Door::opened())).check(spec, Driver).start();
    settled(&health.router(), "/readyz/driver", 200, "healthy").await;
}

#[tokio::test]
async fn sixteen_hung_checks_delay_no_other_check() {
    let door = Door::default();
    let mut builder = Health::builder(disk(&Door::opened()));
    for index in 0..16 {
        let spec = CheckSpec::named(format!("disk-{index}")).blocking();
        let spec = spec
            .interval(Duration::from_millis(100))
            .timeout(Duration::from_millis(50));
        builder = builder.check(spec, Stands(door.clone()));
    }
    let last = CheckSpec::new("zz")
        .critical()
        .blocking()
        .interval(Duration::from_secs(1));
    builder = builder.check(last, Stands(Door::opened()));
    let health = builder.start();
    settled(&health.router(), "/readyz/zz", 200, "healthy").await;
    door.open();
}

/// A check that waits at a [`Door`].
struct Stands(Door);

impl health_runtime::HealthCheck for Stands {
    async fn check(&self) -> health_runtime::CheckResult {
        Ok(self.0.pass().into())
    }
}
