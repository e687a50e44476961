//! MariaDB, which speaks the protocol of `MySQL`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::process::{Process, daemon, run, tool};
use super::server::{Instance, Server, ask, first_start};
use super::{installed, url_encoded};

/// What the installer and the server must agree on, to make the new files small. And nothing waits for the disk: a
/// killed server keeps its data all the same, because the kernel has them.
const FAST: [&str; 4] = [
    "--innodb-log-file-size=4M",
    "--innodb-buffer-pool-size=16M",
    "--innodb-flush-method=nosync",
    "--debug-no-sync",
];

/// A MariaDB server with the user `app`, who has all rights in the database `app`.
#[derive(Debug)]
pub struct MariaDb {
    instance: Instance,
    program: PathBuf,
    settings: Vec<String>,
    password: Mutex<String>,
}

impl MariaDb {
    /// Starts a server. `None` if MariaDB is not installed.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// Starts a server with these system variables, for example `("max_connections", "10")`. `None` if MariaDB is not
    /// installed.
    ///
    /// `max_connections` must be 10 at least. One more is reserved for the superuser. [`MariaDb::sql`] needs that one
    /// only if all others are taken.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub fn start_with(settings: &[(&str, &str)]) -> Option<Self> {
        let program = installed("MariaDB", "mariadb-server", "mariadbd")?;
        let installer = installed("MariaDB", "mariadb-server", "mariadb-install-db")?;
        let settings: Vec<_> = settings
            .iter()
            .map(|(name, value)| format!("--{name}={value}"))
            .collect();
        let server = first_start(|port| {
            let server = Self {
                instance: Instance::new("MariaDB", port),
                program: program.clone(),
                settings: settings.clone(),
                password: Mutex::new("secret-app-pw".to_owned()),
            };
            server.init(&installer);
            server
        });
        let user = format!(
            "create database app; create user app identified by {}; grant all on app.* to app",
            quoted("secret-app-pw")
        );
        server.sql_in("mysql", &user);
        Some(server)
    }

    /// `mysql://app:<password>@127.0.0.1:<port>/app`, with the password that is valid now.
    pub fn url(&self) -> String {
        let password = url_encoded(&self.lock_password());
        format!("mysql://app:{password}@127.0.0.1:{}/app", self.port())
    }

    /// Runs these statements in the database `app` as superuser. Returns the rows, one a line, with a tab between the
    /// columns.
    ///
    /// # Panics
    ///
    /// If a statement fails.
    pub fn sql(&self, statements: &str) -> String {
        self.sql_in("app", statements)
    }

    /// Changes the password of `app`. [`MariaDb::url`] has the new one from then on. Open connections stay open.
    ///
    /// # Panics
    ///
    /// If the server does not run.
    pub fn set_password(&self, password: &str) {
        self.sql(&format!("set password for app = password({})", quoted(password)));
        password.clone_into(&mut self.lock_password());
    }

    /// How many connections `app` has.
    ///
    /// # Panics
    ///
    /// If the server does not run.
    pub fn connections(&self) -> usize {
        let count = self.sql("select count(*) from information_schema.processlist where user = 'app'");
        count.parse().expect("`count` returns a number")
    }

    fn init(&self, installer: &Path) {
        let mut command = tool(installer, self.instance.folder(), None);
        self.add_common_options(&mut command);
        command.args([
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--skip-name-resolve",
        ]);
        run(&mut command, "");
    }

    /// The options that the server and the installer need.
    fn add_common_options(&self, command: &mut Command) {
        // This must be the first argument.
        command.arg("--no-defaults").args(FAST);
        command.arg(format!("--datadir={}", self.instance.folder().join("data").display()));
        if nix::unistd::geteuid().is_root() {
            command.arg("--user=root");
        }
    }

    fn sql_in(&self, database: &str, statements: &str) -> String {
        let client = installed("MariaDB", "mariadb-client", "mariadb").expect("the server's package needs the client");
        let mut command = tool(&client, self.instance.folder(), None);
        command.args([
            "--no-defaults",
            "--batch",
            "--skip-column-names",
            "--user=root",
            "--socket",
        ]);
        run(command.arg(self.socket()).arg(database), statements)
    }

    fn socket(&self) -> PathBuf {
        self.instance.folder().join("socket")
    }

    fn lock_password(&self) -> MutexGuard<'_, String> {
        self.password.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server for MariaDb {
    fn instance(&self) -> &Instance {
        &self.instance
    }

    fn launch(&self) -> Vec<Process> {
        let folder = self.instance.folder();
        let mut command = daemon(&self.program, folder, None);
        self.add_common_options(&mut command);
        command
            .arg(format!("--socket={}", self.socket().display()))
            .arg(format!("--pid-file={}", folder.join("pid").display()))
            .arg(format!("--port={}", self.port()))
            .args(["--bind-address=127.0.0.1", "--skip-name-resolve"])
            .args([
                "--skip-log-bin",
                "--performance-schema=off",
                "--innodb-buffer-pool-dump-at-shutdown=off",
            ])
            .args(&self.settings);
        vec![self.instance.process(command)]
    }

    /// The server speaks first.
    fn answers(&self, within: Duration) -> bool {
        const GREETING: u8 = 10; // after the four bytes of the packet's header; an error is 255
        ask(self.port(), b"", within, |answer| answer.get(4) == Some(&GREETING))
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}
