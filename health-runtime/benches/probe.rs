//! What a probe costs: nanoseconds and instructions for each request, compared with a static handler and with a handler
//! written by hand.
//!
//! ```text
//! cargo bench -p health-runtime --bench probe              # all of it, as Markdown; a few minutes
//! cargo bench -p health-runtime --bench probe -- --quick   # few rounds, no instruction counts: a smoke test
//! ```
//!
//! `cargo bench` passes `--bench`. Without it, as in `cargo test --benches`, everything runs only once.
//!
//! Requests enter an axum router as a tower service, without sockets, one after the other on a current-thread runtime.
//! Each scenario has its own router, so the static handler does not pay for other routes. All scenarios send the same
//! request through the same code, so only the endpoint differs. The engines run on a separate multi-thread runtime.
//! Their pacemakers run, and their checks run at the default interval, as in production.
//!
//! - **Time**: short rounds of all scenarios in turn. The best round is the cost of a request while nothing else
//!   happens. The mean includes the background work of all engines, and everything else that the machine does.
//! - **Instructions**: callgrind counts them. It has to be on the `PATH`. Each scenario runs in its own process
//!   (`--count SCENARIO REQUESTS`), and only the thread that makes the requests is counted. Callgrind makes everything
//!   about fifty times slower, but not the clock. So the engine's twenty ticks a second would weigh fifty times too
//!   much. For this reason the batches are small, and the lowest count is used: in that batch no view was rebuilt.
//!   Batches of two sizes are counted. The difference between them does not include the cost of the batch itself.
//!
//! A missed target is printed and is no error, because the machine may be the cause.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::future::pending;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, io, process};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::future::join_all;
use health_runtime::{CheckSpec, Checks, Health, HealthState, Probes};
use http_body_util::BodyExt;
use serde::Serialize;
use tokio::runtime::{Builder, Runtime};
use tower::service_fn;
use tower_service::Service;

const SERVICE: &str = "orders";
const VERSION: &str = "1.4.2";

const SCENARIOS: [Scenario; 15] = [
    Scenario::new("static", "static `\"OK\"` handler", "/readyz", App::Static),
    Scenario::new("livez", "`/livez`, 10 checks", "/livez", App::Engine(start::<10>)),
    Scenario::new("readyz-3", "`/readyz`, 3 checks", "/readyz", App::Engine(start::<3>)),
    Scenario::new("readyz-10", "`/readyz`, 10 checks", "/readyz", App::Engine(start::<10>)),
    Scenario::new(
        "readyz-1000",
        "`/readyz`, 1,000 checks",
        "/readyz",
        App::Engine(start::<1_000>),
    ),
    Scenario::new(
        "readyz-10000",
        "`/readyz`, 10,000 checks",
        "/readyz",
        App::Engine(start::<10_000>),
    ),
    Scenario::new(
        "in-flight-10",
        "`/readyz`, 10 checks, one with `ttl` in flight",
        "/readyz",
        App::Engine(start_in_flight::<10>),
    ),
    Scenario::new(
        "in-flight-10000",
        "`/readyz`, 10,000 checks, one with `ttl` in flight",
        "/readyz",
        App::Engine(start_in_flight::<10_000>),
    ),
    Scenario::new(
        "adapter-10",
        "`/readyz`, 10 checks, a service with `Probes`",
        "/readyz",
        App::Adapter(start::<10>),
    ),
    Scenario::new(
        "probes-10",
        "`/readyz`, 10 checks, `probes()` each time",
        "/readyz",
        App::ProbesEachTime(start::<10>),
    ),
    Scenario::new(
        "adapter-1000",
        "`/readyz`, 1,000 checks, a service with `Probes`",
        "/readyz",
        App::Adapter(start::<1_000>),
    ),
    Scenario::new(
        "probes-1000",
        "`/readyz`, 1,000 checks, `probes()` each time",
        "/readyz",
        App::ProbesEachTime(start::<1_000>),
    ),
    Scenario::new(
        "excludes-10000",
        "`/readyz`, 10,000 checks, 64 `exclude`s",
        "/readyz",
        App::Excludes(start::<10_000>),
    ),
    Scenario::new("by-hand-3", "by hand, 3 checks", "/readyz", App::ByHand(3)),
    Scenario::new("by-hand-10", "by hand, 10 checks", "/readyz", App::ByHand(10)),
];

const TARGETS: [Target; 10] = [
    Target::new("`/readyz`, 3 checks ≤ 1.10 × static", "readyz-3", "static", 0.0, 1.10),
    Target::new("`/readyz`, 10 checks ≤ 1.10 × static", "readyz-10", "static", 0.0, 1.10),
    Target::new(
        "`/readyz`, 1,000 checks ≤ 1.10 × static",
        "readyz-1000",
        "static",
        0.0,
        1.10,
    ),
    Target::new(
        "`/readyz`, 10,000 checks ≤ 1.10 × static",
        "readyz-10000",
        "static",
        0.0,
        1.10,
    ),
    Target::new(
        "`/readyz`, 10,000 checks within 5 % of 3 checks",
        "readyz-10000",
        "readyz-3",
        0.95,
        1.05,
    ),
    Target::new(
        "by hand, 10 checks ≥ 4 × `/readyz`, 10 checks",
        "by-hand-10",
        "readyz-10",
        4.0,
        f64::INFINITY,
    ),
    Target::new(
        "one of 10 checks in flight ≤ 1.2 × `/readyz`, 10 checks",
        "in-flight-10",
        "readyz-10",
        0.0,
        1.2,
    ),
    Target::new(
        "one of 10,000 checks in flight ≤ 1.2 × `/readyz`, 10,000 checks",
        "in-flight-10000",
        "readyz-10000",
        0.0,
        1.2,
    ),
    Target::new(
        "`probes()` each time ≤ 1.2 × `/readyz`, 10 checks",
        "probes-10",
        "readyz-10",
        0.0,
        1.2,
    ),
    Target::new(
        "`probes()` each time ≤ 1.2 × `/readyz`, 1,000 checks",
        "probes-1000",
        "readyz-1000",
        0.0,
        1.2,
    ),
];

/// The longest time that 64 excludes may take, in nanoseconds.
const EXCLUDES_TARGET: f64 = 100_000.0;

/// Requests in the two sizes of batch that callgrind counts. Even under callgrind, a batch ends long before its view
/// expires.
const COUNTED: [u32; 2] = [100, 300];

/// Batches that a process counts. In about one of five, a view is rebuilt.
const BATCHES: u32 = 20;

struct Scenario {
    key: &'static str,
    title: &'static str,
    path: &'static str,
    app: App,
}

enum App {
    Static,
    Engine(fn() -> Health),
    /// The probes in a service, as in an adapter for another framework. `Adapter` makes them once, `ProbesEachTime` for
    /// each request.
    Adapter(fn() -> Health),
    ProbesEachTime(fn() -> Health),
    /// Like `Engine`, with as many excludes as a query may have.
    Excludes(fn() -> Health),
    ByHand(usize),
}

/// `key` costs between `least` and `most` times as much as `base`.
struct Target {
    text: &'static str,
    key: &'static str,
    base: &'static str,
    least: f64,
    most: f64,
}

/// How long to measure.
struct Effort {
    rounds: u32,
    requests: u32,
}

/// A round takes one or two milliseconds. This is less than a time slice of the scheduler, so some rounds run without
/// an interruption even on a busy machine.
const FULL: Effort = Effort {
    rounds: 400,
    requests: 2_000,
};
const QUICK: Effort = Effort {
    rounds: 20,
    requests: 2_000,
};
const ONCE: Effort = Effort {
    rounds: 1,
    requests: 10,
};

struct Figures {
    key: &'static str,
    best: f64,
    mean: f64,
    instructions: Option<f64>,
}

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let has = |flag: &str| args.iter().any(|arg| arg == flag);
    if let Some(at) = args.iter().position(|arg| arg == "--count") {
        let requests = args.get(at + 2).and_then(|requests| requests.parse().ok());
        let scenario = args
            .get(at + 1)
            .and_then(|key| SCENARIOS.iter().find(|scenario| scenario.key == key));
        let (Some(scenario), Some(requests)) = (scenario, requests) else {
            eprintln!("usage: --count SCENARIO REQUESTS");
            process::exit(2);
        };
        return count(scenario, requests);
    }
    let quick = has("--quick");
    if !quick && !has("--bench") {
        time(&ONCE); // a test run: the figures do not matter
        return;
    }
    let effort = if quick { QUICK } else { FULL };
    let mut figures = time(&effort);
    if !quick && let Err(why) = add_instructions(&mut figures) {
        eprintln!("\n*** NO INSTRUCTION COUNTS: {why} ***");
    }
    println!("\n{}", rendered(&figures, &effort));
}

impl Scenario {
    const fn new(key: &'static str, title: &'static str, path: &'static str, app: App) -> Self {
        Self { key, title, path, app }
    }

    /// The router to measure. Returns when its engine is ready.
    fn router(&self, requests: &Runtime, engines: &Runtime) -> Router {
        let mut router = match self.app {
            App::Static => Router::new().route(self.path, get(|| async { "OK" })),
            App::ByHand(checks) => {
                let names: Arc<[&str]> = names(checks).collect();
                Router::new().route(self.path, get(move || by_hand(Arc::clone(&names))))
            }
            App::Engine(start) | App::Excludes(start) => {
                let _guard = engines.enter();
                start().router()
            }
            App::Adapter(start) => {
                let _guard = engines.enter();
                let probes = start().probes();
                Router::new().route_service(self.path, service_fn(move |request| adapted(probes.clone(), request)))
            }
            App::ProbesEachTime(start) => {
                let _guard = engines.enter();
                let health = start();
                Router::new().route_service(self.path, service_fn(move |request| adapted(health.probes(), request)))
            }
        };
        // Readiness passes once every critical check has a result.
        let deadline = Instant::now() + Duration::from_secs(2 * 60);
        while requests.block_on(ask(&mut router, "/readyz")) != StatusCode::OK {
            assert!(Instant::now() < deadline, "{} does not get ready", self.key);
            std::thread::sleep(Duration::from_millis(10));
        }
        std::thread::sleep(Duration::from_millis(2));
        requests.block_on(ask(&mut router, "/readyz")); // from now on, a check that runs on demand is in flight
        router
    }

    /// The path and query of the request.
    fn uri(&self) -> &'static str {
        let App::Excludes(_) = self.app else { return self.path };
        let excludes = (0..64).map(|index| format!("exclude=dependency-{}", index * 150));
        format!("{}?{}", self.path, excludes.collect::<Vec<_>>().join("&")).leak()
    }

    /// A round has fewer requests by this factor, because one request takes as long as this many others.
    const fn weight(&self) -> u32 {
        if matches!(self.app, App::Excludes(_)) { 50 } else { 1 }
    }
}

impl Target {
    const fn new(text: &'static str, key: &'static str, base: &'static str, least: f64, most: f64) -> Self {
        Self {
            text,
            key,
            base,
            least,
            most,
        }
    }
}

// What is measured.

/// A service with `N` checks.
struct Orders<const N: usize>;

impl<const N: usize> HealthState for Orders<N> {
    fn register(checks: &mut Checks<Self>) {
        for name in names(N) {
            checks.with(CheckSpec::new(name).critical(), |_| health_runtime::run(ping()));
        }
    }
}

fn start<const N: usize>() -> Health {
    Health::builder(Orders::<N>).name(SERVICE).version(VERSION).start()
}

/// Like [`Orders`], but the first check runs on demand. Its first run ends, and its second run stays in flight.
struct InFlight<const N: usize>(AtomicBool);

impl<const N: usize> HealthState for InFlight<N> {
    fn register(checks: &mut Checks<Self>) {
        let mut names = names(N);
        let first = names.next().expect("one check at least");
        let spec = CheckSpec::new(first)
            .ttl(Duration::ZERO)
            .timeout(Duration::from_secs(60 * 60));
        checks.with(spec, |state| {
            let is_first = !state.0.swap(true, Ordering::Relaxed);
            health_runtime::run(async move {
                if !is_first {
                    pending::<()>().await;
                }
            })
        });
        for name in names {
            checks.with(CheckSpec::new(name).critical(), |_| health_runtime::run(ping()));
        }
    }
}

fn start_in_flight<const N: usize>() -> Health {
    Health::builder(InFlight::<N>(AtomicBool::new(false)))
        .name(SERVICE)
        .version(VERSION)
        .start()
}

/// Answers a probe, as an adapter for another framework does.
async fn adapted(probes: Probes, request: Request) -> Result<Response, Infallible> {
    let (method, uri) = (request.method().as_str(), request.uri());
    let answer = probes.answer(method, uri.path(), uri.query()).await;
    Ok(answer.expect("one of our paths").into_response())
}

/// Names that live for ever, like those in an attribute.
fn names(checks: usize) -> impl Iterator<Item = &'static str> {
    (0..checks).map(|index| &*format!("dependency-{index}").leak())
}

/// A dependency that answers at once: the least work for a check that still waits. A real dependency costs more. The
/// handler written by hand pays for it in each request.
async fn ping() -> Result<(), String> {
    tokio::task::yield_now().await;
    Ok(())
}

/// A careful handler without a library: all checks run at the same time, each with a timeout.
async fn by_hand(names: Arc<[&'static str]>) -> Response {
    #[derive(Serialize)]
    struct Body<'a> {
        status: &'a str,
        service: &'a str,
        version: &'a str,
        checks: &'a [Check<'a>],
    }

    #[derive(Serialize)]
    struct Check<'a> {
        name: &'a str,
        status: &'a str,
        latency_ms: f64,
    }

    let run = async |name| {
        let began = Instant::now();
        let result = tokio::time::timeout(Duration::from_secs(1), ping()).await;
        Check {
            name,
            status: if matches!(result, Ok(Ok(()))) {
                "healthy"
            } else {
                "unhealthy"
            },
            latency_ms: began.elapsed().as_secs_f64() * 1_000.0,
        }
    };
    let checks = join_all(names.iter().copied().map(run)).await;
    let passes = checks.iter().all(|check| check.status == "healthy");
    let body = Body {
        status: if passes { "healthy" } else { "unhealthy" },
        service: SERVICE,
        version: VERSION,
        checks: &checks,
    };
    let json = serde_json::to_vec(&body).expect("strings and numbers always serialise");
    let code = if passes {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (
        code,
        [(CONTENT_TYPE, HeaderValue::from_static("application/json"))],
        json,
    )
        .into_response()
}

// How it is measured.

/// Makes one request, and reads the body to its end, so that a body that is rendered late counts too.
async fn ask(router: &mut Router, path: &'static str) -> StatusCode {
    let request = Request::builder()
        .uri(path)
        .header(ACCEPT, HeaderValue::from_static("*/*")) // as probers send
        .body(Body::empty())
        .expect("a valid request");
    // A router is always ready to be called.
    let response = router.call(request).await.unwrap_or_else(|never| match never {});
    let status = response.status();
    let mut body = response.into_body();
    while let Some(frame) = body.frame().await {
        black_box(frame.expect("a body in memory does not fail"));
    }
    status
}

async fn ask_often(router: &mut Router, path: &'static str, requests: u32) {
    for _ in 0..requests {
        assert_eq!(ask(router, path).await, StatusCode::OK);
    }
}

/// The runtime that makes the requests, and the one that the engines run on.
fn runtimes() -> (Runtime, Runtime) {
    let requests = Builder::new_current_thread().enable_all().build();
    let engines = Builder::new_multi_thread().enable_all().build();
    (requests.expect("a runtime"), engines.expect("a runtime"))
}

fn time(effort: &Effort) -> Vec<Figures> {
    let (requests, engines) = runtimes();
    let mut routers: Vec<_> = SCENARIOS
        .iter()
        .map(|scenario| scenario.router(&requests, &engines))
        .collect();
    let uris = SCENARIOS.each_ref().map(Scenario::uri);
    let mut rounds = vec![Vec::new(); SCENARIOS.len()];
    for _ in 0..effort.rounds {
        let scenarios = SCENARIOS.iter().zip(&mut routers).zip(uris);
        for (((scenario, router), uri), rounds) in scenarios.zip(&mut rounds) {
            let count = effort.requests.div_ceil(scenario.weight());
            let began = Instant::now();
            requests.block_on(ask_often(router, uri, count));
            rounds.push(began.elapsed().as_secs_f64() * 1e9 / f64::from(count));
        }
    }
    let figures = SCENARIOS.iter().zip(rounds).map(|(scenario, rounds)| Figures {
        key: scenario.key,
        best: rounds.iter().copied().fold(f64::INFINITY, f64::min),
        mean: rounds.iter().sum::<f64>() / f64::from(effort.rounds),
        instructions: None,
    });
    figures.collect()
}

/// What a process under callgrind does.
fn count(scenario: &Scenario, per_batch: u32) {
    let (requests, engines) = runtimes();
    let mut router = scenario.router(&requests, &engines);
    let uri = scenario.uri();
    for _ in 0..BATCHES {
        counted(&requests, &mut router, uri, per_batch);
    }
}

/// Callgrind finds this function by its name. It counts what the function calls, and writes the counts on return.
#[inline(never)]
fn counted(requests: &Runtime, router: &mut Router, path: &'static str, per_batch: u32) {
    requests.block_on(ask_often(router, path, per_batch));
}

fn add_instructions(figures: &mut [Figures]) -> Result<(), String> {
    let version = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status();
    version.map_err(|error| format!("valgrind does not run: {error}"))?;
    let dir = Scratch::new().map_err(|error| format!("no directory for callgrind's output: {error}"))?;
    let [few, many] = COUNTED;
    // Under callgrind, a batch of excludes takes longer than a view is valid, so its count would mean little.
    let is_counted = |key| {
        let scenario = SCENARIOS.iter().find(|scenario| scenario.key == key);
        scenario.is_some_and(|scenario| scenario.weight() == 1)
    };
    for figures in figures.iter_mut().filter(|figures| is_counted(figures.key)) {
        let cost = |requests| least_instructions(figures.key, requests, &dir.0);
        let difference = cost(many)? - cost(few)?;
        figures.instructions = Some(difference / f64::from(many - few));
    }
    Ok(())
}

/// The instructions of the cheapest batch.
fn least_instructions(key: &str, requests: u32, dir: &Path) -> Result<f64, String> {
    let dir = dir.join(format!("{key}-{requests}"));
    let failed = |error: io::Error| format!("callgrind on {key}: {error}");
    fs::create_dir(&dir).map_err(failed)?;
    let output = Command::new("valgrind")
        .args([
            "--tool=callgrind",
            "--collect-atstart=no",
            "--toggle-collect=probe::counted",
        ])
        .arg("--dump-after=probe::counted")
        .arg(format!("--callgrind-out-file={}", dir.join("out").display()))
        .arg(env::current_exe().map_err(failed)?)
        .args(["--count", key, &requests.to_string()])
        .output()
        .map_err(failed)?;
    if !output.status.success() {
        return Err(format!(
            "callgrind on {key}: {}",
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    let mut least: Option<f64> = None;
    for entry in fs::read_dir(&dir).map_err(failed)? {
        let dump = fs::read_to_string(entry.map_err(failed)?.path()).map_err(failed)?;
        let total = dump
            .lines()
            .find_map(|line| line.strip_prefix("totals: ")?.trim().parse().ok());
        // The dump at the end of the process is empty.
        least = total
            .filter(|total| *total > 0.0)
            .into_iter()
            .chain(least)
            .reduce(f64::min);
    }
    least.ok_or_else(|| format!("callgrind on {key} collected nothing"))
}

/// A directory. Dropping this removes it.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> io::Result<Self> {
        let dir = env::temp_dir().join(format!("health-probe-{}", process::id()));
        fs::create_dir(&dir)?;
        Ok(Self(dir))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("{} stays: {error}", self.0.display());
        }
    }
}

// How it is shown.

fn rendered(figures: &[Figures], effort: &Effort) -> String {
    let of = |key| {
        figures
            .iter()
            .find(|figures| figures.key == key)
            .expect("every scenario is measured")
    };
    let base = of("static");
    let times = |ratio: Option<f64>| ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.2}"));
    let ratios = |this: &Figures, base: &Figures| {
        let instructions = this.instructions.zip(base.instructions).map(|(this, base)| this / base);
        (this.best / base.best, this.mean / base.mean, instructions)
    };

    let mut out =
        String::from("| a request to | ns, best | × static | ns, mean | × static | instructions | × static |\n");
    out.push_str("|---|--:|--:|--:|--:|--:|--:|\n");
    for scenario in &SCENARIOS {
        let this = of(scenario.key);
        let (best, mean, instructions) = ratios(this, base);
        let count = this.instructions.map_or("–".to_owned(), |count| format!("{count:.0}"));
        let _ = writeln!(
            out,
            "| {} | {:.0} | {best:.2} | {:.0} | {mean:.2} | {count} | {} |",
            scenario.title,
            this.best,
            this.mean,
            times(instructions),
        );
    }

    out.push_str("\n| target | best | | instructions | |\n|---|--:|---|--:|---|\n");
    for target in &TARGETS {
        let (best, _, instructions) = ratios(of(target.key), of(target.base));
        let verdict = |ratio| {
            if (target.least..=target.most).contains(&ratio) {
                "met"
            } else {
                "**missed**"
            }
        };
        let counted = instructions.map_or("–", verdict);
        let _ = writeln!(
            out,
            "| {} | {best:.2} | {} | {} | {counted} |",
            target.text,
            verdict(best),
            times(instructions)
        );
    }

    let excludes = of("excludes-10000").best;
    let verdict = if excludes < EXCLUDES_TARGET {
        "met"
    } else {
        "**missed**"
    };
    let micros = [excludes, EXCLUDES_TARGET].map(|nanos| nanos / 1_000.0);
    let _ = writeln!(
        out,
        "| 64 `exclude`s at 10,000 checks < {:.0} µs | {:.0} µs | {verdict} | – | – |",
        micros[1], micros[0]
    );

    let Effort { rounds, requests } = effort;
    let _ = write!(out, "\n{}; {rounds} rounds of {requests} requests", machine());
    out
}

fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or(env::consts::ARCH, |(_, model)| model);
    let cores = std::thread::available_parallelism().map_or("?".to_owned(), |cores| cores.to_string());
    let rustc = Command::new("rustc").arg("--version").output().ok();
    let rustc = rustc
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .unwrap_or_default();
    let profile = if cfg!(debug_assertions) { ", NOT OPTIMISED" } else { "" };
    format!("{model}, {cores} cores, {}{profile}", rustc.trim())
}
