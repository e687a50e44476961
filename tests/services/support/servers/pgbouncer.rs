//! PgBouncer: a pool of connections before a PostgreSQL server.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::unistd::User;

use super::ports::Port;
use super::postgres::{Postgres, asks_for_a_password};
use super::process::{Process, daemon, run, tool, unprivileged_user};
use super::server::{Instance, Server, first_start};
use super::{find, installed, url_encoded};

/// A PgBouncer that pools transactions: a client has a connection to the server only while a transaction is open.
#[derive(Debug)]
pub struct PgBouncer {
    instance: Instance,
    program: PathBuf,
    password: String,
    user: Option<User>,
}

impl PgBouncer {
    /// Starts a pool of two connections to this server. `None` if PgBouncer is not installed.
    ///
    /// It has the password that the server has now. It does not follow [`Postgres::set_password`].
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub fn start(server: &Postgres) -> Option<Self> {
        Self::start_with(server, &[])
    }

    /// Starts a pool with these settings of the section `[pgbouncer]`, for example `("default_pool_size", "1")`. `None`
    /// if PgBouncer is not installed.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub fn start_with(server: &Postgres, settings: &[(&str, &str)]) -> Option<Self> {
        let program = installed("PgBouncer", "pgbouncer", "pgbouncer")?;
        Some(first_start(|port| Self::new(&program, server, settings, port)))
    }

    /// `postgres://app:<password>@127.0.0.1:<port>/app`
    pub fn url(&self) -> String {
        let password = url_encoded(&self.password);
        format!("postgres://app:{password}@127.0.0.1:{}/app", self.port())
    }

    /// Runs a command of its console, for example `DISABLE app`.
    ///
    /// # Panics
    ///
    /// If it fails.
    pub fn console(&self, command: &str) -> String {
        let psql = find("psql").expect("it comes with PostgreSQL");
        let mut psql = tool(&psql, self.instance.folder(), None);
        psql.env("PGPASSWORD", &self.password);
        psql.args(["-XqAt", "--set=ON_ERROR_STOP=1", "--host=127.0.0.1", "--port"]);
        psql.args([&self.port().to_string(), "--username=app", "--dbname=pgbouncer"]);
        run(&mut psql, command)
    }

    fn new(program: &Path, server: &Postgres, settings: &[(&str, &str)], port: Port) -> Self {
        let user = unprivileged_user();
        let instance = Instance::new("PgBouncer", port);
        instance.give_to(user.as_ref());
        let pool = Self {
            instance,
            program: program.to_owned(),
            password: server.password(),
            user,
        };
        // The file has the password itself: PgBouncer needs it to log in to the server.
        let users = format!("\"app\" \"{}\"\n", pool.password.replace('"', "\"\""));
        std::fs::write(pool.instance.folder().join("users.txt"), users).unwrap();
        let mut config = format!(
            "[databases]\n\
             app = host=127.0.0.1 port={} dbname=app\n\
             [pgbouncer]\n\
             listen_addr = 127.0.0.1\n\
             listen_port = {}\n\
             unix_socket_dir =\n\
             auth_type = scram-sha-256\n\
             auth_file = {}\n\
             admin_users = app\n\
             pool_mode = transaction\n\
             default_pool_size = 2\n\
             ; Clients may set these, and each transaction may have another connection.\n\
             ignore_startup_parameters = extra_float_digits\n\
             ; After a failed login it does not try the server again for this many seconds.\n\
             server_login_retry = 1\n",
            server.port(),
            pool.port(),
            pool.instance.folder().join("users.txt").display(),
        );
        for (name, value) in settings {
            let _ = writeln!(config, "{name} = {value}");
        }
        std::fs::write(pool.config(), config).unwrap();
        pool
    }

    fn config(&self) -> PathBuf {
        self.instance.folder().join("pgbouncer.ini")
    }
}

impl Server for PgBouncer {
    fn instance(&self) -> &Instance {
        &self.instance
    }

    fn launch(&self) -> Vec<Process> {
        let mut command = daemon(&self.program, self.instance.folder(), self.user.as_ref());
        command.arg(self.config());
        vec![self.instance.process(command)]
    }

    /// It wants a password also while the server behind it does not run.
    fn answers(&self, within: Duration) -> bool {
        asks_for_a_password(self.port(), within)
    }

    /// SIGTERM closes the open connections. SIGINT would wait for them.
    fn stop_signal(&self) -> Signal {
        Signal::SIGTERM
    }
}
