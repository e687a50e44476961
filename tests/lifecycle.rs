//! The life of a service: start, hold, drain and end. Also what the struct and the builder declare.
#![allow(
    clippy::trivially_copy_pass_by_ref,
    clippy::unused_async,
    reason = "check functions in the forms that users give them"
)]

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get as on_get;
use axum::serve::Listener as _;
use futures_util::FutureExt as _;
use health_runtime::{
    CheckSpec, Checks, Flag, Health, HealthState, Phase, Probe, Public, Reason, StartError, Status, run,
};
use health_tests::{get, raw, until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

#[derive(Clone, HealthState)]
#[health(drain = "200ms")]
struct App {
    #[health_check(critical)]
    db: Flag,
}

fn healthy() -> App {
    App { db: Flag::healthy() }
}

async fn says(app: &Router, uri: &str, code: u16) {
    until(&format!("{uri} answers {code}"), async || {
        (get(app, uri).await.status == code).then_some(())
    })
    .await;
}

// --- starting ---

#[tokio::test]
async fn a_startup_task_keeps_startup_and_readiness_failing_until_it_is_done() {
    let health = healthy().start_health();
    let (first, second) = (health.startup_task("migrate"), health.startup_task("warm caches"));
    let app = health.router();
    until("db is checked", async || {
        (health.report(Probe::Readiness).checks[0].status == Status::Healthy).then_some(())
    })
    .await;
    for task in [first, second] {
        assert_eq!(get(&app, "/startupz").await.status, 503);
        assert_eq!(get(&app, "/readyz").await.json()["reason"], "starting");
        assert_eq!(get(&app, "/livez").await.status, 200);
        task.done();
    }
    assert_eq!(get(&app, "/startupz").await.status, 200);
    assert_eq!(get(&app, "/readyz").await.status, 200);
    drop(health.startup_task("too late"));
    assert_eq!(get(&app, "/startupz").await.status, 200, "startup is latched");
}

#[tokio::test]
async fn a_startup_task_that_panics_fails_startup_for_good() {
    let health = healthy().start_health();
    let task = health.startup_task("warm caches");
    let app = health.router();
    let warm_up = tokio::spawn(async move {
        assert_eq!(1, 2, "the cache is cold");
        task.done();
    });
    assert!(warm_up.await.is_err());
    health.mark_started();
    assert_eq!(get(&app, "/startupz").await.json()["reason"], "starting");
}

#[tokio::test]
async fn a_manual_start_waits_for_mark_started() {
    #[derive(HealthState)]
    #[health(manual_start)]
    struct Manual;
    let health = Health::builder(Manual).start();
    let app = health.router();
    assert_eq!(get(&app, "/startupz").await.status, 503);
    health.mark_started();
    assert_eq!(get(&app, "/startupz").await.status, 200);
    assert_eq!(get(&app, "/readyz").await.status, 200);
}

#[tokio::test]
async fn a_startup_check_has_to_pass_once() {
    #[derive(Clone, HealthState)]
    struct Migrating {
        #[health_check(startup)]
        migrated: Flag,
    }
    let state = Migrating { migrated: Flag::new() };
    let health = state.start_health();
    let app = health.router();
    assert_eq!(get(&app, "/startupz").await.status, 503);
    assert_eq!(get(&app, "/startupz/migrated").await.status, 503);
    assert_eq!(get(&app, "/readyz").await.json()["reason"], "starting");
    state.migrated.set_healthy();
    says(&app, "/startupz", 200).await;
    assert_eq!(get(&app, "/startupz/migrated").await.status, 200);
    state.migrated.set_unhealthy("not any more");
    assert_eq!(get(&app, "/startupz").await.status, 200);
    assert_eq!(get(&app, "/readyz").await.status, 200);
}

// --- holding back ---

#[tokio::test]
async fn a_hold_fails_readiness_while_it_lives() {
    let health = healthy().start_health();
    let app = health.router();
    says(&app, "/readyz", 200).await;
    let hold = health.hold("maintenance: secret reason");
    let answer = get(&app, "/readyz").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["reason"]),
        (503, &"held".into())
    );
    assert!(!answer.body.contains("maintenance"));
    assert_eq!(get(&app, "/livez").await.status, 200);
    drop(hold);
    assert_eq!(get(&app, "/readyz").await.status, 200);
}

// --- ending ---

#[tokio::test]
async fn a_drain_fails_readiness_at_once_and_resolves_every_signal_later() {
    let health = healthy().start_health();
    let app = health.router();
    says(&app, "/readyz", 200).await;
    let signals = [health.shutdown_signal(), health.shutdown_signal()];
    let began = Instant::now();
    health.drain();
    health.drain();
    assert!(health.is_draining());
    let answer = get(&app, "/readyz").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["phase"]),
        (503, &"draining".into())
    );
    assert_eq!(answer.header("connection"), "close");
    assert_eq!(get(&app, "/livez").await.status, 200);
    assert_eq!(get(&app, "/livez").await.header("connection"), "close");
    for signal in signals {
        signal.await;
    }
    assert!(began.elapsed() >= Duration::from_millis(200));
    health.shutdown_signal().await; // a late caller gets it too
    assert_eq!(get(&app, "/readyz").await.status, 503);
}

#[tokio::test]
async fn the_applications_own_answers_close_their_connections_while_draining() {
    let health = healthy().start_health();
    let orders = Router::new().route("/orders", on_get(|| async { "[]" }));
    let app: Router = orders.layer(health.drain_layer()).merge(health.router());
    assert_eq!(get(&app, "/orders").await.header("connection"), "");
    health.drain();
    let answer = get(&app, "/orders").await;
    assert_eq!((answer.status.as_u16(), answer.header("connection")), (200, "close"));
}

#[tokio::test]
async fn a_listener_closes_without_losing_a_connection_that_the_kernel_has_accepted() {
    let health = Health::builder(healthy()).drain(Duration::ZERO).start();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut listener = health.listener(listener);
    assert_eq!(listener.local_addr().unwrap(), address);
    let mut clients = Vec::new();
    for _ in 0..5 {
        clients.push(TcpStream::connect(address).await.unwrap());
    }
    let stop = health.shutdown_signal();
    health.drain();
    let mut accepted = Vec::new();
    for client in &clients {
        let (stream, peer) = listener.accept().await;
        assert_eq!(peer, client.local_addr().unwrap());
        accepted.push(stream);
    }
    let mut stop = std::pin::pin!(stop);
    let wait = tokio::time::timeout(Duration::from_millis(300), async {
        tokio::select! {
            _ = listener.accept() => panic!("accepted a connection, but none is left"),
            () = &mut stop => panic!("stopped before the accepted connections were read"),
        }
    });
    assert!(wait.await.is_err());
    let refused = TcpStream::connect(address).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    for stream in &mut accepted {
        assert!(stream.read(&mut [0]).now_or_never().is_none());
    }
    tokio::select! {
        _ = listener.accept() => panic!("accepted a connection, but none is left"),
        () = stop => {}
    }
}

#[tokio::test]
async fn servers_stop_after_half_of_the_grace_even_if_a_listener_is_never_polled() {
    let builder = Health::builder(healthy()).drain(Duration::ZERO);
    let health = builder.shutdown_grace(Duration::from_millis(800)).start();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let _listener = health.listener(listener);
    let began = Instant::now();
    health.drain();
    health.shutdown_signal().await;
    assert!(began.elapsed() >= Duration::from_millis(400), "{:?}", began.elapsed());
}

#[tokio::test]
async fn the_drain_takes_its_full_time_if_probes_use_a_server_without_a_health_listener() {
    let routers: [fn(&Health) -> Router; 2] = [Health::router, Health::internal_router];
    for router in routers {
        let health = Health::builder(healthy()).drain(Duration::from_millis(600)).start();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let listener = health.listener(listener);
        let server = tokio::spawn(async move { axum::serve(listener, Router::new()).await });
        let probes = router(&health);
        says(&probes, "/readyz", 200).await;
        let began = Instant::now();
        health.drain();
        health.shutdown_signal().await;
        assert!(began.elapsed() >= Duration::from_millis(600), "{:?}", began.elapsed());
        server.abort();
    }
}

#[tokio::test]
async fn http_2_has_no_connection_header() {
    let health = healthy().start_health();
    let orders = Router::new().route("/orders", on_get(|| async { "[]" }));
    let app: Router = orders.layer(health.drain_layer()).merge(health.router());
    health.drain();
    for uri in ["/orders", "/readyz", "/readyz/db"] {
        let request = axum::http::Request::get(uri).version(axum::http::Version::HTTP_2);
        let answer = health_tests::send(&app, request.body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!(answer.header("connection"), "", "{uri}");
    }
}

#[tokio::test]
async fn a_weak_handle_keeps_nothing_alive() {
    let health = healthy().start_health();
    let weak = health.downgrade();
    assert!(weak.upgrade().is_some());
    drop(health);
    until("the engine ends", async || weak.upgrade().is_none().then_some(())).await;
}

// --- what is declared ---

#[tokio::test]
async fn the_builder_and_the_struct_have_the_same_effect() {
    #[derive(HealthState)]
    #[health(
        name = "orders",
        version = "7",
        timeout = "70ms",
        interval = "100ms",
        probe_budget = "30ms",
        prefix = "/ops",
        drain = "50ms",
        shutdown_grace = "9s",
        public = "details"
    )]
    struct Declared {
        #[health_check(critical, with = hang)]
        db: (),
        #[health_check(with = fail)]
        mail: (),
    }
    #[derive(HealthState)]
    struct Bare {
        #[health_check(critical, with = hang)]
        db: (),
        #[health_check(with = fail)]
        mail: (),
    }
    async fn hang((): &()) {
        std::future::pending::<()>().await;
    }
    fn fail((): &()) -> Result<(), String> {
        Err("no route".into())
    }
    let ms = Duration::from_millis;
    let declared = || Health::builder(Declared { db: (), mail: () }).start();
    let built = || {
        Health::builder(Bare { db: (), mail: () })
            .name("orders")
            .version("7")
            .timeout(ms(70))
            .interval(ms(100))
            .probe_budget(ms(30))
            .prefix("/ops")
            .drain(ms(50))
            .shutdown_grace(ms(9_000))
            .public(Public::Details)
            .start()
    };
    for start in [&declared as &dyn Fn() -> Health, &built] {
        let health = start();
        let app: Router = health.router();
        let began = Instant::now();
        let first = get(&app, "/ops/ready").await.json();
        assert!(began.elapsed() >= ms(20), "it waits for its budget");
        assert_eq!(first["checks"][0]["reason"], "pending");
        let answer = until("db times out", async || {
            let body = get(&app, "/ops/ready").await.json();
            (body["checks"][0]["reason"] == "timeout").then_some(body)
        })
        .await;
        assert_eq!(
            (&answer["service"], &answer["version"]),
            (&"orders".into(), &"7".into())
        );
        assert_eq!(answer["checks"][1]["message"], "no route");
        let took = answer["checks"][0]["latency_ms"].as_f64().unwrap();
        assert!((70.0..1_000.0).contains(&took), "{took}");
        let stop = health.shutdown_signal();
        health.drain();
        stop.await;
    }
}

#[tokio::test]
async fn the_service_is_named_after_the_package_that_declares_it() {
    let body = get(&healthy().start_health().router(), "/readyz").await.json();
    assert_eq!(
        (&body["service"], &body["version"]),
        (&"health-tests".into(), &env!("CARGO_PKG_VERSION").into())
    );
}

struct Twice;

impl HealthState for Twice {
    fn register(checks: &mut Checks<Self>) {
        checks.with(CheckSpec::new("db"), |_| run(()));
        checks.with(CheckSpec::new("db"), |_| run(()));
    }
}

thread_local! {
    static NAME: std::cell::Cell<&'static str> = const { std::cell::Cell::new("") };
}

struct Named;

impl HealthState for Named {
    fn register(checks: &mut Checks<Self>) {
        checks.with(CheckSpec::new(NAME.get()), |_| run(()));
    }
}

#[tokio::test]
async fn duplicate_names_invalid_names_and_invalid_prefixes_do_not_start() {
    let error = Health::builder(Twice).try_start().unwrap_err();
    assert!(matches!(&error, StartError::DuplicateName(name) if name == "db"));
    assert_eq!(
        error.to_string(),
        "two health checks are named `db`; rename one with `name = \"...\"`"
    );
    for name in ["", "DB", "a/b", "-db", "live", "ready", "startup", "a b", "ä"] {
        NAME.set(name);
        let error = Health::builder(Named).try_start().unwrap_err();
        assert!(
            matches!(&error, StartError::Name(said) if said == name),
            "{name}: {error}"
        );
    }
    for prefix in [
        "/", "health", "/health/", "/a//b", "/{x}", "/a b", "/*", "/a/../b", "/.",
    ] {
        let error = Health::builder(healthy()).prefix(prefix).try_start().unwrap_err();
        assert!(
            matches!(&error, StartError::Prefix(said) if said == prefix),
            "{prefix}: {error}"
        );
    }
}

#[test]
fn without_a_runtime_the_error_says_what_to_do() {
    let error = Health::builder(healthy()).try_start().unwrap_err();
    assert!(matches!(error, StartError::NoRuntime));
    let panic = std::panic::catch_unwind(|| healthy().start_health()).unwrap_err();
    let text = panic.downcast_ref::<String>().unwrap();
    assert!(
        text.contains("no tokio runtime") && text.contains("#[tokio::main]"),
        "{text}"
    );
}

#[tokio::test]
async fn an_option_arc_or_box_uses_the_check_inside() {
    #[derive(HealthState)]
    struct Forwarded {
        #[health_check(critical, liveness, readiness)]
        some: Option<Flag>,
        #[health_check(critical, liveness, readiness)]
        none: Option<Flag>,
        #[health_check(critical, liveness, readiness)]
        shared: Arc<Flag>,
        #[health_check(critical, liveness, readiness)]
        boxed: Box<Option<Arc<Flag>>>,
    }
    let [some, shared, boxed] = [(); 3].map(|()| Flag::healthy());
    let state = Arc::new(Forwarded {
        some: Some(some.clone()),
        none: None,
        shared: Arc::new(shared.clone()),
        boxed: Box::new(Some(Arc::new(boxed.clone()))),
    });
    let app = state.start_health().router();
    says(&app, "/readyz", 200).await;
    let body = get(&app, "/readyz/none").await.json();
    assert_eq!(
        (&body["checks"][0]["reason"], &body["status"]),
        (&"disabled".into(), &"healthy".into())
    );
    for (flag, name) in [(some, "some"), (shared, "shared"), (boxed, "boxed")] {
        flag.set_unhealthy("gone");
        says(&app, &format!("/readyz/{name}"), 503).await;
        says(&app, "/livez", 503).await;
        flag.set_healthy();
        says(&app, "/livez", 200).await;
    }
}

#[tokio::test]
async fn a_flag_is_unhealthy_until_it_is_set_and_then_published_at_once() {
    #[derive(Clone, HealthState)]
    struct Slow {
        #[health_check(critical, interval = "1h")]
        flag: Flag,
    }
    let state = Slow { flag: Flag::default() };
    let health = state.start_health();
    let app = health.router();
    says(&app, "/readyz", 503).await;
    state.flag.set_healthy();
    says(&app, "/readyz", 200).await;
    state.flag.set_degraded("half of it");
    until("degraded", async || {
        (health.report(Probe::Readiness).status == Status::Degraded).then_some(())
    })
    .await;
    let report = health.report(Probe::Readiness);
    assert_eq!(
        (report.checks[0].reason, report.checks[0].message.as_deref()),
        (Some(Reason::Reported), Some("half of it"))
    );
    assert_eq!((report.phase, report.passes()), (Phase::Running, true));
}

#[tokio::test]
async fn every_form_of_check_function_is_a_check() {
    struct Client(bool);
    impl Client {
        async fn ping(&self) -> Result<(), std::io::Error> {
            if self.0 {
                Ok(())
            } else {
                Err(std::io::ErrorKind::ConnectionRefused.into())
            }
        }
        fn is_up(&self) -> bool {
            self.0
        }
    }
    async fn status(client: &Client) -> Status {
        if client.0 { Status::Healthy } else { Status::Unhealthy }
    }
    fn text(client: &Client) -> Result<bool, String> {
        client.0.then_some(true).ok_or_else(|| "down".to_owned())
    }
    #[derive(HealthState)]
    struct Forms {
        #[health_check(with = Client::ping)]
        a: Client,
        #[health_check(with = Client::is_up)]
        b: Client,
        #[health_check(with = status)]
        c: Client,
        #[health_check(with = text)]
        d: Client,
    }
    for up in [true, false] {
        let [a, b, c, d] = [(); 4].map(|()| Client(up));
        let health = Health::builder(Forms { a, b, c, d }).start();
        let app: Router = health.router();
        for name in ["a", "b", "c", "d"] {
            until(name, async || {
                let body = get(&app, &format!("/readyz/{name}")).await.json();
                (body["status"] == if up { "healthy" } else { "unhealthy" } && body["reason"] != "pending")
                    .then_some(())
            })
            .await;
        }
    }
}

// --- processes that get SIGTERM or SIGSTOP ---

/// A program of this package that prints its address. It is killed when the test ends.
struct Service {
    child: Child,
    output: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Service {
    fn start(program: &str, arguments: &[&str]) -> Self {
        let mut program = Command::new(program);
        let mut child = program.args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let address = line.trim().parse().unwrap();
        Self { child, output, address }
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        kill(pid, signal).unwrap();
    }

    async fn exit_code(&mut self) -> Option<i32> {
        until("it ends", async || self.child.try_wait().unwrap()).await.code()
    }

    /// Requests the answer that never ends, and reads its status line.
    async fn ask_forever(&self) -> TcpStream {
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        socket
            .write_all(b"GET /forever HTTP/1.1\r\nHost: x\r\n\r\n")
            .await
            .unwrap();
        let mut status = [0; 15];
        socket.read_exact(&mut status).await.unwrap();
        assert_eq!(&status, b"HTTP/1.1 200 OK");
        socket
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_process_that_does_not_end_within_its_grace_is_ended_by_force() {
    let mut service = Service::start(env!("CARGO_BIN_EXE_stubborn"), &["0", "300"]);
    let _open = service.ask_forever().await;
    let told = Instant::now();
    service.signal(Signal::SIGTERM);
    assert_eq!(service.exit_code().await, Some(143));
    assert!(told.elapsed() >= Duration::from_millis(300), "{:?}", told.elapsed());
}

#[tokio::test]
async fn a_log_that_blocks_does_not_delay_the_end() {
    let mut service = Service::start(env!("CARGO_BIN_EXE_stubborn"), &["0", "300", "mute"]);
    let _open = service.ask_forever().await;
    service.signal(Signal::SIGTERM);
    assert_eq!(service.exit_code().await, Some(143));
}

#[tokio::test]
async fn a_third_signal_ends_the_process() {
    let mut service = Service::start(env!("CARGO_BIN_EXE_stubborn"), &["3600000", "3600000"]);
    let _open = service.ask_forever().await;
    let address = service.address;
    // The same signal within a second counts once.
    let a_second = || tokio::time::sleep(Duration::from_millis(1_050));
    service.signal(Signal::SIGTERM);
    until("it drains", async || {
        let answer = raw(address, "GET /readyz HTTP/1.0\r\n\r\n").await;
        answer.starts_with("HTTP/1.0 503").then_some(())
    })
    .await;
    a_second().await;
    service.signal(Signal::SIGTERM);
    until("its listener closes", async || {
        TcpStream::connect(address).await.is_err().then_some(())
    })
    .await;
    a_second().await;
    service.signal(Signal::SIGTERM);
    assert_eq!(service.exit_code().await, Some(143));
}

#[tokio::test]
async fn signals_and_grace_outlive_the_last_health() {
    for (grace, again) in [("2000", false), ("3600000", true)] {
        let mut service = Service::start(env!("CARGO_BIN_EXE_stubborn"), &["0", grace, "hang"]);
        service.signal(Signal::SIGTERM);
        let mut line = String::new();
        service.output.read_line(&mut line).unwrap();
        assert_eq!(line, "served, and the engine has ended\n");
        if again {
            tokio::time::sleep(Duration::from_secs(1)).await; // an earlier one counts as the same signal
            service.signal(Signal::SIGTERM);
        }
        assert_eq!(service.exit_code().await, Some(143));
    }
}

#[tokio::test]
async fn the_signal_handlers_outlive_an_engine_that_ends_at_once() {
    let mut service = Service::start(env!("CARGO_BIN_EXE_stubborn"), &["0", "3600000", "gone"]);
    let mut line = String::new();
    service.output.read_line(&mut line).unwrap();
    service.signal(Signal::SIGTERM);
    assert_eq!(service.exit_code().await, Some(143));
}

#[tokio::test]
async fn half_a_minute_of_sigstop_never_fails_liveness() {
    let service = Service::start(env!("CARGO_BIN_EXE_frozen"), &[]);
    let address = service.address;
    let livez = async || {
        let answer = raw(address, "GET /livez HTTP/1.0\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.0 200"), "{answer}");
        answer.contains("\"status\":\"healthy\"").then_some(())
    };
    until("its worker is checked", livez).await;
    // Only the first freeze is short. Half of a second short freeze within ten seconds would count, and the timeout
    // here is 200 ms.
    for frozen in [400, 30_000, 1_500, 1_100].map(Duration::from_millis) {
        service.signal(Signal::SIGSTOP);
        tokio::time::sleep(frozen).await; // the fault itself
        // Sent while the process is stopped, so the probe is the first thing that the process handles.
        let first = tokio::spawn(raw(address, "GET /livez HTTP/1.0\r\n\r\n"));
        service.signal(Signal::SIGCONT);
        let first = first.await.unwrap();
        assert!(first.starts_with("HTTP/1.0 200"), "after {frozen:?}: {first}");
        let end = Instant::now() + Duration::from_millis(500);
        while Instant::now() < end {
            livez().await;
        }
        until("its worker is checked again", livez).await;
    }
}

// --- the drain without signals ---

#[tokio::test]
async fn the_start_and_the_end_of_a_drain_can_be_awaited() {
    let health = healthy().start_health();
    says(&health.router(), "/readyz", 200).await;
    let (started, finished) = (health.drain_started(), health.drain_finished());
    let (mut started, mut finished) = (Box::pin(started), Box::pin(finished));
    assert!((&mut started).now_or_never().is_none());
    let before = Instant::now();
    health.drain();
    assert!((&mut started).now_or_never().is_some(), "it begins with the call");
    assert!((&mut finished).now_or_never().is_none());
    finished.await;
    assert!(before.elapsed() >= Duration::from_millis(200), "{:?}", before.elapsed());
    health.drain_started().await; // a late caller gets it too
    health.drain_finished().await;
}

#[tokio::test]
async fn a_worker_that_awaits_the_drain_does_not_keep_the_engine_alive_and_ends_with_it() {
    let health = healthy().start_health();
    let (handle, started) = (health.downgrade(), health.drain_started());
    drop(health);
    assert!(handle.upgrade().is_none());
    started.await;
}
