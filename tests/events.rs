//! How a service follows its own health: events, watches of the probes, and the log.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::FutureExt as _;
use health_runtime::testing::TestHealth;
use health_runtime::{
    CheckSpec, Checks, Events, Flag, Health, HealthEvent, HealthState, Probe, ProbeWatch, Reason, Status, Transition,
};
use health_tests::{Log, until};
use serde_json::json;
use tracing_subscriber::layer::SubscriberExt as _;

#[derive(Clone, HealthState)]
struct Orders {
    #[health_check(critical, failure_threshold = 2, interval = "1h")]
    db: Flag,
    #[health_check(interval = "1h")]
    cache: Flag,
}

impl Orders {
    fn healthy() -> Self {
        Self {
            db: Flag::healthy(),
            cache: Flag::healthy(),
        }
    }
}

/// The next event, which has to be a transition.
async fn next(events: &mut Events) -> Transition {
    match tokio::time::timeout(Duration::from_secs(10), events.next()).await {
        Ok(Some(HealthEvent::Check(transition))) => transition,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_subscriber_receives_each_transition_in_order() {
    let state = Orders::healthy();
    let health = state.start_health();
    let began = SystemTime::now();
    let mut events = health.subscribe();
    for _ in 0..2 {
        let first = next(&mut events).await;
        assert_eq!((first.from_reason, first.to), (Some(Reason::Pending), Status::Healthy));
    }
    state.cache.set_unhealthy("gone: redis://user:secret@host");
    let failed = next(&mut events).await;
    assert_eq!(
        (
            &*failed.check,
            failed.critical,
            failed.from,
            failed.to,
            failed.to_reason
        ),
        (
            "cache",
            false,
            Status::Healthy,
            Status::Unhealthy,
            Some(Reason::Reported)
        )
    );
    assert_eq!(failed.message.as_deref(), Some("gone: redis://***@host"));
    assert!(failed.at >= began && failed.at <= SystemTime::now());
    state.cache.set_degraded("slow");
    state.cache.set_healthy();
    let mut last = failed;
    while last.to != Status::Healthy {
        let event = next(&mut events).await;
        assert_eq!(
            (event.from, event.from_reason),
            (last.to, last.to_reason),
            "no transition is missing or out of order"
        );
        last = event;
    }
}

#[tokio::test]
async fn a_failure_below_the_threshold_is_no_transition() {
    let state = Orders::healthy();
    let health = state.start_health();
    let mut events = health.subscribe();
    for _ in 0..2 {
        next(&mut events).await;
    }
    state.db.set_unhealthy("once");
    until("the failed run is in the report", async || {
        let report = health.report(health_runtime::Probe::Readiness);
        let db = report.checks.iter().find(|check| check.name == "db").unwrap();
        assert_eq!(db.status, Status::Healthy);
        (db.raw_status == Some(Status::Unhealthy)).then_some(())
    })
    .await;
    state.db.set_unhealthy("twice");
    let failed = next(&mut events).await;
    assert_eq!((&*failed.check, failed.message.as_deref()), ("db", Some("twice")));
}

/// More checks than a subscriber may lag behind.
struct Many;

const MANY: usize = 1_000;

impl HealthState for Many {
    fn register(checks: &mut Checks<Self>) {
        for index in 0..MANY {
            let spec = CheckSpec::new(format!("check-{index}").leak());
            checks.with(spec, |_| Box::pin(async { Ok(health_runtime::Outcome::healthy()) }));
        }
    }
}

#[tokio::test]
async fn a_slow_subscriber_loses_the_oldest_events_and_receives_their_number() {
    let health = Health::builder(Many).start();
    let mut events = health.subscribe();
    let app: axum::Router = health.router();
    health_tests::settled(&app, "/readyz", 200, "healthy").await;
    let (mut missed, mut read) = (0, 0);
    while missed + read < MANY as u64 {
        match events.next().await.expect("the engine lives") {
            HealthEvent::Missed(count) => missed += count,
            _ => read += 1,
        }
    }
    assert_eq!(missed + read, MANY as u64);
    assert!(missed >= 512, "{missed} missed, {read} read");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn transitions_from_many_threads_are_delivered_in_order() {
    let flags: Vec<_> = (0..200).map(|_| Flag::healthy()).collect();
    let mut builder = Health::builder(Orders::healthy());
    for (index, flag) in flags.iter().enumerate() {
        let spec = CheckSpec::named(format!("flag-{index}")).interval(Duration::from_hours(1));
        builder = builder.check(spec, flag.clone());
    }
    let health = builder.start();
    let mut events = health.subscribe();
    let threads: Vec<_> = flags
        .chunks(25)
        .map(<[Flag]>::to_vec)
        .map(|flags| {
            // A check starts at most once a tick.
            let pause = || std::thread::sleep(Duration::from_millis(60));
            std::thread::spawn(move || {
                for _ in 0..20 {
                    for flag in &flags {
                        flag.set_unhealthy("even");
                    }
                    pause();
                    for flag in &flags {
                        flag.set_degraded("odd");
                    }
                    pause();
                }
                for flag in &flags {
                    flag.set_healthy();
                }
            })
        })
        .collect();
    let (mut last, mut read) = (std::collections::HashMap::new(), 0);
    loop {
        match tokio::time::timeout(Duration::from_millis(500), events.next()).await {
            Ok(Some(HealthEvent::Check(transition))) => {
                read += 1;
                let (from, to) = (
                    (transition.from, transition.from_reason),
                    (transition.to, transition.to_reason),
                );
                if let Some(before) = last.insert(transition.check, to) {
                    assert_eq!(from, before, "after {read}");
                }
            }
            Ok(_) => last.clear(), // some were missed
            Err(_) if threads.iter().all(std::thread::JoinHandle::is_finished) => break,
            Err(_) => {}
        }
    }
    assert!(read > 1_000, "{read}");
    assert!(last.values().all(|(status, _)| *status == Status::Healthy), "{last:?}");
}

#[tokio::test]
async fn a_subscription_and_a_watch_end_with_the_engine_and_do_not_keep_it_alive() {
    let health = Orders::healthy().start_health();
    let (mut events, mut readiness) = (health.subscribe(), health.watch(Probe::Readiness));
    let handle = health.downgrade();
    drop(health);
    while events.next().await.is_some() {}
    while readiness.changed().await.is_some() {}
    assert!(handle.upgrade().is_none());
    assert_eq!(
        (readiness.passes(), readiness.reason()),
        (false, Some(Reason::Cancelled)),
        "nothing is known any more"
    );
}

#[tokio::test]
async fn each_probe_can_be_watched_and_a_change_of_one_wakes_no_watch_of_another() {
    let state = Orders::healthy();
    let health = TestHealth::new(state.clone());
    health.refresh().await;
    let probes = [Probe::Liveness, Probe::Readiness, Probe::Startup, Probe::Health];
    let mut watches = probes.map(|probe| health.watch(probe));
    for (watch, probe) in watches.iter_mut().zip(probes) {
        assert_eq!(watch.probe(), probe);
        assert_eq!(watch.status(), health.status(probe));
        assert!(watch.passes(), "{probe}");
        let _ = watch.changed().now_or_never(); // marks the current state as seen
    }
    let held = health.hold("maintenance");
    health.advance(Duration::from_millis(50));
    let changed = |watches: &mut [ProbeWatch; 4]| {
        watches
            .each_mut()
            .map(|watch| watch.changed().now_or_never().map(|to| to.is_some()))
    };
    // `/health` also fails when readiness fails.
    assert_eq!(changed(&mut watches), [None, Some(true), None, Some(true)]);
    assert_eq!(watches[1].reason(), Some(Reason::Held));
    drop(held);
    health.advance(Duration::from_millis(50));
    assert_eq!(changed(&mut watches), [None, Some(true), None, Some(true)]);
    assert!(watches.iter().all(ProbeWatch::passes));
    drop(health);
    assert!(watches.iter().all(|watch| watch.reason() == Some(Reason::Cancelled)));
}

#[tokio::test]
async fn liveness_and_startup_are_watched_too() {
    #[derive(HealthState)]
    #[health(manual_start)]
    struct Worker {
        #[health_check(liveness)]
        worker: Flag,
    }
    let health = TestHealth::new(Worker {
        worker: Flag::healthy(),
    });
    health.refresh().await;
    let (mut liveness, mut startup) = (health.watch(Probe::Liveness), health.watch(Probe::Startup));
    assert_eq!((liveness.passes(), startup.passes()), (true, false));
    health.mark_started();
    health.advance(Duration::from_millis(50));
    assert_eq!(startup.changed().await, Some(Status::Healthy));
    health.force("worker", Status::Unhealthy);
    health.advance(Duration::from_millis(50));
    assert_eq!(liveness.changed().await, Some(Status::Unhealthy));
    assert!(startup.passes() && startup.changed().now_or_never().is_none());
}

/// The engine still ticks while it waits for the state to be dropped.
#[tokio::test]
async fn a_watch_does_not_change_after_the_engine_has_ended() {
    struct SlowDrop;
    impl Drop for SlowDrop {
        fn drop(&mut self) {
            std::thread::sleep(Duration::from_millis(80)); // a state that is slow to drop
        }
    }
    #[derive(HealthState)]
    struct Service {
        #[health_check(liveness)]
        flag: Flag,
        _slow: SlowDrop,
    }
    for _ in 0..5 {
        let flag = Flag::healthy();
        let health = Health::builder(Service {
            flag: flag.clone(),
            _slow: SlowDrop,
        });
        let health = health.start();
        drop(health.probes());
        let liveness = health.watch(Probe::Liveness);
        health.drain();
        drop(health);
        assert_eq!(liveness.reason(), Some(Reason::Cancelled));
        tokio::time::sleep(Duration::from_millis(120)).await;
        assert_eq!(liveness.reason(), Some(Reason::Cancelled));
    }
}

#[tokio::test]
async fn two_services_without_a_state_cause_no_warning_of_a_second_engine() {
    let log = Log::default();
    let subscriber = tracing_subscriber::registry().with(log.clone());
    let _guard = tracing::subscriber::set_default(subscriber);
    let services = [Health::builder(()).start(), Health::builder(()).start()];
    drop(services); // every line is written before this returns
    assert!(log.lines("second health engine").is_empty(), "{:?}", log.lines(""));
}

#[tokio::test]
async fn reports_checks_and_transitions_can_be_serialized() {
    let health = TestHealth::new(Orders::healthy());
    let mut events = health.subscribe();
    health.refresh().await;
    health.force("cache", Err::<(), _>("refused by redis://:HUNTER2@cache"));
    let report = serde_json::to_value(health.report(Probe::Readiness)).unwrap();
    assert_eq!(
        (&report["status"], &report["phase"], &report["probe"]),
        (&json!("degraded"), &json!("running"), &json!("readiness"))
    );
    let cache = &report["checks"][0];
    assert_eq!(
        (&cache["name"], &cache["reason"], &cache["message"]),
        (&json!("cache"), &json!("error"), &json!("refused by redis://***@cache"))
    );
    assert_eq!(*cache, serde_json::to_value(health.check("cache")).unwrap());
    let transition = loop {
        let transition = next(&mut events).await;
        if transition.check == "cache" && !transition.to.passes() {
            break transition;
        }
    };
    let at = transition.at.duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    assert_eq!(
        serde_json::to_value(transition).unwrap(),
        json!({"check": "cache", "critical": false, "from": "healthy", "to": "unhealthy", "to_reason": "error",
            "message": "refused by redis://***@cache", "at_ms": u64::try_from(at).unwrap()})
    );
}

#[tokio::test]
async fn readiness_can_be_watched() {
    let state = Orders::healthy();
    let health = state.start_health();
    let mut readiness = health.watch(Probe::Readiness);
    assert_eq!(
        (readiness.passes(), readiness.reason()),
        (false, Some(Reason::Starting))
    );
    let _router: axum::Router = health.router();
    let changes = async |readiness: &mut ProbeWatch, status| {
        while readiness.status() != status {
            readiness.changed().await.expect("the engine lives");
        }
    };
    changes(&mut readiness, Status::Healthy).await;
    state.cache.set_unhealthy("gone");
    changes(&mut readiness, Status::Degraded).await;
    assert!(readiness.passes());
    let held = health.hold("maintenance");
    changes(&mut readiness, Status::Unhealthy).await;
    assert_eq!(readiness.reason(), Some(Reason::Held));
    drop(held);
    changes(&mut readiness, Status::Degraded).await;
    health.drain();
    changes(&mut readiness, Status::Unhealthy).await;
    assert_eq!(readiness.reason(), Some(Reason::Draining));
}

#[derive(Clone, HealthState)]
struct Twin {
    #[health_check]
    flag: Flag,
}

#[tokio::test]
async fn a_second_live_engine_for_a_state_type_is_logged_once() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(log.clone()));
    // With a single subscriber, `tracing` asks only the one of the thread that logs an event first. Other tests here
    // log on threads without a subscriber. With two subscribers, `tracing` asks both.
    let _another = tracing::Dispatch::new(tracing_subscriber::registry());
    let said = || log.lines("a second health engine").len();
    // An engine logs its warnings before it logs that it has started.
    let started = async |health: &Health, engines: usize| {
        let _router: axum::Router = health.router();
        until("the log has this many starts", async || {
            (log.lines("message=started").len() == engines).then_some(())
        })
        .await;
    };
    let twin = || Twin { flag: Flag::healthy() };
    let gone = twin().start_health();
    let handle = gone.downgrade();
    drop(gone);
    until("the engine has ended", async || {
        handle.upgrade().is_none().then_some(())
    })
    .await;
    let first = twin().start_health();
    started(&first, 1).await;
    assert_eq!(said(), 0, "the other engine has ended");
    let second = Health::builder(Arc::new(twin())).start();
    started(&second, 2).await;
    assert_eq!(said(), 1, "an `Arc` of a state counts as the same state");
    assert!(log.lines("a second health engine")[0].contains("events::Twin"));
    let third = twin().start_health();
    started(&third, 3).await;
    assert_eq!(said(), 1, "the warning comes only once");
    drop((first, second, third));
}

#[tokio::test]
async fn a_liveness_check_is_critical_in_events_and_in_the_report() {
    #[derive(Clone, HealthState)]
    struct Workers {
        #[health_check(liveness)]
        consumer: Flag,
    }
    let state = Workers {
        consumer: Flag::healthy(),
    };
    let health = state.start_health();
    let event = next(&mut health.subscribe()).await;
    let report = health.report(Probe::Health);
    assert_eq!((event.critical, report.checks[0].critical), (true, true));
}
