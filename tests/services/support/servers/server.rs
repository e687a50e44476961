//! What all servers have in common: the folder, the port, the start and the end.

use std::fs::Permissions;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use nix::unistd::User;
use tempfile::TempDir;

use super::ports::Port;
use super::process::Process;

/// How long a server may take to start, and to stop.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// A server that a test can pause, kill and start again. All methods block.
pub trait Server {
    /// Its folder, port and processes.
    fn instance(&self) -> &Instance;

    /// Starts its processes. It need not wait until they answer. Call [`Server::start_again`] instead.
    fn launch(&self) -> Vec<Process>;

    /// Whether it answers a first request of its protocol within this time.
    fn answers(&self, within: Duration) -> bool;

    /// The signal for [`Server::stop`].
    fn stop_signal(&self) -> Signal {
        Signal::SIGTERM
    }

    /// Its port on 127.0.0.1. It stays the same, also while the server does not run.
    fn port(&self) -> u16 {
        self.instance().port.number()
    }

    /// Kills all its processes at once. The port then refuses connections.
    fn kill(&self) {
        let mut processes = self.instance().processes();
        processes.iter_mut().for_each(Process::kill);
        processes.clear();
    }

    /// Stops all its processes until [`Server::resume`]. The kernel still accepts connections, but nothing answers.
    fn pause(&self) {
        self.instance().processes().iter_mut().for_each(Process::pause);
    }

    /// Lets its processes go on after [`Server::pause`].
    fn resume(&self) {
        self.instance().processes().iter_mut().for_each(Process::resume);
    }

    /// Starts it on the same port and with the same data, and waits until it answers. A server that still runs is
    /// killed first.
    ///
    /// # Panics
    ///
    /// If it does not answer in 30 seconds.
    fn start_again(&self) {
        self.kill();
        if let Err(failure) = start(self) {
            panic!("{failure}");
        }
    }

    /// Asks it to end, and waits until it has. Also if it is paused. Nothing happens if it does not run.
    ///
    /// # Panics
    ///
    /// If it does not end in 30 seconds.
    fn stop(&self) {
        let signal = self.stop_signal();
        let has_ended = self.instance().end(signal, PATIENCE);
        assert!(
            has_ended,
            "{} did not end after {signal}\n{}",
            self.instance().name,
            self.log()
        );
    }

    /// All that it has logged since its first start.
    fn log(&self) -> String {
        let log = std::fs::read(self.instance().folder().join(LOG)).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }
}

const LOG: &str = "server.log";

/// The folder, the port and the processes of a server.
#[derive(Debug)]
pub struct Instance {
    name: &'static str,
    /// In the order in which they were started. They stand before the folder, so that they end before it is removed.
    processes: Mutex<Vec<Process>>,
    port: Port,
    folder: TempDir,
}

impl Instance {
    pub(super) fn new(name: &'static str, port: Port) -> Self {
        // Not in `TMPDIR`: the path of a socket must be short, and another user must be able to enter the folder.
        let folder = tempfile::Builder::new()
            .prefix(&format!("health-{}-", name.to_lowercase()))
            // The superusers need no password on the sockets in it.
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in("/tmp")
            .unwrap();
        Self {
            name,
            processes: Mutex::default(),
            port,
            folder,
        }
    }

    /// Its temporary folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn give_to(&self, user: Option<&User>) {
        if let Some(user) = user {
            let (user, group) = (user.uid.as_raw(), user.gid.as_raw());
            std::os::unix::fs::chown(self.folder(), Some(user), Some(group)).unwrap();
        }
    }

    pub(super) fn process(&self, command: std::process::Command) -> Process {
        Process::start(command, &self.folder().join(LOG))
    }

    /// Sends a signal to each program.
    pub(super) fn signal(&self, signal: Signal) {
        self.processes().iter_mut().for_each(|process| process.signal(signal));
    }

    /// Ends the processes, the last one first, and forgets them. Returns whether all ended without being killed.
    pub(super) fn end(&self, signal: Signal, within: Duration) -> bool {
        let mut processes = self.processes();
        let mut has_ended = true;
        while let Some(mut process) = processes.pop() {
            has_ended &= process.end(signal, within);
        }
        has_ended
    }

    /// A panic of another thread does no harm: there is no state between two processes of the list.
    fn processes(&self) -> MutexGuard<'_, Vec<Process>> {
        self.processes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes a server on a free port and starts it. Takes another port if a program outside of these tests has taken the
/// port in the meantime.
pub(super) fn first_start<S: Server>(make: impl Fn(Port) -> S) -> S {
    let mut failure = String::new();
    for _ in 0..3 {
        let server = make(Port::claim());
        match start(&server) {
            Ok(()) => return server,
            Err(text) => failure = text,
        }
        let lines = failure.to_lowercase();
        if !lines.contains("address already in use") && !lines.contains("eaddrinuse") {
            break;
        }
    }
    panic!("{failure}");
}

fn start<S: Server + ?Sized>(server: &S) -> Result<(), String> {
    let instance = server.instance();
    let processes = server.launch();
    *instance.processes() = processes;
    let deadline = Instant::now() + PATIENCE;
    let failure = loop {
        let is_ready = server.answers(Duration::from_secs(1));
        // Looked at after the answer: if the server has ended, another program has answered.
        let ended = instance.processes().iter_mut().find_map(Process::ended);
        if let Some(status) = ended {
            break format!("it ended with {status}");
        }
        if is_ready {
            return Ok(());
        }
        if Instant::now() > deadline {
            break format!("it does not answer after {PATIENCE:?}");
        }
        thread::sleep(Duration::from_millis(10));
    };
    server.kill();
    let log = server.log();
    let lines: Vec<_> = log.lines().collect();
    let tail = lines[lines.len().saturating_sub(30)..].join("\n");
    Err(format!("{} cannot be started: {failure}\n{tail}", instance.name))
}

/// Sends a request to this port, and returns whether `is_answer` accepts what comes back within this time. It is called
/// with all bytes received so far.
pub(super) fn ask(port: u16, request: &[u8], within: Duration, is_answer: impl Fn(&[u8]) -> bool) -> bool {
    let deadline = Instant::now() + within;
    let Ok(mut stream) = TcpStream::connect_timeout(&address(port), within) else {
        return false;
    };
    if stream.write_all(request).is_err() {
        return false;
    }
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        // A timeout of zero would be an error.
        if left.is_zero() || stream.set_read_timeout(Some(left)).is_err() {
            return false;
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return false,
            Ok(length) => answer.extend_from_slice(&buffer[..length]),
        }
        if is_answer(&answer) {
            return true;
        }
    }
}

pub(super) fn address(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}
