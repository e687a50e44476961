//! NATS, without `JetStream`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::installed;
use super::ports::Port;
use super::process::{Process, daemon};
use super::server::{Instance, Server, ask, first_start};

const PASSWORD: &str = "secret-nats-pw";

/// A NATS server with the user `app`.
#[derive(Debug)]
pub struct Nats {
    instance: Instance,
    program: PathBuf,
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

    fn new(program: &Path, settings: &[(&str, &str)], port: Port) -> Self {
        let server = Self {
            instance: Instance::new("NATS", port),
            program: program.to_owned(),
        };
        let mut config = format!(
            "listen: \"127.0.0.1:{}\"\n\
             authorization: {{ user: app, password: \"{PASSWORD}\" }}\n",
            server.port()
        );
        for (name, value) in settings {
            let _ = writeln!(config, "{name}: {value}");
        }
        std::fs::write(server.config(), config).unwrap();
        server
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
