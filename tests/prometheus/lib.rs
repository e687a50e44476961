//! What the tests of the metrics share: a service that has series of every name, and a private Prometheus.
//!
//! If Prometheus is not installed, the tests are skipped and say so. If the environment variable
//! `HEALTH_REQUIRE_SERVICES` is `1`, they panic instead. CI sets it.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use health_runtime::{CheckSpec, Checks, Health, HealthState, Outcome, run};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A text that would do harm in each format that does not escape it.
pub const HOSTILE: &str = "<script>alert(1)</script>\"'&\\\n# EOF";

/// How long something may take that usually takes a second.
const PATIENCE: Duration = Duration::from_secs(30);

/// The page with the table of all names.
pub const PAGE: &str = include_str!("../../health-runtime/docs/metrics.md");

/// The folder with the rules and the dashboard.
pub const DEPLOY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/deploy");

/// A service with an outage: `db` fails, and `cache` because of it. `queue` is well.
#[derive(Debug)]
struct Outage;

impl HealthState for Outage {
    fn register(checks: &mut Checks<Self>) {
        checks.with(CheckSpec::new("db").critical(), |_| run(Err::<(), _>("refused")));
        checks.with(CheckSpec::new("cache").depends_on(["db"]), |_| {
            run(Err::<(), _>("refused"))
        });
        let queue = Outcome::healthy().detail("waiting", 3).detail(HOSTILE, 0.5);
        checks.with(CheckSpec::new("queue"), move |_| run(Ok::<_, String>(queue.clone())));
    }
}

/// A running service.
#[derive(Debug)]
pub struct Service {
    /// The address of its internal port.
    pub internal: SocketAddr,
    _health: Health,
    _runtime: Runtime,
}

impl Service {
    /// Starts the service. All its checks have a result.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[must_use]
    pub fn start() -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let health = {
            let _guard = runtime.enter();
            let name = HOSTILE.replace('\n', " ");
            Health::builder(Outage).name(name).version("1.2.3").start()
        };
        let internal = health.serve_internal((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        wait_until("all checks have a result", || {
            (!get(internal, "/metrics", "*/*").contains("reason=\"pending\"")).then_some(())
        });
        Self {
            internal,
            _health: health,
            _runtime: runtime,
        }
    }
}

/// The body of the answer at this path.
///
/// # Panics
///
/// If there is no answer, or if its status is not 200.
#[must_use]
pub fn get(address: SocketAddr, path: &str, accept: &str) -> String {
    try_get(address, path, accept).unwrap_or_else(|| panic!("no answer at {path}"))
}

fn try_get(address: SocketAddr, path: &str, accept: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\naccept: {accept}\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    head.split(' ')
        .nth(1)
        .filter(|code| *code == "200")
        .map(|_| body.to_owned())
}

/// The series names of the page's table, without those that only exist in another state of the service.
pub fn names() -> impl Iterator<Item = &'static str> {
    let rows = PAGE.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split('`').next())
        .filter(|name| name.starts_with("health_"))
        .filter(|name| *name != "health_reason")
}

/// Where this program of the package `prometheus` is. Without it, says that the test is skipped.
///
/// # Panics
///
/// If the program is missing and `HEALTH_REQUIRE_SERVICES` is `1`.
#[must_use]
pub fn installed(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file());
    if found.is_none() {
        let text = format!("skipped: {program} is not installed (apt-get install prometheus)");
        let is_required = env::var("HEALTH_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
        assert!(!is_required, "{text}");
        eprintln!("{text}");
    }
    found
}

/// An alert, as Prometheus has read it.
#[derive(Debug)]
pub struct Alert {
    /// Its name.
    pub name: String,
    /// Its expression.
    pub expression: String,
}

/// A private Prometheus that scrapes the replicas of a service every second. It has the rules of the folder [`DEPLOY`].
#[derive(Debug)]
pub struct Prometheus {
    process: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Prometheus {
    /// Starts it. `None` if Prometheus is not installed.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[must_use]
    pub fn start(replicas: &[SocketAddr]) -> Option<Self> {
        let program = installed("prometheus")?;
        let folder = tempfile::tempdir().expect("a folder");
        let targets: Vec<_> = replicas.iter().map(ToString::to_string).collect();
        let configuration = format!(
            "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\n  evaluation_interval: 1s\n\
             rule_files: ['{DEPLOY}/prometheus/health.rules.yaml']\n\
             scrape_configs:\n  - job_name: orders\n    static_configs:\n      - targets: {targets:?}\n"
        );
        let file = folder.path().join("prometheus.yml");
        fs::write(&file, configuration).expect("the folder can be written");
        // Prometheus does not tell which port it has taken, so it gets one that was free a moment ago.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
        let address = address.expect("a free port");
        let process = Command::new(program)
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Prometheus starts");
        let prometheus = Self {
            process,
            address,
            _folder: folder,
        };
        wait_until("Prometheus is ready", || try_get(address, "/-/ready", "*/*"));
        Some(prometheus)
    }

    /// The result of an expression: the labels and the value of each series.
    ///
    /// # Panics
    ///
    /// If Prometheus refuses it.
    #[must_use]
    pub fn query(&self, expression: &str) -> Vec<(Value, String)> {
        let query: String = form_urlencoded::byte_serialize(expression.as_bytes()).collect();
        let answer = self.api(&format!("query?query={query}"));
        let series = answer["result"]
            .as_array()
            .unwrap_or_else(|| panic!("{expression}: {answer}"));
        let value = |series: &Value| series["value"][1].as_str().unwrap_or_default().to_owned();
        series
            .iter()
            .map(|series| (series["metric"].clone(), value(series)))
            .collect()
    }

    /// The alerts of all rules.
    ///
    /// # Panics
    ///
    /// If Prometheus has no rules.
    #[must_use]
    pub fn alerts(&self) -> Vec<Alert> {
        let answer = self.api("rules");
        let rules = answer["groups"][0]["rules"].as_array().expect("a group of rules");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        rules
            .iter()
            .map(|rule| Alert {
                name: text(&rule["name"]),
                expression: text(&rule["query"]),
            })
            .collect()
    }

    /// The data at this path of the API.
    ///
    /// # Panics
    ///
    /// If there is no answer, or if it is an error.
    #[must_use]
    pub fn api(&self, path: &str) -> Value {
        let answer = get(self.address, &format!("/api/v1/{path}"), "*/*");
        let mut answer: Value = serde_json::from_str(&answer).expect("the API answers JSON");
        answer["data"].take()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Looks again and again until there is a result.
///
/// # Panics
///
/// After half a minute.
pub fn wait_until<T>(what: &str, look: impl Fn() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "it did not happen in {PATIENCE:?}: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
