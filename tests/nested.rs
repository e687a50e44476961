//! Nested structs and check functions: the names, the defaults and the paths of their checks.

use std::cell::Cell;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use health_runtime::__private::ServiceSpec;
use health_runtime::{
    CheckFuture, CheckReport, CheckSpec, Checks, Flag, Health, HealthBuilder, HealthFn, HealthState, Probe, Reason,
    StartError, Status, run, run_async, run_blocking,
};
use health_tests::{Answer, ask, get, settled, until};
use serde_json::Value;

/// Nests `Billing` and `Mail`. `Billing` nests `Stripe`.
#[derive(Clone)]
struct App {
    db: Flag,
    billing: Arc<Billing>,
    mail: Box<Mail>,
}

struct Billing {
    db: Flag,
    worker: Flag,
    spare: Option<Flag>,
    stripe: Stripe,
}

struct Stripe {
    api: Flag,
    signature: Flag,
}

#[derive(Clone)]
struct Mail {
    smtp: Flag,
}

impl HealthState for App {
    fn register(checks: &mut Checks<Self>) {
        checks.service(ServiceSpec::new("orders", "1.2.3"));
        checks.add::<Flag>(CheckSpec::new("db").critical(), |app| &app.db);
        checks.nest::<Arc<Billing>>("billing", |app| &app.billing);
        checks.nest::<Box<Mail>>("mail", |app| &app.mail);
    }
}

impl HealthState for Billing {
    fn register(checks: &mut Checks<Self>) {
        checks.service(ServiceSpec::new("billing", "9").prefix("/elsewhere").manual_start());
        checks.add::<Flag>(CheckSpec::new("db").critical(), |billing| &billing.db);
        checks.add_live::<Flag>(CheckSpec::new("worker").liveness(), |billing| &billing.worker);
        checks.add::<Option<Flag>>(CheckSpec::new("spare"), |billing| &billing.spare);
        checks.nest::<Stripe>("stripe", |billing| &billing.stripe);
    }
}

impl HealthState for Stripe {
    fn register(checks: &mut Checks<Self>) {
        checks.add::<Flag>(CheckSpec::new("api").critical(), |stripe| &stripe.api);
        checks.add::<Flag>(CheckSpec::new("signature"), |stripe| &stripe.signature);
    }
}

impl HealthState for Mail {
    fn register(checks: &mut Checks<Self>) {
        checks.add::<Flag>(CheckSpec::new("smtp"), |mail| &mail.smtp);
    }
}

impl App {
    fn healthy() -> Self {
        let stripe = Stripe {
            api: Flag::healthy(),
            signature: Flag::healthy(),
        };
        let billing = Billing {
            db: Flag::healthy(),
            worker: Flag::healthy(),
            spare: None,
            stripe,
        };
        Self {
            db: Flag::healthy(),
            billing: Arc::new(billing),
            mail: Box::new(Mail { smtp: Flag::healthy() }),
        }
    }
}

/// A running application. All its checks have a result.
async fn started() -> (App, Health, Router) {
    let state = App::healthy();
    let health = state.start_health();
    let app = health.router();
    settled(&app, "/health", 200, "healthy").await;
    (state, health, app)
}

/// The names of the checks in a body, sorted.
fn names(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    let name = |check: &Value| check["name"].as_str().unwrap().to_owned();
    let mut names: Vec<_> = body["checks"].as_array().unwrap().iter().map(name).collect();
    names.sort_unstable();
    names
}

/// Waits for this check to have a result.
async fn finished(health: &Health, name: &str) -> CheckReport {
    until(&format!("{name} has a result"), async || {
        let report = health.report(Probe::Health);
        let mut checks = report.checks.into_iter();
        checks.find(|check| check.name == name && check.reason != Some(Reason::Pending))
    })
    .await
}

// --- names, and which settings of a nested struct count ---

#[tokio::test]
async fn a_nested_check_is_named_by_its_path_and_counts_like_any_other() {
    let (state, _health, app) = started().await;
    let answer = get(&app, "/health").await;
    assert_eq!(
        names(&answer),
        [
            "billing.db",
            "billing.spare",
            "billing.stripe.api",
            "billing.stripe.signature",
            "billing.worker",
            "db",
            "mail.smtp",
        ]
    );
    state.mail.smtp.set_unhealthy("gone");
    settled(&app, "/readyz", 200, "degraded").await;
    state.billing.stripe.api.set_unhealthy("gone");
    settled(&app, "/readyz", 503, "unhealthy").await;
    assert_eq!(get(&app, "/livez").await.status, 200);
    state.billing.worker.set_unhealthy("out of luck");
    settled(&app, "/livez", 503, "unhealthy").await;
}

#[tokio::test]
async fn only_the_outermost_struct_configures_the_service() {
    let (_state, _health, app) = started().await; // the `prefix` and `manual_start` of `Billing` have no effect
    let body = get(&app, "/readyz").await.json();
    assert_eq!(
        (&body["service"], &body["version"]),
        (&"orders".into(), &"1.2.3".into())
    );
    assert_eq!(get(&app, "/elsewhere/ready").await.status, 404);
}

#[tokio::test]
async fn an_absent_value_in_a_nested_struct_is_disabled() {
    let (_state, health, _app) = started().await;
    let spare = finished(&health, "billing.spare").await;
    assert_eq!((spare.status, spare.reason), (Status::Healthy, Some(Reason::Disabled)));
}

#[tokio::test]
async fn a_state_in_a_box_or_an_arc_works_like_the_state_itself() {
    let boxed = Health::builder(Box::new(App::healthy())).start();
    let shared = Health::builder(Arc::new(Box::new(App::healthy()))).start();
    for health in [boxed, shared] {
        let answer = settled(&health.router(), "/readyz", 200, "healthy").await;
        assert_eq!(answer.json()["service"], "orders");
        assert!(names(&answer).contains(&"billing.stripe.api".to_owned()));
    }
}

// --- paths ---

#[tokio::test]
async fn the_path_of_a_nested_field_selects_its_checks() {
    let (state, _health, app) = started().await;
    let billing = [
        "billing.db",
        "billing.spare",
        "billing.stripe.api",
        "billing.stripe.signature",
    ];
    assert_eq!(names(&get(&app, "/readyz/billing").await), billing);
    assert_eq!(names(&get(&app, "/readyz/billing.stripe").await), billing[2..]);
    assert_eq!(names(&get(&app, "/readyz/billing.db").await), billing[..1]);
    assert_eq!(names(&get(&app, "/livez/billing").await), ["billing.worker"]);
    assert_eq!(names(&get(&app, "/health/billing").await).len(), 5);

    // The rules of a whole probe apply: a check that is not critical only degrades. Checks outside of the path do not
    // count.
    state.billing.stripe.signature.set_unhealthy("gone");
    settled(&app, "/readyz/billing.stripe", 200, "degraded").await;
    assert_eq!(get(&app, "/readyz/billing").await.json()["status"], "degraded");
    assert_eq!(get(&app, "/readyz/billing.stripe.signature").await.status, 503);
    state.db.set_unhealthy("gone");
    settled(&app, "/readyz", 503, "unhealthy").await;
    assert_eq!(get(&app, "/readyz/billing").await.status, 200);
    state.billing.db.set_unhealthy("gone");
    settled(&app, "/readyz/billing", 503, "unhealthy").await;
    assert_eq!(get(&app, "/health/billing").await.status, 503);
    assert_eq!(get(&app, "/readyz/billing.stripe").await.status, 200);
    assert_eq!(get(&app, "/livez/billing").await.status, 200);
    state.billing.worker.set_unhealthy("out of luck");
    settled(&app, "/livez/billing", 503, "unhealthy").await;
}

#[tokio::test]
async fn a_nested_field_without_a_check_in_the_probe_is_404() {
    let (_state, _health, app) = started().await;
    for uri in [
        "/livez/mail",
        "/livez/billing.stripe",
        "/startupz/billing",
        "/readyz/billing.worker",
        "/readyz/stripe",
        "/readyz/bill",
        "/readyz/billing.",
        "/readyz/billing/",
        "/readyz/billing/db",
        "/readyz/billing.typo",
        "/readyz/Billing",
    ] {
        assert_eq!(get(&app, uri).await.status, 404, "{uri}");
    }
    assert_eq!(ask(&app, "POST", "/readyz/billing").await.status, 405);
    let head = ask(&app, "HEAD", "/readyz/billing").await;
    assert_eq!((head.status, &*head.body), (StatusCode::OK, ""));
}

#[tokio::test]
async fn holds_and_drains_reach_every_part() {
    let (_state, health, app) = started().await;
    let hold = health.hold("maintenance");
    for uri in ["/readyz/billing", "/readyz/billing.stripe", "/health/mail"] {
        let answer = get(&app, uri).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["reason"]),
            (503, &"held".into()),
            "{uri}"
        );
    }
    drop(hold);
    health.drain();
    for uri in [
        "/readyz/billing",
        "/readyz/billing.stripe",
        "/readyz/mail?exclude=billing",
    ] {
        assert_eq!(get(&app, uri).await.json()["reason"], "draining", "{uri}");
    }
    assert_eq!(get(&app, "/livez/billing").await.status, 200);
}

#[tokio::test]
async fn excluding_a_nested_field_excludes_all_its_checks() {
    let (state, _health, app) = started().await;
    state.billing.db.set_unhealthy("gone");
    state.billing.stripe.api.set_unhealthy("gone");
    settled(&app, "/readyz/billing.db", 503, "unhealthy").await;
    settled(&app, "/readyz/billing.stripe", 503, "unhealthy").await;
    let answer = get(&app, "/readyz?exclude=billing").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["status"]),
        (200, &"healthy".into())
    );
    assert_eq!(names(&answer), ["db", "mail.smtp"]);
    for (uri, code) in [
        ("/readyz?exclude=billing.stripe", 503),
        ("/readyz?exclude=billing.db", 503),
        ("/readyz?exclude=billing.db&exclude=billing.stripe", 200),
        ("/readyz?exclude=bill", 503),
        ("/readyz?exclude=stripe", 503),
        ("/readyz/billing?exclude=billing.stripe", 503),
        ("/readyz/billing?exclude=billing.stripe&exclude=billing.db", 200),
        ("/readyz/billing?exclude=mail", 503),
    ] {
        assert_eq!(get(&app, uri).await.status, code, "{uri}");
    }
}

// --- defaults ---

/// One check that takes 300 ms, without a timeout of its own.
#[derive(Default)]
struct Slow;

/// Nests [`Slow`], and has a short timeout for its own checks.
#[derive(Default)]
struct Hasty(Slow);

#[derive(Default)]
struct Outer {
    bare: Slow,
    hasty: Hasty,
}

async fn slow() {
    tokio::time::sleep(Duration::from_millis(300)).await;
}

impl HealthState for Slow {
    fn register(checks: &mut Checks<Self>) {
        checks.with(CheckSpec::new("slow"), |_| run(slow()));
    }
}

impl HealthState for Hasty {
    fn register(checks: &mut Checks<Self>) {
        checks.service(ServiceSpec::new("", "").timeout(Duration::from_millis(20)));
        checks.with(CheckSpec::new("hangs"), |_| run(pending::<()>()));
        checks.nest::<Slow>("inner", |hasty| &hasty.0);
    }
}

impl HealthState for Outer {
    fn register(checks: &mut Checks<Self>) {
        checks.service(ServiceSpec::new("s", "1").timeout(Duration::from_millis(30)));
        checks.with(CheckSpec::new("slow"), |_| run(slow()));
        checks.nest::<Slow>("bare", |state| &state.bare);
        checks.nest::<Hasty>("hasty", |state| &state.hasty);
    }
}

#[tokio::test]
async fn a_nested_check_has_the_defaults_of_its_own_struct_and_no_others() {
    let declared = Health::builder(Outer::default()).start();
    let built = Health::builder(Outer::default())
        .timeout(Duration::from_millis(40))
        .start();
    for (health, own) in [(declared, "aborted after 30ms"), (built, "aborted after 40ms")] {
        assert_eq!(finished(&health, "slow").await.message.as_deref(), Some(own));
        let hangs = finished(&health, "hasty.hangs").await;
        assert_eq!(hangs.message.as_deref(), Some("aborted after 20ms"));
        for built_in in ["bare.slow", "hasty.inner.slow"] {
            assert_eq!(finished(&health, built_in).await.status, Status::Healthy, "{built_in}");
        }
    }
}

// --- functions ---

/// What `#[health_check]` generates for `async fn backlog(post: &Post) -> Result<(), String>`.
enum Backlog {}

impl HealthFn<Post> for Backlog {
    fn spec() -> CheckSpec {
        CheckSpec::new("backlog").interval(Duration::from_millis(20))
    }

    fn call(post: &Post) -> CheckFuture<'_> {
        run_async::<Result<(), String>, _>(async {
            tokio::task::yield_now().await;
            let status = post.smtp.outcome().status();
            if status.passes() {
                Ok(())
            } else {
                Err("17 letters are waiting".to_owned())
            }
        })
    }
}

/// What it generates for a `blocking` function without parameters.
enum Disk {}

impl<S: ?Sized> HealthFn<S> for Disk {
    fn spec() -> CheckSpec {
        CheckSpec::new("disk").blocking()
    }

    fn call(_: &S) -> CheckFuture<'_> {
        run_blocking(Status::Degraded)
    }
}

#[derive(Clone)]
struct Office {
    post: Post,
}

#[derive(Clone)]
struct Post {
    smtp: Flag,
}

impl HealthState for Office {
    fn register(checks: &mut Checks<Self>) {
        checks.function::<Disk>();
        checks.nest::<Post>("post", |office| &office.post);
    }
}

impl HealthState for Post {
    fn register(checks: &mut Checks<Self>) {
        checks.function::<Backlog>();
    }
}

impl Office {
    fn healthy() -> Self {
        let smtp = Flag::healthy();
        Self { post: Post { smtp } }
    }
}

#[tokio::test]
async fn a_function_checks_the_state_that_declares_it() {
    let office = Office::healthy();
    let health = office.start_health();
    let app = health.router();
    let answer = settled(&app, "/readyz", 200, "degraded").await;
    assert_eq!(names(&answer), ["disk", "post.backlog"]);
    assert_eq!(finished(&health, "disk").await.status, Status::Degraded);
    settled(&app, "/readyz/post", 200, "healthy").await;
    office.post.smtp.set_unhealthy("gone");
    settled(&app, "/readyz/post.backlog", 503, "unhealthy").await;
    let backlog = finished(&health, "post.backlog").await;
    assert_eq!(backlog.message.as_deref(), Some("17 letters are waiting"));
}

#[tokio::test]
async fn a_builder_takes_functions_of_its_state() {
    let post = Office::healthy().post;
    let health = Health::builder(post).function::<Disk>().start();
    let answer = settled(&health.router(), "/readyz", 200, "degraded").await;
    assert_eq!(names(&answer), ["backlog", "disk"]);
}

// --- what does not start ---

/// Nests `billing`, which has a check `api`. `THIS` adds what the test wants.
struct Clash {
    billing: Stripe,
}

thread_local!(static THIS: Cell<fn(&mut Checks<Clash>)> = const { Cell::new(|_| {}) });

impl HealthState for Clash {
    fn register(checks: &mut Checks<Self>) {
        checks.nest::<Stripe>("billing", |clash| &clash.billing);
        THIS.get()(checks);
    }
}

impl Clash {
    fn builder(this: fn(&mut Checks<Self>)) -> HealthBuilder<Self> {
        THIS.set(this);
        let [api, signature] = [(); 2].map(|()| Flag::healthy());
        Health::builder(Self {
            billing: Stripe { api, signature },
        })
    }

    fn refused(this: fn(&mut Checks<Self>)) -> StartError {
        Self::builder(this).try_start().unwrap_err()
    }
}

#[tokio::test]
async fn duplicate_and_ambiguous_names_do_not_start() {
    let error = Clash::refused(|checks| checks.with(CheckSpec::new("billing.api"), |_| run(())));
    assert!(matches!(&error, StartError::DuplicateName(name) if name == "billing.api"));
    let error = Clash::refused(|checks| checks.with(CheckSpec::new("billing"), |_| run(())));
    assert!(matches!(&error, StartError::AmbiguousName(name) if name == "billing"));
    assert_eq!(
        error.to_string(),
        "`billing` is the name of a nested struct and of something else, and in a probe's path could mean either; rename \
         one with `name = \"...\"`"
    );
    let error = Clash::refused(|checks| checks.nest::<Stripe>("billing", |clash| &clash.billing));
    assert!(matches!(&error, StartError::AmbiguousName(name) if name == "billing"));
    let error = Clash::builder(Checks::function::<Disk>).function::<Disk>();
    let error = error.try_start().unwrap_err();
    assert!(matches!(&error, StartError::DuplicateName(name) if name == "disk"));
    let started = Clash::builder(|checks| checks.with(CheckSpec::new("billing.db"), |_| run(()))).try_start();
    let app = started.unwrap().router();
    assert_eq!(
        names(&get(&app, "/readyz/billing").await),
        ["billing.api", "billing.signature"]
    );
}

#[tokio::test]
async fn a_nested_struct_with_an_invalid_name_does_not_start() {
    for (nest, name) in [
        (
            (|checks| checks.nest::<Stripe>("a.b", |clash| &clash.billing)) as fn(&mut Checks<Clash>),
            "a.b",
        ),
        (|checks| checks.nest::<Stripe>("ready", |clash| &clash.billing), "ready"),
        (|checks| checks.nest::<Stripe>("a b", |clash| &clash.billing), "a b"),
    ] {
        let error = Clash::refused(nest);
        assert!(matches!(&error, StartError::NestName(said) if said == name), "{error}");
    }
}

/// Contains itself twice.
struct Endless {
    left: Option<Arc<Endless>>,
    right: Option<Arc<Endless>>,
}

thread_local!(static ASKED: Cell<u32> = const { Cell::new(0) });

impl HealthState for Endless {
    fn register(checks: &mut Checks<Self>) {
        ASKED.set(ASKED.get() + 1);
        assert!(ASKED.get() < 100, "`register` is called again and again");
        checks.nest::<Arc<Self>>("left", |state| state.left.as_ref().unwrap());
        checks.nest::<Arc<Self>>("right", |state| state.right.as_ref().unwrap());
    }
}

#[tokio::test]
async fn a_struct_nested_in_itself_is_an_error_that_names_the_path() {
    let state = Endless {
        left: None,
        right: None,
    };
    let error = Health::builder(state).try_start().unwrap_err();
    let path = ["left"; 33].join(".");
    assert!(matches!(&error, StartError::NestedTooDeep(at) if *at == path));
    assert_eq!(
        error.to_string(),
        format!(
            "health states are nested more than 32 deep, at `{path}`; a struct that contains itself cannot be `nested` in \
             itself"
        )
    );
}
