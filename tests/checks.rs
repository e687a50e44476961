//! The checks that come with the crate, with and without an engine: heartbeats, tasks, a `Vec` of checks, cells that
//! are set later, checks with parts, and checks that no struct declares.

use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use health_runtime::{
    CheckReport, CheckResult, CheckSpec, Checks, Flag, Health, HealthCheck, HealthState, Heartbeat, Outcome, Parts,
    Probe, Reason, StartError, Status, check_fn, health_check,
};
use health_tests::{get, until};
use tokio::sync::{Barrier, OnceCell};
use tokio::task::{AbortHandle, JoinHandle};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn often(name: &'static str) -> CheckSpec {
    CheckSpec::new(name).interval(ms(5))
}

fn once(name: &'static str) -> CheckSpec {
    CheckSpec::new(name).interval(Duration::from_hours(1))
}

fn report(health: &Health, name: &str) -> CheckReport {
    let checks = health.report(Probe::Health).checks;
    checks.into_iter().find(|check| check.name == name).expect("declared")
}

/// Waits until the check has this status and reason. Returns its report.
async fn says(health: &Health, name: &str, status: Status, reason: Option<Reason>) -> CheckReport {
    until(&format!("{name} is {status}, {reason:?}"), async || {
        let check = report(health, name);
        (check.status == status && check.reason == reason).then_some(check)
    })
    .await
}

async fn fails(health: &Health, name: &str) -> CheckReport {
    says(health, name, Status::Unhealthy, Some(Reason::Error)).await
}

async fn passes(health: &Health, name: &str) -> CheckReport {
    says(health, name, Status::Healthy, None).await
}

#[tokio::test]
async fn a_worker_that_stops_beating_fails_liveness_until_it_beats_again() {
    #[derive(Clone, HealthState)]
    struct App {
        #[health_check(liveness, interval = "5ms")]
        worker: Heartbeat,
    }

    let worker = Heartbeat::new(ms(300));
    let app = App { worker: worker.clone() };
    let health = app.start_health();
    let beats = async || {
        worker.beat();
        (report(&health, "worker").status == Status::Healthy).then_some(())
    };
    until("it passes while the worker beats", beats).await;
    let silent = fails(&health, "worker").await;
    let message = silent.message.expect("a failure has a message");
    assert!(
        message.starts_with("no beat for ") && message.ends_with("s, at most 300ms allowed"),
        "{message}"
    );
    assert!(!health.report(Probe::Liveness).passes());
    until("it passes when the worker beats again", beats).await;
}

#[tokio::test]
async fn a_heartbeat_does_not_count_the_time_before_the_engine_starts() {
    let worker = Heartbeat::new(Duration::from_secs(1));
    std::thread::sleep(ms(1_100)); // like migrations at the start
    let health = Health::builder(()).check(once("worker"), worker).start();
    let first = until("it has run", async || {
        let check = report(&health, "worker");
        (check.reason != Some(Reason::Pending)).then_some(check)
    })
    .await;
    assert_eq!(first.status, Status::Healthy, "{:?}", first.message);
}

#[tokio::test]
async fn without_an_engine_a_heartbeat_counts_from_its_creation() {
    let heartbeat = Heartbeat::new(ms(20));
    let silent = async || heartbeat.check().await.err().map(drop);
    until("it fails without a beat since its creation", silent).await;
    heartbeat.beat();
    drop(Health::builder(()).check(often("worker"), heartbeat.clone()).start());
    until("it fails after its engine has ended", silent).await;
}

#[tokio::test]
async fn an_ended_task_fails_whether_it_returned_panicked_or_was_aborted() {
    #[derive(HealthState)]
    #[health(interval = "5ms")]
    struct Tasks {
        #[health_check(liveness)]
        runs: AbortHandle,
        #[health_check(liveness)]
        returns: JoinHandle<String>,
        #[health_check(liveness)]
        panics: AbortHandle,
        #[health_check(liveness)]
        aborted: JoinHandle<()>,
    }

    let tasks = Tasks {
        runs: tokio::spawn(pending::<()>()).abort_handle(),
        returns: tokio::spawn(async { String::from("done") }),
        panics: tokio::spawn(async { panic!("no luck") }).abort_handle(),
        aborted: tokio::spawn(pending()),
    };
    let aborted = tasks.aborted.abort_handle();
    let health = Health::builder(tasks).start();
    for name in ["returns", "panics"] {
        assert_eq!(
            fails(&health, name).await.message.as_deref(),
            Some("the task has ended")
        );
    }
    passes(&health, "aborted").await;
    aborted.abort();
    fails(&health, "aborted").await;
    passes(&health, "runs").await;
}

/// An element of a `Vec`.
enum Element {
    Is(Flag),
    Panics,
    Meets(Arc<Barrier>),
    Disabled,
}

impl HealthCheck for Element {
    async fn check(&self) -> CheckResult {
        match self {
            Self::Is(flag) => flag.check().await,
            Self::Panics => panic!("no luck"),
            Self::Meets(others) => {
                others.wait().await;
                Ok(Outcome::healthy())
            }
            Self::Disabled => Err("never to run".into()),
        }
    }

    fn is_disabled(&self) -> bool {
        matches!(self, Self::Disabled)
    }

    fn attach(&self, trigger: health_runtime::Trigger) {
        if let Self::Is(flag) = self {
            flag.attach(trigger);
        }
    }
}

fn parts(check: &CheckReport) -> Vec<(&str, Status, Option<Reason>, Option<&str>)> {
    let parts = check.parts.iter();
    parts
        .map(|part| (&*part.name, part.status, part.reason, part.message.as_deref()))
        .collect()
}

#[tokio::test]
async fn a_vec_has_the_status_of_its_worst_element_and_names_it() {
    let flag = Flag::healthy();
    let elements = vec![
        Element::Is(Flag::healthy()),
        Element::Disabled,
        Element::Is(flag.clone()),
    ];
    let health = Health::builder(()).check(often("elements"), elements).start();
    passes(&health, "elements").await;
    flag.set_degraded("slow");
    let degraded = says(&health, "elements", Status::Degraded, Some(Reason::Reported)).await;
    assert_eq!(degraded.message.as_deref(), Some("1 of 3: [2]: slow"));
    assert_eq!(
        parts(&degraded),
        [
            ("[2]", Status::Degraded, Some(Reason::Reported), Some("slow")),
            ("[0]", Status::Healthy, None, None),
            ("[1]", Status::Healthy, Some(Reason::Disabled), None),
        ]
    );
}

#[tokio::test]
async fn an_element_that_panics_is_named_and_hides_no_other() {
    let elements = vec![Element::Is(Flag::new()), Element::Panics];
    let health = Health::builder(()).check(often("elements"), elements).start();
    let failed = says(&health, "elements", Status::Unhealthy, Some(Reason::Reported)).await;
    assert_eq!(
        failed.message.as_deref(),
        Some("2 of 2: [0]: not set yet; [1]: no luck")
    );
    assert_eq!(failed.parts[1].reason, Some(Reason::Panic));
}

#[tokio::test]
async fn the_elements_of_a_vec_are_checked_concurrently() {
    let barrier = Arc::new(Barrier::new(50));
    let elements = (0..50)
        .map(|_| Element::Meets(Arc::clone(&barrier)))
        .collect::<Vec<_>>();
    let health = Health::builder(()).check(once("elements"), elements).start();
    passes(&health, "elements").await;
}

#[tokio::test]
async fn a_change_of_any_element_starts_a_run_at_once() {
    let flags = vec![Flag::healthy(), Flag::healthy()];
    let health = Health::builder(()).check(once("flags"), flags.clone()).start();
    passes(&health, "flags").await;
    flags[1].set_unhealthy("poisoned");
    let failed = says(&health, "flags", Status::Unhealthy, Some(Reason::Reported)).await;
    assert_eq!(failed.message.as_deref(), Some("1 of 2: [1]: poisoned"));
}

#[tokio::test]
async fn a_vec_without_enabled_checks_is_disabled_and_never_runs() {
    #[derive(HealthState)]
    struct App {
        #[health_check(liveness)]
        empty: Vec<Heartbeat>,
        #[health_check(critical)]
        disabled: Vec<Element>,
        #[health_check(critical)]
        none: Vec<Option<Flag>>,
    }

    let app = App {
        empty: Vec::new(),
        disabled: vec![Element::Disabled, Element::Disabled],
        none: vec![None],
    };
    let health = Health::builder(app).start();
    for name in ["empty", "disabled", "none"] {
        let check = report(&health, name);
        let said = (check.status, check.reason, check.latency);
        assert_eq!(said, (Status::Healthy, Some(Reason::Disabled), None), "{name}");
    }
}

#[tokio::test]
async fn a_cell_fails_until_it_is_set() {
    let (lock, cell) = (Arc::new(OnceLock::new()), Arc::new(OnceCell::new()));
    let none = Arc::new(OnceLock::new());
    let health = Health::builder(())
        .check(often("lock"), Arc::clone(&lock))
        .check(often("cell"), Arc::clone(&cell))
        .check(often("none"), Arc::clone(&none))
        .start();
    for name in ["lock", "cell", "none"] {
        let failed = fails(&health, name).await;
        assert_eq!(failed.message.as_deref(), Some("not set yet"), "{name}");
    }
    lock.set(Flag::healthy()).unwrap();
    cell.set(Flag::healthy()).unwrap();
    assert!(none.set(Element::Disabled).is_ok());
    passes(&health, "lock").await;
    passes(&health, "cell").await;
    says(&health, "none", Status::Healthy, Some(Reason::Disabled)).await;
    lock.get().unwrap().set_unhealthy("gone");
    cell.get().unwrap().set_unhealthy("gone");
    for name in ["lock", "cell"] {
        says(&health, name, Status::Unhealthy, Some(Reason::Reported)).await;
    }
}

#[tokio::test]
async fn a_cell_that_is_set_before_the_start_behaves_like_its_value() {
    let flag = Flag::healthy();
    let health = Health::builder(())
        .check(once("lock"), OnceLock::from(flag.clone()))
        .check(once("cell"), OnceCell::from(flag.clone()))
        .check(once("no-lock"), OnceLock::from(Element::Disabled))
        .check(once("no-cell"), OnceCell::from(Element::Disabled))
        .start();
    for name in ["no-lock", "no-cell"] {
        let check = report(&health, name);
        assert_eq!((check.reason, check.latency), (Some(Reason::Disabled), None), "{name}");
    }
    passes(&health, "lock").await;
    passes(&health, "cell").await;
    flag.set_unhealthy("attached");
    for name in ["lock", "cell"] {
        says(&health, name, Status::Unhealthy, Some(Reason::Reported)).await;
    }
}

#[tokio::test]
async fn parts_are_in_the_report_and_in_no_public_answer() {
    let tenants = check_fn(|| async {
        let mut parts: Parts = (0..120).map(|i| (format!("acme-{i}"), ())).collect();
        parts.add("acme-last", Err::<(), _>("redis://:HUNTER2@acme refused"));
        CheckResult::Ok(parts.into_outcome())
    });
    let builder = Health::builder(()).check(often("tenants").critical(), tenants);
    let health = builder.start();
    let app: Router = health.router();
    let check = fails(&health, "tenants").await;
    assert_eq!((check.parts.len(), check.omitted_parts), (100, 21));
    assert_eq!(
        parts(&check)[0],
        (
            "acme-last",
            Status::Unhealthy,
            Some(Reason::Error),
            Some("redis://***@acme refused")
        )
    );
    assert_eq!(
        check.message.as_deref(),
        Some("1 of 121: acme-last: redis://***@acme refused")
    );
    for path in ["/readyz", "/readyz/tenants", "/health"] {
        let answer = get(&app, path).await;
        assert_eq!(answer.status, 503);
        assert!(
            answer.body.contains("tenants") && !answer.body.contains("acme"),
            "{}",
            answer.body
        );
    }
}

#[tokio::test]
async fn a_run_that_returns_an_error_does_not_keep_the_parts_of_the_run_before() {
    let runs = AtomicUsize::new(0);
    let tenants = check_fn(move || {
        let first = runs.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            if first {
                return CheckResult::Ok(Parts::from_iter([("acme", false)]).into_outcome());
            }
            Err("no list of tenants".into())
        }
    });
    let health = Health::builder(()).check(often("tenants"), tenants).start();
    let failed = fails(&health, "tenants").await;
    assert!(failed.parts.is_empty(), "{:?}", failed.parts);
}

#[tokio::test]
async fn a_check_that_no_struct_declares_works_like_any_other() {
    let (flag, dropped) = (Flag::healthy(), Arc::new(()));
    let held = Arc::clone(&dropped);
    let mut builder = Health::builder(())
        .check(once("flag").critical(), flag.clone())
        .check(once("none"), None::<Flag>)
        .check(
            once("held"),
            check_fn(move || {
                let holders = Arc::strong_count(&held);
                async move { CheckResult::Err(format!("{holders} hold it").into()) }
            }),
        );
    for region in ["eu", "us"] {
        builder = builder.check(CheckSpec::named(format!("replica-{region}")), Flag::new());
    }
    let health = builder.start();
    let app: Router = health.router();
    passes(&health, "flag").await;
    let held = fails(&health, "held").await;
    assert_eq!(held.message.as_deref(), Some("2 hold it"));
    assert_eq!(report(&health, "none").reason, Some(Reason::Disabled));
    says(&health, "replica-us", Status::Unhealthy, Some(Reason::Reported)).await;
    assert_eq!(get(&app, "/readyz/replica-eu").await.status, 503);
    flag.set_unhealthy("poisoned");
    says(&health, "flag", Status::Unhealthy, Some(Reason::Reported)).await;
    assert_eq!(get(&app, "/readyz").await.status, 503);
    drop((health, app));
    until("the engine drops what it owns", async || {
        (Arc::strong_count(&dropped) == 1).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_builder_refuses_duplicate_and_invalid_names() {
    let refused = |names: [&'static str; 2]| {
        let builder = Health::builder(());
        let builder = names.into_iter().fold(builder, |builder, name| {
            builder.check(CheckSpec::named(name), Flag::new())
        });
        builder.try_start().unwrap_err()
    };
    assert!(matches!(refused(["db", "db"]), StartError::DuplicateName(name) if name == "db"));
    assert!(matches!(refused(["db", "No"]), StartError::Name(name) if name == "No"));
}

/// Starts with a liveness check that is added by hand. `WAY` selects how it is added.
fn by_hand<const WAY: usize>() -> Result<Health, StartError> {
    struct Added<const WAY: usize>(Flag);

    impl<const WAY: usize> HealthState for Added<WAY> {
        fn register(checks: &mut Checks<Self>) {
            let spec = CheckSpec::new("worker").liveness();
            match WAY {
                0 => checks.add::<Flag>(spec, |state| &state.0),
                1 => checks.with(spec, |state| Box::pin(state.0.check())),
                2 => checks.function::<in_liveness>(),
                3 => checks.nest::<Box<()>>("empty", |_| unreachable!("it has no checks")),
                4 => checks.add::<Flag>(spec.readiness().restart_helps(" "), |state| &state.0),
                5 => checks.add_live::<Flag>(spec, |state| &state.0),
                6 => checks.add::<Flag>(spec.in_process(), |state| &state.0),
                7 => checks.with(spec.restart_helps("it leaks"), |state| Box::pin(state.0.check())),
                _ => unreachable!("there are no others"),
            }
        }
    }

    let builder = Health::builder(Added::<WAY>(Flag::healthy()));
    if WAY == 3 {
        return builder
            .check(CheckSpec::new("worker").liveness(), Flag::new())
            .try_start();
    }
    builder.try_start()
}

#[expect(non_camel_case_types, reason = "as the attribute names it")]
enum in_liveness {}

impl<S> health_runtime::HealthFn<S> for in_liveness {
    fn spec() -> CheckSpec {
        CheckSpec::new("worker").liveness()
    }

    fn call(_: &S) -> health_runtime::CheckFuture<'_> {
        Box::pin(async { Ok(Outcome::healthy()) })
    }
}

#[tokio::test]
async fn no_check_added_by_hand_is_in_liveness_without_a_reason() {
    for refused in [
        by_hand::<0>(),
        by_hand::<1>(),
        by_hand::<2>(),
        by_hand::<3>(),
        by_hand::<4>(),
    ] {
        let error = refused.unwrap_err();
        assert!(
            matches!(&error, StartError::Liveness(name) if name == "worker"),
            "{error}"
        );
        assert!(
            error
                .to_string()
                .starts_with("health check `worker` does not belong in")
        );
    }
    for started in [by_hand::<5>(), by_hand::<6>(), by_hand::<7>()] {
        drop(started.expect("it has a reason"));
    }
}

#[tokio::test]
async fn a_nested_check_in_liveness_without_a_reason_is_refused_with_its_full_name() {
    struct Inner(Flag);

    impl HealthState for Inner {
        fn register(checks: &mut Checks<Self>) {
            checks.add::<Flag>(CheckSpec::new("worker").liveness(), |inner| &inner.0);
        }
    }

    #[derive(HealthState)]
    struct Outer {
        #[health_check(nested)]
        inner: Inner,
    }

    let inner = Inner(Flag::healthy());
    let error = Health::builder(Outer { inner }).try_start().unwrap_err();
    assert!(
        matches!(&error, StartError::Liveness(name) if name == "inner.worker"),
        "{error}"
    );
}

#[tokio::test]
async fn every_check_that_the_macros_add_to_liveness_has_a_reason() {
    #[derive(Clone, HealthState)]
    #[health(checks(in_process, helps))]
    struct Live<T> {
        #[health_check(liveness)]
        flag: Flag,
        #[health_check(liveness, restart_helps = "it leaks")]
        leaks: Option<Flag>,
        #[health_check(liveness, in_process, with = look)]
        with: Flag,
        #[health_check(liveness, restart_helps = "it leaks", blocking, with = look)]
        blocking: Flag,
        #[health_check(liveness)]
        generic: T,
    }

    fn look(_: &Flag) {}

    #[health_check(liveness, in_process)]
    fn in_process() {}

    #[health_check(liveness, restart_helps = "it leaks")]
    async fn helps() {}

    let flag = Flag::healthy;
    let live = Live {
        flag: flag(),
        leaks: None,
        with: flag(),
        blocking: flag(),
        generic: vec![Arc::new(flag())],
    };
    let health = live.start_health();
    assert_eq!(health.report(Probe::Liveness).checks.len(), 7);
}
