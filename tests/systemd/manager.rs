//! A stand-in for systemd: it starts a service, reads its notices from a real socket, and keeps the rules of
//! `systemd.service(5)` and `sd_notify(3)` for a unit with `Type=notify`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

/// Nothing takes this long, unless it hangs.
const PATIENCE: Duration = Duration::from_mins(1);

/// The settings of the unit.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    /// The arguments of the service.
    pub(crate) arguments: &'static [&'static str],
    /// `TimeoutStartSec=`
    pub(crate) timeout_start: Duration,
    /// `WatchdogSec=`
    pub(crate) watchdog: Option<Duration>,
    /// Sets `WATCHDOG_PID` to that of another process.
    pub(crate) of_another: bool,
    pub(crate) address: Address,
}

/// The value of `NOTIFY_SOCKET`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Address {
    Path,
    Abstract,
    /// Not set.
    None,
    /// Set to this.
    Other(&'static str),
}

impl Default for Unit {
    fn default() -> Self {
        Self {
            arguments: &[],
            timeout_start: PATIENCE,
            watchdog: None,
            of_another: false,
            address: Address::Path,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum State {
    Activating,
    Active,
    Deactivating,
    /// The manager has killed the service.
    Failed(Why),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Why {
    /// It was not ready in time.
    Timeout,
    /// The watchdog got no ping in time.
    Watchdog,
}

pub(crate) struct Manager {
    unit: Unit,
    socket: UnixDatagram,
    _folder: TempDir,
    child: Child,
    commands: ChildStdin,
    output: Receiver<String>,
    pub(crate) state: State,
    started: Instant,
    /// When a service that is activating has failed.
    ready_by: Instant,
    /// When the watchdog of a service that is active has waited too long.
    ping_by: Option<Instant>,
    /// All assignments so far.
    pub(crate) received: Vec<String>,
}

impl Manager {
    pub(crate) fn start(unit: Unit) -> Self {
        Self::start_after(unit, |_| ())
    }

    /// Like `start`. `first` may use the socket before the service runs.
    pub(crate) fn start_after(unit: Unit, first: impl FnOnce(&str)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path: PathBuf = folder.path().join("notify");
        let name = format!("health-{}", path.display()); // the folder's name is unique
        let (socket, variable) = match unit.address {
            Address::Abstract => (bind_abstract(&name), Some(format!("@{name}"))),
            Address::Path => (UnixDatagram::bind(&path).unwrap(), Some(path.display().to_string())),
            Address::None => (UnixDatagram::bind(&path).unwrap(), None),
            Address::Other(text) => (UnixDatagram::bind(&path).unwrap(), Some(text.to_owned())),
        };
        first(&path.display().to_string());
        // The shell becomes the service, so `$$` is its process ID.
        let mut command = Command::new("sh");
        let script = if unit.of_another {
            r#"WATCHDOG_PID=1 exec "$0" "$@""#
        } else {
            r#"WATCHDOG_PID=$$ exec "$0" "$@""#
        };
        command
            .args(["-c", script, env!("CARGO_BIN_EXE_unit")])
            .args(unit.arguments);
        command.env_remove("NOTIFY_SOCKET").env_remove("WATCHDOG_USEC");
        if let Some(variable) = variable {
            command.env("NOTIFY_SOCKET", variable);
        }
        if let Some(watchdog) = unit.watchdog {
            command.env("WATCHDOG_USEC", watchdog.as_micros().to_string());
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (line, output) = channel();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        thread::spawn(move || lines.map_while(Result::ok).try_for_each(|text| line.send(text)));
        let now = Instant::now();
        Self {
            commands: child.stdin.take().unwrap(),
            child,
            output,
            socket,
            _folder: folder,
            state: State::Activating,
            started: now,
            ready_by: now + unit.timeout_start,
            ping_by: None,
            received: Vec::new(),
            unit,
        }
    }

    /// Sends a command to the service.
    pub(crate) fn tell(&mut self, command: &str) {
        writeln!(self.commands, "{command}").unwrap();
    }

    /// Waits until the service prints a line with this text. Reads no notices meanwhile.
    pub(crate) fn printed(&self, text: &str) -> String {
        let began = Instant::now();
        loop {
            let left = PATIENCE.saturating_sub(began.elapsed());
            let line = self
                .output
                .recv_timeout(left)
                .unwrap_or_else(|_| panic!("it never prints {text:?}"));
            if line.contains(text) {
                return line;
            }
        }
    }

    /// What else the service has printed. It has ended.
    pub(crate) fn rest(&self) -> Vec<String> {
        self.output.iter().collect()
    }

    /// Keeps the rules until the service has sent this assignment, from now on.
    pub(crate) fn sent(&mut self, assignment: &str) {
        let known = self.received.len();
        self.until(&format!("it sends {assignment:?}"), |manager| {
            manager.received[known..].iter().any(|sent| sent == assignment)
        });
    }

    pub(crate) fn until(&mut self, what: &str, mut look: impl FnMut(&Self) -> bool) {
        let began = Instant::now();
        while !look(self) {
            assert!(
                began.elapsed() < PATIENCE,
                "{what}: {:?} {:?}",
                self.state,
                self.received
            );
            self.step();
        }
    }

    /// Keeps the rules for this long.
    pub(crate) fn pass(&mut self, time: Duration) {
        let began = Instant::now();
        self.until("time passes", |_| began.elapsed() >= time);
    }

    /// Sends SIGTERM, as `systemctl stop` does.
    pub(crate) fn stop(&self) {
        self.signal(Signal::SIGTERM);
    }

    /// Keeps the rules until the service has ended.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            self.step();
            if let Some(status) = self.child.try_wait().unwrap() {
                self.step(); // what it has sent last
                return status;
            }
            assert!(began.elapsed() < PATIENCE, "it does not end: {:?}", self.received);
        }
    }

    /// How often this assignment was received.
    pub(crate) fn count(&self, assignment: &str) -> usize {
        self.received.iter().filter(|sent| *sent == assignment).count()
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }

    /// Reads all messages, and then looks whether one is late: a test that gets no CPU must not blame the service.
    fn step(&mut self) {
        let now = Instant::now();
        let mut buffer = [0; 4096];
        self.socket.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
        while let Ok(count) = self.socket.recv(&mut buffer) {
            let message = std::str::from_utf8(&buffer[..count]).unwrap().to_owned();
            message.lines().for_each(|assignment| self.take(assignment));
        }
        match self.state {
            State::Activating if now > self.ready_by => self.fail(Why::Timeout),
            State::Active if self.ping_by.is_some_and(|by| now > by) => self.fail(Why::Watchdog),
            _ => {}
        }
    }

    fn take(&mut self, assignment: &str) {
        let now = Instant::now();
        let (key, value) = assignment.split_once('=').unwrap();
        match (key, value, self.state) {
            ("READY", "1", State::Activating) => {
                self.state = State::Active;
                self.ping_by = self.unit.watchdog.map(|watchdog| now + watchdog);
            }
            ("STOPPING", "1", State::Activating | State::Active) => self.state = State::Deactivating,
            ("WATCHDOG", "1", _) => self.ping_by = self.unit.watchdog.map(|watchdog| now + watchdog),
            ("EXTEND_TIMEOUT_USEC", usec, State::Activating) => {
                let until = now + Duration::from_micros(usec.parse().unwrap());
                self.ready_by = self.ready_by.max(until);
            }
            ("STATUS", text, _) => assert!(!text.is_empty() && text.len() <= 256, "{text}"),
            (_, _, State::Failed(_)) => {} // it was sent before the end
            other => panic!("{other:?} after {:?}: {:?}", self.started.elapsed(), self.received),
        }
        self.received.push(assignment.to_owned());
    }

    fn fail(&mut self, why: Why) {
        self.state = State::Failed(why);
        self.signal(match why {
            Why::Timeout => Signal::SIGTERM,
            Why::Watchdog => Signal::SIGABRT,
        });
    }
}

impl Drop for Manager {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(target_os = "linux")]
fn bind_abstract(name: &str) -> UnixDatagram {
    use std::os::linux::net::SocketAddrExt as _;
    let address = std::os::unix::net::SocketAddr::from_abstract_name(name).unwrap();
    UnixDatagram::bind_addr(&address).unwrap()
}

#[cfg(not(target_os = "linux"))]
fn bind_abstract(_: &str) -> UnixDatagram {
    panic!("only Linux has abstract sockets")
}
