//! Sixty secrets, planted wherever a service can put a text. None of them reaches the public.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use health_runtime::{CheckResult, CheckSpec, Checks, Health, HealthState, Outcome, Parts, Public, run};
use health_tests::{get, until};

use crate::NAMES;

/// Six forms, each with the number of the place.
const FORMS: [fn(usize) -> String; 6] = [
    |place| format!("the word is {place}HUNTER2"), // nothing shows that this is a secret
    |place| format!("postgres://orders:{place}HUNTER2@db.internal/orders"),
    |place| format!("Authorization: Bearer {place}HUNTER2aaaaaaaaaaaaaaaa"),
    |place| format!("password={place}HUNTER2"),
    |place| format!("https://api.example/v1?api_key={place}HUNTER2"),
    |place| format!("AWS_SECRET_ACCESS_KEY: \"{place}HUNTER2\""),
];

/// The places of the secrets of one check.
const MESSAGE: usize = 0;
const DETAIL: usize = 1;
const PART: usize = 2;
const MESSAGE_OF_PART: usize = 3;
const DESCRIPTION: usize = 4;
const RUNBOOK: usize = 5;
const GROUP: usize = 6;
const RESTART_HELPS: usize = 7;
/// The places of those of the service.
const HOLD: usize = 8;
const TASK: usize = 9;

struct Leaky(Arc<AtomicBool>);

impl HealthState for Leaky {
    fn register(checks: &mut Checks<Self>) {
        for (index, form) in FORMS.into_iter().enumerate() {
            let spec = CheckSpec::named(format!("check-{index}"))
                .critical()
                .liveness()
                .readiness()
                .startup()
                .interval(Duration::from_millis(50))
                .description(form(DESCRIPTION))
                .runbook(format!("https://wiki.example/?token={RUNBOOK}HUNTER2"))
                .groups([format!("{GROUP}hunter2")])
                .restart_helps(form(RESTART_HELPS));
            checks.with(spec, move |state| {
                let fails = state.0.load(Ordering::SeqCst);
                run(outcome(form, fails, index))
            });
        }
    }
}

fn outcome(form: fn(usize) -> String, fails: bool, index: usize) -> CheckResult {
    let outcome = |message| {
        if fails {
            Outcome::unhealthy(message)
        } else {
            Outcome::degraded(message)
        }
    };
    match index {
        // A panic and an error have messages too.
        5 if fails => panic!("{}", form(MESSAGE)),
        1 if fails => Err(form(MESSAGE).into()),
        2 => Ok(Parts::from_iter([(form(PART), outcome(form(MESSAGE_OF_PART)))]).into_outcome()),
        _ => Ok(outcome(form(MESSAGE)).detail(form(DETAIL), form(DETAIL))),
    }
}

/// All that anybody can ask, in every format.
async fn public_bytes(app: &Router) -> String {
    let mut bytes = String::new();
    for probe in ["/livez", "/readyz", "/startupz", "/health"] {
        for rest in [
            "?",
            "?verbose",
            "?history&verbose",
            "?exclude=check-0",
            "?group=6hunter2",
            "/check-2?",
            "/typo?",
        ] {
            for format in NAMES.iter().map(|(name, ..)| *name).chain(["typo"]) {
                let answer = get(app, &format!("{probe}{rest}&format={format}")).await;
                let _ = writeln!(bytes, "{:?}\n{}", answer.headers, answer.body);
            }
        }
    }
    bytes
}

async fn hides_all(app: &Router, state: &str) {
    let bytes = public_bytes(app).await;
    let found = bytes.lines().find(|line| line.to_lowercase().contains("hunter2"));
    assert_eq!(found, None, "{state}");
}

/// Waits until all checks fail, or all of them pass.
async fn until_all(health: &Health, fail: bool) {
    until("the checks have run", async || {
        let report = health.report(health_runtime::Probe::Health);
        let is_so = |check: &health_runtime::CheckReport| check.latency.is_some() && check.status.passes() != fail;
        report.checks.iter().all(is_so).then_some(())
    })
    .await;
}

#[tokio::test]
async fn no_planted_secret_is_in_a_public_byte_of_any_format_in_any_state() {
    for public in [Public::CheckStates, Public::StatusOnly] {
        let fails = Arc::new(AtomicBool::new(false));
        let health = Health::builder(Leaky(Arc::clone(&fails))).public(public).start();
        let tasks = FORMS.map(|form| health.startup_task(form(TASK)));
        let (app, internal): (Router, Router) = (health.router(), health.internal_router());
        hides_all(&app, "starting").await;
        until_all(&health, false).await;
        hides_all(&app, "starting, and degraded").await;
        tasks.into_iter().for_each(health_runtime::StartupTask::done);
        hides_all(&app, "degraded").await;
        fails.store(true, Ordering::SeqCst);
        until_all(&health, true).await;
        hides_all(&app, "failing").await;
        let holds = FORMS.map(|form| health.hold(form(HOLD)));
        hides_all(&app, "held").await;
        // The first form cannot be recognized. Only who may see the internal port sees it.
        let told = get(&internal, "/health").await.body;
        for place in [MESSAGE, DETAIL, DESCRIPTION, RUNBOOK, RESTART_HELPS] {
            assert!(told.contains(&format!("{place}HUNTER2")), "{place}: {told}");
        }
        assert!(
            get(&internal, "/readyz?verbose")
                .await
                .body
                .contains(&format!("{HOLD}HUNTER2"))
        );
        drop(holds);
        health.drain();
        hides_all(&app, "draining").await;
    }
}

#[test]
fn sixty_secrets_are_planted() {
    let places = [
        MESSAGE,
        DETAIL,
        PART,
        MESSAGE_OF_PART,
        DESCRIPTION,
        RUNBOOK,
        GROUP,
        RESTART_HELPS,
        HOLD,
        TASK,
    ];
    assert_eq!(places.len() * FORMS.len(), 60);
}
