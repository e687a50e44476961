//! PostgreSQL: a primary, and standbys that stream from it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::unistd::User;

use super::ports::Port;
use super::process::{Process, daemon, run, run_with_bytes, tool, unprivileged_user, wait_until};
use super::server::{Instance, PATIENCE, Server, ask, first_start};
use super::{installed, url_encoded};

const PASSWORD: &str = "secret-app-pw";

/// Clients need a password over TCP. The superuser `postgres` comes in through the socket, whose folder only this user
/// can enter. `md5` also means SCRAM, for each password that is stored for SCRAM.
const HBA: &str = "\
local all all trust
local replication postgres trust
host all all 127.0.0.1/32 md5
";

/// All that makes it slow and is not needed here. A killed server keeps its data all the same: the kernel has them.
const FAST: [(&str, &str); 4] = [
    ("fsync", "off"),
    ("shared_buffers", "32MB"),
    ("jit", "off"),
    ("autovacuum", "off"),
];

/// A PostgreSQL server with the role `app`, which owns the database `app`.
#[derive(Debug)]
pub struct Postgres {
    instance: Instance,
    programs: PathBuf,
    settings: Vec<(String, String)>,
    password: Mutex<String>,
    user: Option<User>,
}

impl Postgres {
    /// Starts a server. `None` if PostgreSQL is not installed.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// Starts a server with these settings of `postgresql.conf`. `None` if PostgreSQL is not installed.
    ///
    /// Three of `max_connections` are reserved for the superuser, so `("max_connections", "8")` leaves five to `app`.
    /// [`Postgres::sql`] takes one of these five while it runs, if there is one left.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub fn start_with(settings: &[(&str, &str)]) -> Option<Self> {
        let program = installed("PostgreSQL", "postgresql", "postgres")?;
        let programs = program.parent().expect("a program is in a folder");
        let owned = |(name, value): &(&str, &str)| (String::from(*name), String::from(*value));
        let settings: Vec<_> = settings.iter().map(owned).collect();
        Some(first_start(|port| {
            let server = Self::new(programs, &settings, PASSWORD, port);
            server.init();
            server
        }))
    }

    /// A standby of this server, which streams from it. It is ready when it streams.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[must_use = "dropping it ends the standby"]
    pub fn standby(&self) -> Self {
        let standby = first_start(|port| {
            let standby = Self::new(&self.programs, &self.settings, &self.password(), port);
            standby.copy_from(self);
            standby
        });
        standby.wait_until_it_streams();
        standby
    }

    /// Makes a primary of this standby, and waits until it is one.
    ///
    /// # Panics
    ///
    /// If it is no standby, or does not become a primary.
    pub fn promote(&self) {
        assert_eq!(self.sql("select pg_promote()"), "t", "it does not become a primary");
    }

    /// Makes a standby of this server, which may run or not. It keeps its port, and loses its own data: they are
    /// replaced with those of the primary. It is ready when it streams.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub fn demote_to_standby_of(&self, primary: &Self) {
        self.stop();
        self.remove_shared_memory();
        std::fs::remove_dir_all(self.data()).unwrap();
        // `pg_rewind` would be faster for a large database only.
        self.copy_from(primary);
        *self.lock_password() = primary.password();
        self.start_again();
        self.wait_until_it_streams();
    }

    /// `postgres://app:<password>@127.0.0.1:<port>/app`, with the password that is valid now.
    pub fn url(&self) -> String {
        let password = url_encoded(&self.password());
        format!("postgres://app:{password}@127.0.0.1:{}/app", self.port())
    }

    /// Runs these statements in the database `app` as superuser. Returns the rows, one a line, with `|` between the
    /// columns. Also works when there is no connection left for `app`.
    ///
    /// # Panics
    ///
    /// If a statement fails.
    pub fn sql(&self, statements: &str) -> String {
        let mut command = tool(&self.programs.join("psql"), self.instance.folder(), None);
        command.args(["-XqAt", "--set=ON_ERROR_STOP=1", "--username=postgres", "--host"]);
        command.arg(self.instance.folder());
        command.args(["--port", &self.port().to_string(), "--dbname=app"]);
        run(&mut command, statements)
    }

    /// Changes the password of `app`. [`Postgres::url`] has the new one from then on. Open connections stay open.
    ///
    /// # Panics
    ///
    /// If the server does not run.
    pub fn set_password(&self, password: &str) {
        self.sql(&format!("alter role app password {}", quoted(password)));
        password.clone_into(&mut self.lock_password());
    }

    /// Lets `app` log in with MD5 instead of SCRAM, whose 4096 rounds take 10 ms in a client that is not optimized. For
    /// tests that log in thousands of times.
    ///
    /// # Panics
    ///
    /// If the server does not run.
    #[must_use]
    pub fn with_fast_logins(self) -> Self {
        let password = quoted(&self.password());
        self.sql(&format!(
            "set password_encryption = 'md5'; alter role app password {password}"
        ));
        self
    }

    /// How many connections `app` has.
    ///
    /// # Panics
    ///
    /// If the server does not run.
    pub fn connections(&self) -> usize {
        let count = self.sql("select count(*) from pg_stat_activity where usename = 'app'");
        count.parse().expect("`count` returns a number")
    }

    /// The password of `app` that is valid now.
    pub(super) fn password(&self) -> String {
        self.lock_password().clone()
    }

    fn new(programs: &Path, settings: &[(String, String)], password: &str, port: Port) -> Self {
        let user = unprivileged_user();
        let instance = Instance::new("PostgreSQL", port);
        instance.give_to(user.as_ref());
        std::fs::write(instance.folder().join("pg_hba.conf"), HBA).unwrap();
        Self {
            instance,
            programs: programs.to_owned(),
            settings: settings.to_vec(),
            password: Mutex::new(password.to_owned()),
            user,
        }
    }

    fn init(&self) {
        // `initdb` takes a second. So it runs only once in a process, and the other servers get a copy of its files.
        // The copies are in memory: a folder would stay behind when the process ends.
        static FILES: OnceLock<Vec<u8>> = OnceLock::new();
        let files = FILES.get_or_init(|| {
            self.init_anew();
            run_with_bytes(self.tool("tar").args(["--create", "--file=-", "data"]), b"")
        });
        if !self.data().exists() {
            run_with_bytes(self.tool("tar").args(["--extract", "--file=-"]), files);
        }
    }

    fn init_anew(&self) {
        let mut command = self.tool("initdb");
        command.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"]);
        command.args(["--no-sync", "--no-instructions", "--wal-segsize=1"]);
        run(command.arg("--pgdata").arg(self.data()), "");

        let role = format!("create role app login password {}\n", quoted(PASSWORD));
        let database = "create database app owner app\n";
        let mut command = self.tool("postgres");
        command.args(["--single", "-F", "-D"]).arg(self.data()).arg("postgres");
        run(&mut command, &(role + database));
    }

    fn copy_from(&self, primary: &Self) {
        let source = format!(
            "host={} port={} user=postgres application_name=standby_{}",
            primary.instance.folder().display(),
            primary.port(),
            self.port()
        );
        let mut command = self.tool("pg_basebackup");
        command.args(["--checkpoint=fast", "--no-sync", "--write-recovery-conf"]);
        run(command.args(["--dbname", &source]).arg("--pgdata").arg(self.data()), "");
    }

    fn wait_until_it_streams(&self) {
        let streams = || self.sql("select status from pg_stat_wal_receiver") == "streaming";
        assert!(
            wait_until(PATIENCE, streams),
            "the standby does not stream\n{}",
            self.log()
        );
    }

    /// One of the programs of PostgreSQL, or of the system.
    fn tool(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        let program = if program.exists() { program } else { name.into() };
        tool(&program, self.instance.folder(), self.user.as_ref())
    }

    fn data(&self) -> PathBuf {
        self.instance.folder().join("data")
    }

    fn lock_password(&self) -> MutexGuard<'_, String> {
        self.password.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A killed server leaves a small segment of shared memory behind, and its number in this file.
    fn remove_shared_memory(&self) {
        let Ok(file) = std::fs::read_to_string(self.data().join("postmaster.pid")) else {
            return; // it has ended properly
        };
        let id = file.lines().nth(6).and_then(|line| line.split_whitespace().nth(1));
        if let Some(id) = id {
            let _ = Command::new("ipcrm").args(["--shmem-id", id]).output();
        }
    }
}

impl Server for Postgres {
    fn instance(&self) -> &Instance {
        &self.instance
    }

    fn launch(&self) -> Vec<Process> {
        let folder = self.instance.folder();
        let port = self.port().to_string();
        let hba = folder.join("pg_hba.conf").display().to_string();
        let sockets = folder.display().to_string();
        let mut settings = vec![
            ("port", port.as_str()),
            ("listen_addresses", "127.0.0.1"),
            ("unix_socket_directories", &sockets),
            ("hba_file", &hba),
            // In the folder, so that nothing is left in `/dev/shm`.
            ("dynamic_shared_memory_type", "mmap"),
        ];
        settings.extend(FAST);
        settings.extend(
            self.settings
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        );

        let mut command = daemon(&self.programs.join("postgres"), folder, self.user.as_ref());
        command.arg("-D").arg(self.data());
        for (name, value) in settings {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        vec![self.instance.process(command)]
    }

    fn answers(&self, within: Duration) -> bool {
        asks_for_a_password(self.port(), within)
    }

    /// SIGINT ends the open connections. SIGTERM would wait for them.
    fn stop_signal(&self) -> Signal {
        Signal::SIGINT
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGQUIT is nearly as fast as SIGKILL, and lets it remove its shared memory.
        self.instance.end(Signal::SIGQUIT, Duration::from_secs(3));
        self.remove_shared_memory();
    }
}

/// Whether a server of this protocol wants to know the password of `app`. While it starts, it answers with an error.
pub(super) fn asks_for_a_password(port: u16, within: Duration) -> bool {
    const STARTUP: &[u8] = b"\0\0\0\x1f\0\x03\0\0user\0app\0database\0app\0\0";
    ask(port, STARTUP, within, |answer| answer.starts_with(b"R"))
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
