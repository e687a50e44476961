//! What the macros declare: every option arrives in its spec, and every function is in the report.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use health_runtime::__private::ServiceSpec;
use health_runtime::{
    Breaker, CheckSpec, Checks, Flag, Health, HealthFn, HealthState, Outcome, Probe, Public, Reason, StartError,
    Status, check_fn, health_check, package, run_blocking,
};
use health_tests::{get, until};

/// Every option that a field and the struct take.
#[derive(HealthState)]
#[health(
    name = "orders",
    version = "1.4.0",
    timeout = "1s",
    ttl = "4s",
    probe_budget = "500ms",
    prefix = "/health",
    liveness_paths("/live", "/livez"),
    readiness_paths("/ready"),
    startup_paths("/started"),
    health_paths("/status"),
    alias("/healthz", "/alive"),
    plain("/ping"),
    manual_start,
    public = "status",
    stalled_after = "9s",
    drain = "0s",
    shutdown_grace = "30s"
)]
struct Declared {
    #[health_check(
        critical,
        fail_open,
        timeout = "3s",
        interval = "10s",
        max_age = "45s",
        degraded_after = "100ms",
        failure_threshold = 3,
        success_threshold = 2,
        breaker(failures = 6, successes = 4, reset = "1m"),
        readiness,
        startup,
        liveness,
        restart_helps = "it leaks",
        name = "orders-db",
        description = "orders database",
        runbook = "https://wiki.example/db",
        groups("db", "core"),
        depends_on(r#second, "billing.ledger")
    )]
    first: Flag,
    /// From the
    /// doc comment.
    ///
    /// Not this.
    #[health_check(ttl = "0s", with = look, blocking, liveness, in_process, breaker)]
    r#second: Box<str>,
}

/// The same by hand.
struct ByHand(Flag, Box<str>);

fn first() -> CheckSpec {
    CheckSpec::new("orders-db")
        .critical()
        .fail_open()
        .timeout(Duration::from_secs(3))
        .interval(Duration::from_secs(10))
        .max_age(Duration::from_secs(45))
        .degraded_after(Duration::from_millis(100))
        .failure_threshold(3)
        .success_threshold(2)
        .breaker(Breaker::new().failures(6).successes(4).reset(Duration::from_mins(1)))
        .readiness()
        .startup()
        .liveness()
        .restart_helps("it leaks")
        .description("orders database")
        .runbook("https://wiki.example/db")
        .groups(["db", "core"])
}

impl HealthState for ByHand {
    fn register(checks: &mut Checks<Self>) {
        checks.service(
            ServiceSpec::new("orders", "1.4.0")
                .timeout(Duration::from_secs(1))
                .ttl(Duration::from_secs(4))
                .probe_budget(Duration::from_millis(500))
                .prefix("/health")
                .paths(Probe::Liveness, ["/live", "/livez"])
                .paths(Probe::Readiness, ["/ready"])
                .paths(Probe::Startup, ["/started"])
                .paths(Probe::Health, ["/status"])
                .alias("/healthz")
                .alias("/alive")
                .plain("/ping")
                .manual_start()
                .public(Public::StatusOnly)
                .stalled_after(Duration::from_secs(9))
                .drain(Duration::ZERO)
                .shutdown_grace(Duration::from_secs(30)),
        );
        checks.add::<Flag>(first().depends_on(["second", "billing.ledger"]), |state| &state.0);
        let second = CheckSpec::new("second")
            .ttl(Duration::ZERO)
            .blocking()
            .liveness()
            .in_process();
        checks.with(
            second.breaker(Breaker::new()).description("From the doc comment."),
            |state| run_blocking(look(&state.1)),
        );
    }
}

fn look(text: &str) -> bool {
    !text.is_empty()
}

#[test]
fn every_option_of_a_field_and_of_the_struct_arrives_in_its_spec() {
    let declared = Declared {
        first: Flag::new(),
        second: "".into(),
    };
    let declared = format!("{:#?}", Health::builder(declared));
    assert_eq!(
        declared,
        format!("{:#?}", Health::builder(ByHand(Flag::new(), "".into())))
    );
    assert!(
        declared.contains("orders-db") && declared.contains("From the doc comment."),
        "{declared}"
    );
}

#[health_check(
    critical,
    fail_open,
    timeout = "3s",
    interval = "10s",
    max_age = "45s",
    degraded_after = "100ms",
    failure_threshold = 3,
    success_threshold = 2,
    breaker(failures = 6, successes = 4, reset = "1m"),
    readiness,
    startup,
    liveness,
    restart_helps = "it leaks",
    name = "orders-db",
    description = "orders database",
    runbook = "https://wiki.example/db",
    groups("db", "core"),
    depends_on(outcome, "of_the_state")
)]
fn every_option() {}

/// From the doc comment.
#[health_check(ttl = "0s", blocking, liveness, in_process, breaker)]
fn r#the_others() {}

#[test]
fn every_option_of_a_function_arrives_in_its_spec() {
    let first = first().depends_on(["outcome", "of_the_state"]);
    assert_eq!(<every_option as HealthFn<()>>::spec(), first);
    let others = CheckSpec::new("the_others")
        .ttl(Duration::ZERO)
        .blocking()
        .liveness()
        .in_process();
    let others = others.breaker(Breaker::new()).description("From the doc comment.");
    assert_eq!(<the_others as HealthFn<()>>::spec(), others);
}

#[test]
fn the_default_breaker_has_the_numbers_that_the_macros_assume() {
    let said = Breaker::new().failures(5).successes(2).reset(Duration::from_secs(30));
    assert_eq!(Breaker::new(), said);
}

#[test]
fn the_builder_has_every_option_of_the_struct() {
    #[derive(HealthState)]
    #[health(
        name = "orders",
        version = "1.4.0",
        timeout = "1s",
        interval = "4s",
        probe_budget = "500ms",
        prefix = "/health",
        liveness_paths("/live", "/livez"),
        readiness_paths("/ready"),
        startup_paths("/started"),
        health_paths("/status"),
        alias("/healthz", "/alive"),
        plain("/ping"),
        manual_start,
        public = "status",
        stalled_after = "9s",
        drain = "0s",
        shutdown_grace = "30s"
    )]
    struct Said;

    #[derive(HealthState)]
    struct Silent;

    let built = Health::builder(Silent)
        .name("orders")
        .version("1.4.0")
        .timeout(Duration::from_secs(1))
        .interval(Duration::from_secs(4))
        .probe_budget(Duration::from_millis(500))
        .prefix("/health")
        .paths(Probe::Liveness, ["/live", "/livez"])
        .paths(Probe::Readiness, ["/ready"])
        .paths(Probe::Startup, ["/started"])
        .paths(Probe::Health, ["/status"])
        .alias("/healthz")
        .alias("/alive")
        .plain("/ping")
        .manual_start()
        .public(Public::StatusOnly)
        .stalled_after(Duration::from_secs(9))
        .drain(Duration::ZERO)
        .shutdown_grace(Duration::from_secs(30));
    assert_eq!(format!("{built:#?}"), format!("{:#?}", Health::builder(Said)));
    let on_demand = |state| format!("{:#?}", Health::builder(state).ttl(Duration::from_secs(2)));
    assert!(on_demand(Silent).contains("Ttl"), "{}", on_demand(Silent));
}

/// A function of each form, in a state that is nested in another.
#[derive(Clone, HealthState)]
#[health(checks(
    nothing,
    no,
    degraded,
    outcome,
    failed,
    any_error,
    boxed,
    blocks,
    forms::of_the_state,
    for_any,
    panics
))]
struct Inner {
    limit: u64,
}

trait HasLimit {
    fn limit(&self) -> u64;
}

impl HasLimit for Inner {
    fn limit(&self) -> u64 {
        self.limit
    }
}

#[health_check]
fn nothing() {}

#[health_check]
async fn no() -> bool {
    false
}

#[health_check]
async fn degraded(_: &Inner) -> Status {
    Status::Degraded
}

#[health_check]
fn outcome(_: &Inner) -> Outcome {
    Outcome::degraded("slow")
}

#[health_check]
async fn failed(_: &Inner) -> Result<(), io::Error> {
    Err(io::Error::other("no disk"))
}

#[health_check]
fn any_error() -> anyhow::Result<bool> {
    anyhow::bail!("no network")
}

#[health_check]
fn boxed(inner: &Inner) -> std::pin::Pin<Box<dyn Future<Output = Result<Outcome, String>> + Send + '_>> {
    Box::pin(async { Err(format!("limit {}", inner.limit)) })
}

#[health_check(blocking)]
fn blocks(_: &Inner) -> io::Result<bool> {
    std::fs::exists("/")
}

mod forms {
    #[health_runtime::health_check(critical)]
    pub(super) async fn of_the_state(inner: &super::Inner) -> bool {
        inner.limit == 7
    }
}

#[health_check]
async fn for_any<S: HasLimit>(state: &S) -> bool {
    tokio::task::yield_now().await;
    state.limit() == 7
}

#[health_check]
fn panics() {
    panic!("no luck")
}

#[derive(Clone, HealthState)]
#[health(checks(nothing))]
struct Outer {
    #[health_check]
    flag: Flag,
    #[health_check(nested, name = "the-inner")]
    inner: Arc<Inner>,
}

#[tokio::test]
async fn functions_of_every_form_are_called_and_their_results_are_reported() {
    let inner = Arc::new(Inner { limit: 7 });
    let state = Outer {
        flag: Flag::healthy(),
        inner,
    };
    let health = state.start_health();
    let reported = || {
        let report = health.report(Probe::Readiness);
        let checks = report.checks.into_iter();
        checks
            .map(|check| (check.name.into_owned(), check.status, check.reason, check.message))
            .collect::<Vec<_>>()
    };
    until("every check has run", async || {
        let is_pending = |reason: &Option<Reason>| *reason == Some(Reason::Pending);
        (!reported().iter().any(|(_, _, reason, _)| is_pending(reason))).then_some(())
    })
    .await;
    let mut reported = reported();
    reported.sort_by(|(a, ..), (b, ..)| a.cmp(b));
    let reported: Vec<_> = reported
        .iter()
        .map(|(name, status, reason, message)| (name.as_str(), *status, *reason, message.as_deref()))
        .collect();
    let (healthy, degraded, unhealthy) = (Status::Healthy, Status::Degraded, Status::Unhealthy);
    let (reported_so, error) = (Some(Reason::Reported), Some(Reason::Error));
    assert_eq!(
        reported,
        [
            ("flag", healthy, None, None),
            ("nothing", healthy, None, None),
            ("the-inner.any_error", unhealthy, error, Some("no network")),
            ("the-inner.blocks", healthy, None, None),
            ("the-inner.boxed", unhealthy, error, Some("limit 7")),
            ("the-inner.degraded", degraded, reported_so, None),
            ("the-inner.failed", unhealthy, error, Some("no disk")),
            ("the-inner.for_any", healthy, None, None),
            ("the-inner.no", unhealthy, reported_so, None),
            ("the-inner.nothing", healthy, None, None),
            ("the-inner.of_the_state", healthy, None, None),
            ("the-inner.outcome", degraded, reported_so, Some("slow")),
            ("the-inner.panics", unhealthy, Some(Reason::Panic), Some("no luck")),
        ]
    );
    let app: Router = Router::new().merge(health.router());
    assert_eq!(get(&app, "/readyz").await.status, 200, "no failed check is critical");
    assert_eq!(get(&app, "/readyz/the-inner.of_the_state").await.status, 200);
    assert_eq!(get(&app, "/readyz/the-inner.no").await.status, 503);
}

#[tokio::test]
async fn a_function_is_a_check_of_a_shared_state_too() {
    let shared = Arc::new(Outer {
        flag: Flag::healthy(),
        inner: Arc::new(Inner { limit: 7 }),
    });
    let health = shared.start_health();
    let names: Vec<_> = health
        .report(Probe::Health)
        .checks
        .into_iter()
        .map(|check| check.name)
        .collect();
    assert!(
        names.contains(&"nothing".into()) && names.contains(&"the-inner.no".into()),
        "{names:?}"
    );
}

#[tokio::test]
async fn a_function_given_to_the_builder_is_a_check() {
    let health = Health::builder(Inner { limit: 6 }).function::<every_option>().start();
    let app: Router = Router::new().merge(health.router());
    until("the service is started and `orders-db` passes", async || {
        (get(&app, "/startupz").await.status == 200 && get(&app, "/readyz/orders-db").await.status == 200).then_some(())
    })
    .await;
    assert_eq!(get(&app, "/readyz/orders-db").await.status, 200);
    assert_eq!(
        get(&app, "/readyz/of_the_state").await.status,
        503,
        "the limit is 6, not 7"
    );
}

#[test]
fn functions_can_still_be_called() {
    nothing();
    assert_eq!(outcome(&Inner { limit: 0 }), Outcome::degraded("slow"));
    assert!(blocks(&Inner { limit: 0 }).is_ok());
}

#[tokio::test]
async fn a_dependency_that_the_macros_cannot_see_is_looked_up_at_the_start() {
    #[health_check(depends_on(flag, "the-inner.no", "added"))]
    fn report() {}

    #[health_check(depends_on(report))]
    fn flag_again() {}

    #[health_check(depends_on(the_inner))]
    fn misspelled() {}

    let outer = || {
        Health::builder(Outer {
            flag: Flag::healthy(),
            inner: Arc::new(Inner { limit: 7 }),
        })
    };
    let added = |name: &'static str| CheckSpec::new("added").depends_on([name]);
    let said = |builder: health_runtime::HealthBuilder<Outer>| builder.try_start().unwrap_err().to_string();

    let started = outer().function::<report>().function::<flag_again>();
    assert!(started.check(added("the-inner"), Flag::healthy()).try_start().is_ok());
    assert_eq!(
        said(outer().function::<report>()),
        "health check `report`: `depends_on` names \"added\", but no check has this name; the nearest of 14 names are \
         `the-inner.any_error`, `flag`, `nothing`, `the-inner`, `the-inner.blocks`, `the-inner.boxed`, \
         `the-inner.degraded`, `the-inner.failed`"
    );
    let misspelled = said(outer().function::<misspelled>());
    assert!(misspelled.contains("`depends_on` names \"the_inner\""), "{misspelled}");
    let circle = outer().function::<report>().function::<flag_again>();
    assert_eq!(
        said(circle.check(added("flag_again"), Flag::healthy())),
        "health check `report`: it depends on itself: `report` → `added` → `flag_again` → `report`; \
         remove one of these dependencies"
    );
}

#[tokio::test]
async fn names_that_clash_across_structs_are_refused_with_their_full_names() {
    #[health_check(name = "the-inner.no")]
    fn clash() {}

    let outer = || Outer {
        flag: Flag::healthy(),
        inner: Arc::new(Inner { limit: 7 }),
    };
    let twice = Health::builder(outer()).function::<nothing>().try_start().unwrap_err();
    assert!(
        matches!(&twice, StartError::DuplicateName(name) if name == "nothing"),
        "{twice}"
    );
    let nested = Health::builder(outer()).function::<clash>().try_start().unwrap_err();
    assert!(
        matches!(&nested, StartError::DuplicateName(name) if name == "the-inner.no"),
        "{nested}"
    );
}

#[tokio::test]
async fn a_function_of_the_state_is_also_a_check_of_its_arc() {
    #[health_check]
    fn limited(inner: &Inner) -> bool {
        inner.limit == 6
    }

    let shared = Arc::new(Inner { limit: 6 });
    let health = Health::builder(Arc::clone(&shared)).function::<limited>().manual();
    health.refresh().await;
    health.assert_check("limited", Status::Healthy);
    assert_eq!(
        <limited as HealthFn<Arc<Inner>>>::spec(),
        <limited as HealthFn<Inner>>::spec()
    );
}

#[tokio::test]
async fn a_spec_can_have_owned_texts() {
    let text = |text: &str| text.to_owned(); // owned, as if read from a file
    let spec = CheckSpec::named(text("billing"))
        .description(text("Takes payments."))
        .runbook(text("https://wiki.example/billing"))
        .groups(vec![text("money"), text("core")])
        .liveness()
        .restart_helps(text("it leaks"));
    let health = Health::builder(()).check(spec, check_fn(|| ())).manual();
    let check = health.check("billing");
    assert_eq!(check.description.as_deref(), Some("Takes payments."));
    assert_eq!(check.runbook.as_deref(), Some("https://wiki.example/billing"));
    assert_eq!(check.restart_helps.as_deref(), Some("it leaks"));
    assert_eq!(check.groups, ["money", "core"]);
}

#[tokio::test]
async fn a_service_without_the_derive_is_named_by_its_package_or_its_executable() {
    let named = Health::builder(()).package(package!()).manual().report(Probe::Health);
    assert_eq!(
        (&*named.service, &*named.version),
        ("health-tests", env!("CARGO_PKG_VERSION"))
    );
    let unnamed = Health::builder(()).manual().report(Probe::Health);
    assert!(unnamed.service.starts_with("declared-"), "{}", unnamed.service); // this test's executable
    assert_eq!(unnamed.version, "unknown");
    let inner = Health::builder(Inner { limit: 6 }).package(package!()).manual();
    assert_eq!(inner.report(Probe::Health).service, "health-tests");
}

#[tokio::test]
async fn a_closure_is_a_check_with_or_without_a_future() {
    let (runs, counted) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let counts = Arc::clone(&counted);
    let later = check_fn(move || {
        let runs = Arc::clone(&runs);
        async move { runs.fetch_add(1, Ordering::Relaxed) < 1 } // healthy in the first run only
    });
    let at_once = check_fn(move || counts.fetch_add(1, Ordering::Relaxed) < 1);
    let health = Health::builder(())
        .check(CheckSpec::new("later"), later)
        .check(CheckSpec::new("at-once"), at_once)
        .check(CheckSpec::new("fails"), check_fn(|| Err::<(), _>("refused")))
        .manual();
    for expected in [Status::Healthy, Status::Unhealthy] {
        health.refresh().await;
        health.assert_check("later", expected);
        health.assert_check("at-once", expected);
        assert_eq!(health.check("fails").message.as_deref(), Some("refused"));
    }
    assert_eq!(counted.load(Ordering::Relaxed), 2);
}
