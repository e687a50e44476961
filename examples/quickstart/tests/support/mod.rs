//! The service as a real process, and requests to it over real sockets.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

/// Nothing here takes longer, unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// A running service with a directory of its own; killed when dropped.
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    pub(crate) payments: SocketAddr,
    pub(crate) directory: Rc<TempDir>,
    child: Child,
}

/// The service's command, with its files in this directory.
pub(crate) fn command(directory: &TempDir, port: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quickstart"));
    command.env("TMPDIR", directory.path()).env("PORT", port);
    command
}

impl Service {
    /// Starts it on any free port and waits until it is ready.
    pub(crate) fn start() -> Self {
        Self::start_in(Rc::new(tempfile::tempdir().unwrap()), 0)
    }

    /// Starts it again, at the same port with the same files, after it has ended.
    pub(crate) fn restart(self) -> Self {
        let port = self.address.port();
        Self::start_in(Rc::clone(&self.directory), port)
    }

    fn start_in(directory: Rc<TempDir>, port: u16) -> Self {
        let log = File::options()
            .create(true)
            .append(true)
            .open(directory.path().join("log"))
            .unwrap();
        let mut child = command(&directory, &port.to_string())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut welcome = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let mut printed = |what: &str| {
            let line = welcome
                .find(|line| line.starts_with(what))
                .expect("it is printed at the start");
            let (_, rest) = line.split_once("http://localhost:").unwrap();
            let port = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap();
            SocketAddr::from((Ipv4Addr::LOCALHOST, port.parse().unwrap()))
        };
        let (address, payments) = (printed("orders"), printed("payments"));
        let service = Self {
            address,
            payments,
            directory,
            child,
        };
        until("ready", || {
            service.get("/readyz").is_ok_and(|answer| answer.status == 200)
        });
        service
    }

    pub(crate) fn get(&self, path: &str) -> io::Result<Answer> {
        Connection::open(self.address)?.send("GET", path, "")
    }

    /// Sets the payments provider to `on`, `off` or `hang`.
    pub(crate) fn payments(&self, mode: &str) {
        let answer = Connection::open(self.payments)
            .unwrap()
            .send("POST", &format!("/{mode}"), "")
            .unwrap();
        assert_eq!(answer.status, 200);
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }

    /// Waits for the process to end by itself.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(began.elapsed() < PATIENCE, "the process does not end");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

/// Calls `look` until it returns `true`, for [`PATIENCE`] at most.
pub(crate) fn until(what: &str, mut look: impl FnMut() -> bool) {
    let began = Instant::now();
    while !look() {
        assert!(began.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the log of the service:\n{}", self.log());
        }
    }
}

/// A connection that can be used for one request after the other.
pub(crate) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The server asks the client to close the connection.
    pub(crate) close: bool,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {:?}", self.body))
    }
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            received: Vec::new(),
        })
    }

    /// Sends a request, and reads the answer up to its `content-length`.
    pub(crate) fn send(&mut self, method: &str, path: &str, json: &str) -> io::Result<Answer> {
        let length = json.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{json}"
        );
        self.stream.write_all(request.as_bytes())?;
        let head = loop {
            if let Some(end) = self.received.windows(4).position(|window| window == b"\r\n\r\n") {
                let rest = self.received.split_off(end + 4);
                let head = std::mem::replace(&mut self.received, rest);
                break String::from_utf8(head).expect("a head is ASCII").to_ascii_lowercase();
            }
            self.receive()?;
        };
        let header = |name: &str| {
            head.lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
        };
        let length: usize = header("content-length").map_or(0, |length| length.parse().unwrap());
        while self.received.len() < length {
            self.receive()?;
        }
        let rest = self.received.split_off(length);
        let body = std::mem::replace(&mut self.received, rest);
        Ok(Answer {
            status: head.split(' ').nth(1).expect("a status line").parse().unwrap(),
            close: header("connection").is_some_and(|value| value == "close"),
            body: String::from_utf8(body).expect("JSON or text"),
        })
    }

    /// Whether the server has sent nothing since the last answer.
    pub(crate) fn is_unanswered(&self) -> bool {
        self.received.is_empty()
    }

    /// Reads until the server closes the connection. Returns what it has sent.
    pub(crate) fn wait_for_end(mut self) -> io::Result<Vec<u8>> {
        self.stream.read_to_end(&mut self.received)?;
        Ok(self.received)
    }

    fn receive(&mut self) -> io::Result<()> {
        let mut buffer = [0; 4096];
        match self.stream.read(&mut buffer)? {
            0 => Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "closed before the answer was complete",
            )),
            read => {
                self.received.extend_from_slice(&buffer[..read]);
                Ok(())
            }
        }
    }
}
