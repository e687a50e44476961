//! A worker that notifies systemd. The arguments choose what it has, and each line on standard input is a command.
//!
//! ```text
//! task           it has a startup task
//! startup        it has a startup check that fails at first
//! current        its runtime has one thread
//! bare           its runtime has neither timers nor sockets
//! twice          it has a second engine, which notifies too
//! loose          nothing but `let-go` keeps the engine
//!
//! done, drop-task              ends the startup task
//! NAME up, NAME down           sets a check: `db` (critical), `cache`, `worker` (liveness), `migrated` (startup)
//! block N, unblock             blocks this many workers of the runtime
//! ping                         prints `pong` from a task
//! drain                        begins the drain
//! let-go                       drops the last `Health`
//! ```
//!
//! Prints its log to standard output.

use std::io::BufRead as _;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use health_runtime::{Flag, Health, HealthState, StartupTask};
use health_tests::Print;
use tokio::runtime::{Builder, Handle};
use tracing_subscriber::layer::SubscriberExt as _;

#[derive(Clone, HealthState)]
#[health(drain = "200ms")]
struct App {
    #[health_check(critical)]
    db: Flag,
    #[health_check]
    cache: Flag,
    #[health_check(liveness)]
    worker: Flag,
    #[health_check(startup)]
    migrated: Flag,
}

/// Blocks workers until it is opened.
#[derive(Default)]
struct Gate(Mutex<bool>, Condvar);

impl Gate {
    fn block(&self) {
        let is_closed = |open: &mut bool| !*open;
        drop(self.1.wait_while(self.0.lock().unwrap(), is_closed).unwrap());
    }

    fn open(&self) {
        *self.0.lock().unwrap() = true;
        self.1.notify_all();
    }
}

fn main() {
    let has = |word: &str| std::env::args().any(|argument| argument == word);
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Print)).unwrap();
    let mut runtime = if has("current") {
        Builder::new_current_thread()
    } else {
        Builder::new_multi_thread()
    };
    if !has("bare") {
        runtime.enable_all();
    }
    let runtime = runtime.worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let app = App {
            db: Flag::healthy(),
            cache: Flag::healthy(),
            worker: Flag::healthy(),
            migrated: if has("startup") { Flag::new() } else { Flag::healthy() },
        };
        let health = Health::builder(app.clone()).start();
        let task = has("task").then(|| health.startup_task("migrations"));
        let stop = (!has("loose")).then(|| health.shutdown_signal());
        health.notify_systemd();
        health.notify_systemd();
        let second = has("twice").then(|| Health::builder(()).start());
        if let Some(second) = &second {
            second.notify_systemd();
        }
        let runtime = Handle::current();
        std::thread::spawn(move || obey(&app, health, task, &runtime));
        match stop {
            Some(stop) => stop.await,
            None => std::future::pending().await,
        }
    });
}

fn obey(app: &App, health: Health, mut task: Option<StartupTask>, runtime: &Handle) {
    let gate = Arc::new(Gate::default());
    let mut health = Some(health);
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let (first, second) = line.split_once(' ').unwrap_or((&line, ""));
        match (first, second) {
            ("done", _) => task.take().unwrap().done(),
            ("drop-task", _) => drop(task.take()),
            ("drain", _) => health.as_ref().unwrap().drain(),
            ("let-go", _) => drop(health.take()),
            ("ping", _) => drop(runtime.spawn(async { println!("pong") })),
            ("block", count) => {
                for _ in 0..count.parse().unwrap() {
                    let gate = Arc::clone(&gate);
                    runtime.spawn(async move { gate.block() });
                }
            }
            ("unblock", _) => gate.open(),
            (name, state) => {
                let flag = match name {
                    "db" => &app.db,
                    "cache" => &app.cache,
                    "worker" => &app.worker,
                    "migrated" => &app.migrated,
                    _ => panic!("no such command: {line}"),
                };
                match state {
                    "up" => flag.set_healthy(),
                    _ => flag.set_unhealthy("it was asked to be"),
                }
            }
        }
    }
    std::thread::sleep(Duration::MAX); // keeps the handle
}
