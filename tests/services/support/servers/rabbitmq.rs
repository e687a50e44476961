//! RabbitMQ, with a name server of its own (`epmd`), without plugins.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::installed;
use super::ports::Port;
use super::process::{Process, daemon, run, tool, wait_until};
use super::server::{Instance, PATIENCE, Server, address, ask, first_start};

const PASSWORD: &str = "secret-rabbit-pw";

/// Keeps the ports of Erlang on the loopback.
const LOOPBACK: &str = "-kernel inet_dist_use_interface {127,0,0,1}";

/// A RabbitMQ server with the user `app`.
#[derive(Debug)]
pub struct RabbitMq {
    instance: Instance,
    scripts: PathBuf,
    epmd: PathBuf,
    epmd_port: Port,
    /// Where `rabbitmqctl` connects.
    node_port: Port,
}

impl RabbitMq {
    /// Starts a server. `None` if RabbitMQ is not installed.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// Starts a server with these settings of `rabbitmq.conf`, for example `("heartbeat", "1")`. `None` if RabbitMQ
    /// is not installed.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub fn start_with(settings: &[(&str, &str)]) -> Option<Self> {
        // The scripts in the `PATH` change to the user `rabbitmq`. These do not.
        let scripts = Path::new("/usr/lib/rabbitmq/bin");
        installed("RabbitMQ", "rabbitmq-server", "rabbitmq-env")?;
        let epmd = installed("RabbitMQ", "rabbitmq-server", "epmd")?;
        Some(first_start(|port| {
            let server = Self {
                instance: Instance::new("RabbitMQ", port),
                scripts: scripts.to_owned(),
                epmd: epmd.clone(),
                epmd_port: Port::claim(),
                node_port: Port::claim(),
            };
            server.write_config(settings);
            server
        }))
    }

    /// `amqp://app:<password>@127.0.0.1:<port>/%2f`
    pub fn url(&self) -> String {
        format!("amqp://app:{PASSWORD}@127.0.0.1:{}/%2f", self.port())
    }

    /// The output of `rabbitmqctl` with these arguments. It takes a second or two.
    ///
    /// # Panics
    ///
    /// If it fails.
    pub fn ctl(&self, arguments: &[&str]) -> String {
        let mut command = tool(&self.scripts.join("rabbitmqctl"), self.instance.folder(), None);
        self.set_environment(&mut command);
        run(command.arg("--quiet").args(arguments), "")
    }

    /// How many clients are connected, and how many channels they have. It takes as long as [`RabbitMq::ctl`].
    ///
    /// # Panics
    ///
    /// If `rabbitmqctl` fails.
    pub fn connections_and_channels(&self) -> (usize, usize) {
        let both = self.ctl(&[
            "eval",
            "{length(rabbit_networking:connections()), length(rabbit_channel:list())}.",
        ]);
        let mut numbers = both
            .trim_matches(['{', '}'])
            .split(',')
            .map(|number| number.parse().unwrap());
        (numbers.next().unwrap(), numbers.next().unwrap())
    }

    /// Lets the user `app` in only with this password from now on, and closes its connections.
    ///
    /// # Panics
    ///
    /// If `rabbitmqctl` fails.
    pub fn set_password(&self, password: &str) {
        self.ctl(&["change_password", "app", password]);
        self.ctl(&["close_all_connections", "the password has changed"]);
    }

    /// The same with this password again: the one in the URL.
    ///
    /// # Panics
    ///
    /// If `rabbitmqctl` fails.
    pub fn reset_password(&self) {
        self.set_password(PASSWORD);
    }

    /// Raises the alarm for memory, as if there were none left.
    ///
    /// # Panics
    ///
    /// If `rabbitmqctl` fails.
    pub fn raise_memory_alarm(&self) {
        self.ctl(&["set_vm_memory_high_watermark", "absolute", "1"]);
    }

    /// Clears the alarm for memory.
    ///
    /// # Panics
    ///
    /// If `rabbitmqctl` fails.
    pub fn clear_memory_alarm(&self) {
        self.ctl(&["set_vm_memory_high_watermark", "0.9"]);
    }

    fn write_config(&self, settings: &[(&str, &str)]) {
        let mut config = format!(
            "listeners.tcp.default = 127.0.0.1:{}\n\
             default_user = app\n\
             default_pass = {PASSWORD}\n",
            self.port()
        );
        for (name, value) in settings {
            let _ = writeln!(config, "{name} = {value}");
        }
        let folder = self.instance.folder();
        std::fs::write(folder.join("rabbitmq.conf"), config).unwrap();
        std::fs::write(folder.join("plugins"), "[].\n").unwrap();
        std::fs::write(folder.join("environment"), "").unwrap();
    }

    /// The port answers a moment before the start is over. Until then `rabbitmqctl` may be refused.
    fn has_booted(&self) -> bool {
        let log = self.log();
        let since_last_start = log.rsplit("Starting RabbitMQ").next();
        since_last_start.is_some_and(|log| log.contains("Server startup complete"))
    }

    /// Each file that the scripts would look for in `/etc` and `/var` is in the folder.
    fn set_environment(&self, command: &mut Command) {
        let folder = self.instance.folder();
        let file = |name: &str| folder.join(name).into_os_string();
        let port = |port: &Port| OsString::from(port.number().to_string());
        command.envs([
            ("RABBITMQ_CONF_ENV_FILE", file("environment")),
            ("RABBITMQ_CONFIG_FILE", file("rabbitmq.conf")),
            ("RABBITMQ_ADVANCED_CONFIG_FILE", file("advanced.config")),
            ("RABBITMQ_GENERATED_CONFIG_DIR", file("config")),
            ("RABBITMQ_ENABLED_PLUGINS_FILE", file("plugins")),
            ("RABBITMQ_MNESIA_BASE", file("mnesia")),
            ("RABBITMQ_LOG_BASE", file("log")),
            ("RABBITMQ_LOGS", "-".into()), // to the standard output
            ("RABBITMQ_PID_FILE", file("pid")),
            ("RABBITMQ_NODENAME", format!("rabbit-{}@localhost", self.port()).into()),
            ("RABBITMQ_DIST_PORT", port(&self.node_port)),
            ("ERL_EPMD_PORT", port(&self.epmd_port)),
            ("ERL_EPMD_ADDRESS", "127.0.0.1".into()),
            ("RABBITMQ_CTL_ERL_ARGS", LOOPBACK.into()),
        ]);
    }
}

impl Server for RabbitMq {
    fn instance(&self) -> &Instance {
        &self.instance
    }

    fn launch(&self) -> Vec<Process> {
        let folder = self.instance.folder();
        let mut command = daemon(&self.epmd, folder, None);
        self.set_environment(&mut command);
        let epmd = self.instance.process(command);
        // Without it the server would start one that outlives it.
        let address = address(self.epmd_port.number());
        wait_until(PATIENCE, || TcpStream::connect(address).is_ok());

        let mut command = daemon(&self.scripts.join("rabbitmq-server"), folder, None);
        self.set_environment(&mut command);
        // So the script becomes the server. Otherwise it stays between, and the server would survive it.
        command.env("RABBITMQ_ALLOW_INPUT", "1");
        // `+sbwt none`: an idle scheduler of Erlang would keep its core busy for a while.
        let arguments = format!("-noinput -start_epmd false +sbwt none +sbwtdcpu none +sbwtdio none {LOOPBACK}");
        command.env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", arguments);
        vec![epmd, self.instance.process(command)]
    }

    fn answers(&self, within: Duration) -> bool {
        const METHOD_FRAME: u8 = 1; // the server begins with `Connection.Start`
        let is_answer = |answer: &[u8]| answer[0] == METHOD_FRAME;
        ask(self.port(), b"AMQP\0\0\x09\x01", within, is_answer) && self.has_booted()
    }
}
