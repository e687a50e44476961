//! What checks cost while no probe comes: the processor time and the memory of ten thousand checks, compared with a
//! task for each check.
//!
//! ```text
//! cargo bench -p health-runtime --bench background              # all of it, as Markdown; two minutes
//! cargo bench -p health-runtime --bench background -- --quick   # shorter, less exact: a smoke test
//! ```
//!
//! `cargo bench` passes `--bench`. Without it, as in `cargo test --benches`, everything runs only once.
//!
//! Each scenario has its own process (`--serve SCENARIO CHECKS MILLISECONDS`) with a runtime of two workers. The
//! process measures itself after the first round of runs, because all memory for the checks is allocated by then. Both
//! designs call the same check at intervals with the same jitter, with a timeout, and keep its result. The base is the
//! same process without checks. Its memory is subtracted. The base also has the names of the checks, because in a
//! service they are part of the binary.
//!
//! The window is a whole number of intervals, and begins in the middle of one. So it contains whole rounds: all checks
//! begin together, and jitter spreads them slowly.
//!
//! A missed target is printed and is no error, because the machine may be the cause.

use std::fmt::Write as _;
use std::pin::Pin;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

use health_runtime::{CheckSpec, Checks, Health, HealthState, Probe};
use tokio::runtime::{Builder, Runtime};

const INTERVAL: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(2);

const SCENARIOS: [Scenario; 4] = [
    Scenario::new("engine-base", "engine, no checks", start_engine, false),
    Scenario::new("engine", "engine", start_engine, true),
    Scenario::new("tasks-base", "runtime alone", start_tasks, false),
    Scenario::new("tasks", "a task for each check", start_tasks, true),
];

/// A share of one core, in percent.
const MOST_PROCESSOR: f64 = 3.0;

/// Bytes for each check.
const MOST_MEMORY: f64 = 1_024.0;

struct Scenario {
    key: &'static str,
    title: &'static str,
    start: fn(&'static [&'static str]) -> Kept,
    has_checks: bool,
}

/// How much to measure.
struct Effort {
    checks: u32,
    window: Duration,
}

const FULL: Effort = Effort {
    checks: 10_000,
    window: Duration::from_secs(30),
};
const QUICK: Effort = Effort {
    checks: 10_000,
    window: Duration::from_secs(10),
};
const ONCE: Effort = Effort {
    checks: 100,
    window: Duration::ZERO,
};

/// What a process has measured about itself.
#[derive(Clone, Copy)]
struct Figures {
    /// Of one core, in percent.
    processor: f64,
    /// Bytes.
    resident: f64,
    runs_per_second: f64,
}

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let has = |flag: &str| args.iter().any(|arg| arg == flag);
    if let Some(at) = args.iter().position(|arg| arg == "--serve") {
        let number = |at: usize| args.get(at).and_then(|number| number.parse().ok());
        let scenario = args
            .get(at + 1)
            .and_then(|key| SCENARIOS.iter().find(|scenario| scenario.key == key));
        let (Some(scenario), Some(checks), Some(window)) = (scenario, number(at + 2), number(at + 3)) else {
            eprintln!("usage: --serve SCENARIO CHECKS MILLISECONDS");
            process::exit(2);
        };
        return serve(scenario, checks, Duration::from_millis(window.into()));
    }
    if !cfg!(target_os = "linux") {
        eprintln!("nothing is measured: only Linux says what a process uses");
        return;
    }
    let quick = has("--quick");
    let effort = match (quick, has("--bench")) {
        (true, _) => QUICK,
        (false, true) => FULL,
        (false, false) => ONCE,
    };
    let figures = SCENARIOS.map(|scenario| match scenario.measured(&effort) {
        Ok(figures) => figures,
        Err(why) => {
            eprintln!("{}: {why}", scenario.key);
            process::exit(1);
        }
    });
    if effort.window.is_zero() {
        return; // a test run: the figures do not matter
    }
    println!("\n{}", rendered(figures, &effort));
}

impl Scenario {
    const fn new(
        key: &'static str,
        title: &'static str,
        start: fn(&'static [&'static str]) -> Kept,
        has_checks: bool,
    ) -> Self {
        Self {
            key,
            title,
            start,
            has_checks,
        }
    }

    /// Measures the scenario in its own process.
    fn measured(&self, effort: &Effort) -> Result<Figures, String> {
        let output = env::current_exe()
            .and_then(|this| {
                Command::new(this)
                    .args(["--serve", self.key])
                    .args([effort.checks.to_string(), effort.window.as_millis().to_string()])
                    .stderr(Stdio::inherit())
                    .output()
            })
            .map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&output.stdout);
        let numbers: Vec<f64> = said.split_whitespace().map_while(|word| word.parse().ok()).collect();
        match numbers[..] {
            [processor, resident, runs_per_second] if output.status.success() => Ok(Figures {
                processor,
                resident,
                runs_per_second,
            }),
            _ => Err(format!("{}, said {said:?}", output.status)),
        }
    }
}

// What is measured.

/// Runs the checks, and has their results.
enum Kept {
    Engine(Health),
    Tasks(Arc<[Mutex<Option<Finished>>]>),
}

/// What a task keeps of a run.
struct Finished {
    #[expect(dead_code, reason = "a report would show it")]
    took: Duration,
    result: Result<(), String>,
}

impl Kept {
    fn all_pass(&self) -> bool {
        match self {
            Self::Engine(health) => health.report(Probe::Readiness).passes(),
            Self::Tasks(results) => results.iter().all(|result| {
                let result = result.lock().unwrap_or_else(PoisonError::into_inner);
                result.as_ref().is_some_and(|finished| finished.result.is_ok())
            }),
        }
    }
}

/// A service with the checks in `DECLARED`.
struct Orders;

static DECLARED: OnceLock<&'static [&'static str]> = OnceLock::new();

impl HealthState for Orders {
    fn register(checks: &mut Checks<Self>) {
        for name in DECLARED.get().copied().unwrap_or_default() {
            let spec = CheckSpec::new(name).critical().interval(INTERVAL).timeout(TIMEOUT);
            checks.with(spec, |_| health_runtime::run(ping()));
        }
    }
}

fn start_engine(names: &'static [&'static str]) -> Kept {
    DECLARED.set(names).expect("a process starts one scenario");
    let health = Health::builder(Orders).name("orders").version("1.4.2").start();
    drop(health.router::<()>()); // without a router, the service would stay in its start phase
    Kept::Engine(health)
}

/// The simple design: a task for each check, with its own timer.
fn start_tasks(names: &'static [&'static str]) -> Kept {
    type Call = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync>;

    let results: Arc<[_]> = names.iter().map(|_| Mutex::new(None)).collect();
    for index in 0..names.len() {
        let results = Arc::clone(&results);
        let call: Call = Box::new(|| Box::pin(ping()));
        let interval = INTERVAL.mul_f64(fastrand::f64().mul_add(0.2, 0.9));
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval(interval);
            loop {
                ticks.tick().await;
                let began = Instant::now();
                let result = tokio::time::timeout(TIMEOUT, call()).await;
                let finished = Finished {
                    took: began.elapsed(),
                    result: result.unwrap_or_else(|late| Err(late.to_string())),
                };
                *results[index].lock().unwrap_or_else(PoisonError::into_inner) = Some(finished);
            }
        });
    }
    Kept::Tasks(results)
}

/// Runs of all checks.
static RUNS: AtomicU32 = AtomicU32::new(0);

/// A dependency that answers at once: the least work for a check that still waits. A real dependency costs more.
async fn ping() -> Result<(), String> {
    tokio::task::yield_now().await;
    RUNS.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

// How it is measured.

/// What the process of a scenario does.
fn serve(scenario: &Scenario, checks: u32, window: Duration) {
    let names: Vec<&'static str> = (0..checks)
        .map(|index| &*format!("dependency-{index}").leak())
        .collect();
    let (names, checks) = (names.leak(), if scenario.has_checks { checks } else { 0 });
    let runtime = runtime();
    let kept = {
        let _guard = runtime.enter();
        (scenario.start)(&names[..checks as usize])
    };
    await_round(scenario, checks);
    if !window.is_zero() {
        thread::sleep(INTERVAL / 2);
    }
    let (began, used, runs) = (Instant::now(), processor_time(), RUNS.load(Ordering::Relaxed));
    thread::sleep(window);
    let (took, used) = (began.elapsed(), processor_time().saturating_sub(used));
    let (took, runs) = (took.as_secs_f64(), f64::from(RUNS.load(Ordering::Relaxed) - runs));
    println!("{} {} {}", used.as_secs_f64() / took * 100.0, resident(), runs / took);
    let deadline = Instant::now() + Duration::from_secs(60);
    while !kept.all_pass() {
        assert!(Instant::now() < deadline, "{} does not get ready", scenario.key);
        thread::sleep(Duration::from_millis(10));
    }
}

fn runtime() -> Runtime {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime")
}

/// Waits for the first run of every check.
fn await_round(scenario: &Scenario, checks: u32) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while RUNS.load(Ordering::Relaxed) < checks {
        assert!(
            Instant::now() < deadline,
            "{}: not every check has run in time",
            scenario.key
        );
        thread::sleep(Duration::from_millis(10));
    }
}

/// The processor time of all threads of this process. It is exact. `/proc/self/stat` counts in ticks of 10 ms.
#[cfg(target_os = "linux")]
fn processor_time() -> Duration {
    let clock = nix::time::ClockId::CLOCK_PROCESS_CPUTIME_ID;
    clock.now().expect("every process has this clock").into()
}

#[cfg(not(target_os = "linux"))]
fn processor_time() -> Duration {
    Duration::ZERO
}

/// The memory of this process in bytes. It is exact. `/proc/self/status` lags behind by some pages for each thread.
fn resident() -> u32 {
    let rollup = fs::read_to_string("/proc/self/smaps_rollup").unwrap_or_default();
    let line = rollup.lines().find_map(|line| line.strip_prefix("Rss:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
    kibibytes.map_or(0, |kibibytes: u32| kibibytes * 1_024)
}

// How it is shown.

fn rendered(figures: [Figures; 4], effort: &Effort) -> String {
    let checks = f64::from(effort.checks);
    let [engine_base, engine, tasks_base, tasks] = figures;
    let of_check = |this: Figures, base: Figures| (this.resident - base.resident) / checks;
    let memory = [
        None,
        Some(of_check(engine, engine_base)),
        None,
        Some(of_check(tasks, tasks_base)),
    ];

    let mut out = String::from("| | % of a core | µs a run | runs a second | resident, KiB | B a check |\n");
    out.push_str("|---|--:|--:|--:|--:|--:|\n");
    for ((scenario, figures), memory) in SCENARIOS.iter().zip(figures).zip(memory) {
        let run = (figures.runs_per_second > 0.0).then(|| figures.processor * 1e4 / figures.runs_per_second);
        let rounded = |number: Option<f64>| number.map_or("–".to_owned(), |number| format!("{number:.0}"));
        let checks = if scenario.has_checks {
            format!(", {} checks", effort.checks)
        } else {
            String::new()
        };
        let _ = writeln!(
            out,
            "| {}{checks} | {:.2} | {} | {:.0} | {:.0} | {} |",
            scenario.title,
            figures.processor,
            run.map_or("–".to_owned(), |run| format!("{run:.1}")),
            figures.runs_per_second,
            figures.resident / 1_024.0,
            rounded(memory),
        );
    }

    out.push_str("\n| target | engine | a task each | |\n|---|--:|--:|---|\n");
    let verdict = |met| if met { "met" } else { "**missed**" };
    let _ = writeln!(
        out,
        "| < {MOST_PROCESSOR} % of a core | {:.2} | {:.2} | {} |",
        engine.processor,
        tasks.processor,
        verdict(engine.processor < MOST_PROCESSOR),
    );
    let [engine, tasks] = [of_check(engine, engine_base), of_check(tasks, tasks_base)];
    let _ = writeln!(
        out,
        "| < {MOST_MEMORY} B a check | {engine:.0} | {tasks:.0} | {} |",
        verdict(engine < MOST_MEMORY),
    );

    let _ = write!(out, "\n{}; {} s", machine(), effort.window.as_secs());
    out
}

fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or(env::consts::ARCH, |(_, model)| model);
    let cores = thread::available_parallelism().map_or("?".to_owned(), |cores| cores.to_string());
    let profile = if cfg!(debug_assertions) { ", NOT OPTIMISED" } else { "" };
    format!("{model}, {cores} cores{profile}")
}
