//! NATS. JetStream is off unless a setting says otherwise.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::Signal;

use super::installed;
use super::ports::Port;
use super::process::{Process, daemon, wait_until};
use super::server::{Instance, PATIENCE, Server, address, ask, first_start};

const PASSWORD: &str = "secret-nats-pw";

/// A NATS server with the user `app`.
#[derive(Debug)]
pub struct Nats {
    instance: Instance,
    program: PathBuf,
    settings: String,
}

impl Nats {
    /// Starts a server. `None` if NATS is not installed.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// Starts a server with these settings, for example `("max_connections", "10")`. `None` if NATS is not installed.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub fn start_with(settings: &[(&str, &str)]) -> Option<Self> {
        let program = installed("NATS", "nats-server", "nats-server")?;
        Some(first_start(|port| Self::new(&program, settings, port)))
    }

    /// `nats://app:<password>@127.0.0.1:<port>`
    pub fn url(&self) -> String {
        format!("nats://app:{PASSWORD}@127.0.0.1:{}", self.port())
    }

    /// `nats://127.0.0.1:<port>`, for a client that gets its user elsewhere.
    pub fn address(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port())
    }

    /// Lets the user `app` in only with this password from now on. Its connections are closed.
    ///
    /// # Panics
    ///
    /// If the server does not reload its settings.
    pub fn set_password(&self, password: &str) {
        self.set_user(&format!("user: app, password: \"{password}\""));
    }

    /// The same with this password again: the one in the URL.
    ///
    /// # Panics
    ///
    /// If the server does not reload its settings.
    pub fn reset_password(&self) {
        self.set_password(PASSWORD);
    }

    /// Lets the user `app` publish and subscribe only to these subjects. Its connections stay.
    ///
    /// # Panics
    ///
    /// If the server does not reload its settings.
    pub fn set_subjects(&self, subjects: &str) {
        let only = format!("{{ publish: \"{subjects}\", subscribe: \"{subjects}\" }}");
        let user = format!("users: [{{ user: app, password: \"{PASSWORD}\", permissions: {only} }}]");
        self.set_user(&user);
    }

    fn set_user(&self, authorization: &str) {
        self.write_config(authorization);
        let reloads = || self.log().matches("Reloaded server configuration").count();
        let before = reloads();
        self.instance.signal(Signal::SIGHUP);
        assert!(wait_until(PATIENCE, || reloads() > before), "{}", self.log());
    }

    /// How many clients are connected, and how many subscriptions they have. Needs the setting
    /// `("http", "\"127.0.0.1:-1\"")`.
    ///
    /// # Panics
    ///
    /// If the server does not answer.
    pub fn connections_and_subscriptions(&self) -> (usize, usize) {
        let page = self.monitor("/connz?subs=1");
        // `/connz` has `"name": 1` for each connection.
        let sum = |name: &str| -> usize {
            let name = format!("\"{name}\":");
            let numbers = page.split(&name).skip(1).map(|rest| {
                let digits = rest.trim_start().split(|character: char| !character.is_ascii_digit());
                digits.take(1).collect::<String>().parse::<usize>().unwrap()
            });
            numbers.sum()
        };
        (sum("num_connections"), sum("subscriptions"))
    }

    /// A page of the monitor.
    fn monitor(&self, path: &str) -> String {
        let log = self.log();
        let started = log.rsplit("Starting http monitor on 127.0.0.1:").next().unwrap();
        let port = started.split_whitespace().next().unwrap().parse().unwrap();
        let mut stream = TcpStream::connect(address(port)).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn new(program: &Path, settings: &[(&str, &str)], port: Port) -> Self {
        let mut lines = String::new();
        for (name, value) in settings {
            let _ = writeln!(lines, "{name}: {value}");
        }
        let server = Self {
            instance: Instance::new("NATS", port),
            program: program.to_owned(),
            settings: lines,
        };
        server.write_config(&format!("user: app, password: \"{PASSWORD}\""));
        server
    }

    fn write_config(&self, authorization: &str) {
        let config = format!(
            "listen: \"127.0.0.1:{}\"\nauthorization: {{ {authorization} }}\n{}",
            self.port(),
            self.settings
        );
        std::fs::write(self.config(), config).unwrap();
    }

    fn config(&self) -> PathBuf {
        self.instance.folder().join("nats.conf")
    }
}

impl Server for Nats {
    fn instance(&self) -> &Instance {
        &self.instance
    }

    fn launch(&self) -> Vec<Process> {
        let mut command = daemon(&self.program, self.instance.folder(), None);
        command.arg("--config").arg(self.config());
        vec![self.instance.process(command)]
    }

    fn answers(&self, within: Duration) -> bool {
        let request = format!(
            "CONNECT {{\"user\":\"app\",\"pass\":\"{PASSWORD}\",\"verbose\":false,\"pedantic\":false}}\r\nPING\r\n"
        );
        ask(self.port(), request.as_bytes(), within, |answer| {
            answer.ends_with(b"PONG\r\n")
        })
    }
}
