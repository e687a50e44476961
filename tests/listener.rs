//! The listener: at the end of a service no accepted request is lost, and no client delays the end.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Request};
use axum::http::StatusCode;
use axum::http::header::{CONNECTION, UPGRADE};
use axum::routing::{any, get, put};
use axum::serve::{Listener, ListenerExt as _};
use health_runtime::{DrainListener, DrainStream, Health, HealthState};
use health_tests::{prober, workers};
use hyper_util::rt::TokioIo;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

#[derive(HealthState)]
struct Orders;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

const GET: &[u8] = b"GET /orders HTTP/1.1\r\nHost: x\r\n\r\n";
const CLOSING: &[u8] = b"GET /orders HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

/// How long the handler of `/slow` takes.
const SLOW: Duration = Duration::from_secs(3);

/// How long a service may take to end once its drain is over, if no request is in flight.
const END: Duration = Duration::from_millis(2_500);

async fn upgrade(request: Request) -> (StatusCode, [(axum::http::HeaderName, &'static str); 2]) {
    tokio::spawn(async move {
        let mut socket = TokioIo::new(hyper::upgrade::on(request).await.unwrap());
        let mut word = [0; 3];
        while socket.read_exact(&mut word).await.is_ok() {
            socket.write_all(&word).await.unwrap();
        }
    });
    (
        StatusCode::SWITCHING_PROTOCOLS,
        [(CONNECTION, "upgrade"), (UPGRADE, "words")],
    )
}

/// A service on a runtime of its own, with its own thread to drive it.
struct Service {
    address: SocketAddr,
    health: Health,
    runtime: tokio::runtime::Handle,
    workers: usize,
    /// Receives when `axum::serve` has returned.
    ended: Option<oneshot::Receiver<Instant>>,
    stop: Option<oneshot::Sender<()>>,
}

impl Service {
    fn start(drain: Duration) -> Self {
        Self::on(workers(2), 2, drain)
    }

    fn on(runtime: Runtime, workers: usize, drain: Duration) -> Self {
        let (health, listener) = runtime.block_on(async {
            let health = Health::builder(Orders).drain(drain).start();
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            (health.clone(), health.listener(listener))
        });
        let app: Router = Router::new()
            .route("/orders", get(async || "[]"))
            .route("/body", put(async |body: Bytes| body.len().to_string()))
            .route("/upgrade", any(upgrade))
            .route(
                "/slow",
                get(async || {
                    tokio::time::sleep(SLOW).await;
                    "slow"
                }),
            );
        let address = axum::serve::Listener::local_addr(&listener).unwrap();
        let (served, ended) = oneshot::channel();
        let (stop, stopped) = oneshot::channel();
        let signal = health.shutdown_signal();
        let handle = runtime.handle().clone();
        thread::spawn(move || {
            runtime.block_on(async {
                axum::serve(listener, app).with_graceful_shutdown(signal).await.unwrap();
                let _ = served.send(Instant::now());
                let _ = stopped.await;
            });
            runtime.shutdown_background();
        });
        let service = Self {
            address,
            health,
            runtime: handle,
            workers,
            ended: Some(ended),
            stop: Some(stop),
        };
        // A service that no client has reached skips the drain, so this sends a request.
        let mut first = service.connect();
        first.send(CLOSING);
        assert!(first.is_answered());
        service
    }

    fn connect(&self) -> Client {
        Client::connect(self.address)
    }

    /// Blocks every worker, and returns once all are blocked.
    fn block(&self, time: Duration) {
        let blocked = Arc::new(Barrier::new(self.workers + 1));
        for _ in 0..self.workers {
            let blocked = Arc::clone(&blocked);
            self.runtime.spawn(async move {
                blocked.wait();
                thread::sleep(time);
            });
        }
        blocked.wait();
    }

    /// Whether it ends within this time.
    fn ends_within(&mut self, time: Duration) -> bool {
        let ended = self.ended.take().expect("asked once");
        prober().block_on(async { tokio::time::timeout(time, ended).await.is_ok() })
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.stop.take());
        drop(self.ended.take());
        self.health.drain();
    }
}

struct Client(TcpStream);

impl Client {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Self(stream)
    }

    fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).unwrap();
    }

    /// The next bytes, up to this text.
    fn read_until(&mut self, end: &str) -> io::Result<String> {
        let (mut text, mut byte) = (Vec::new(), [0]);
        while !text.ends_with(end.as_bytes()) {
            self.0.read_exact(&mut byte)?;
            text.push(byte[0]);
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// Whether the next bytes are the answer to `GET /orders`.
    fn is_answered(&mut self) -> bool {
        self.read_until("[]")
            .is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
    }

    /// All bytes until the server closes the connection.
    fn rest(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let _ = self.0.read_to_end(&mut bytes); // a reset is an end too
        bytes
    }
}

/// How many connections are answered.
fn answered(clients: &mut [Client]) -> usize {
    let answered = clients.iter_mut().map(Client::is_answered);
    answered.filter(|answered| *answered).count()
}

// --- no request is lost ---

#[test]
fn new_connections_are_answered_even_if_all_workers_are_blocked_at_the_end() {
    for (runtime, count) in [(prober(), 1), (workers(2), 2)] {
        let mut service = Service::on(runtime, count, ms(400));
        service.health.drain();
        service.block(ms(800));
        let mut clients: Vec<_> = (0..40).map(|_| service.connect()).collect();
        for client in &mut clients {
            client.send(GET);
        }
        assert_eq!(answered(&mut clients), 40, "{count} workers");
        assert!(service.ends_within(END));
    }
}

#[test]
fn idle_connections_are_answered_even_if_all_workers_are_blocked_at_the_end() {
    for (runtime, count) in [(prober(), 1), (workers(2), 2)] {
        let mut service = Service::on(runtime, count, ms(400));
        let mut clients: Vec<_> = (0..40).map(|_| service.connect()).collect();
        for client in &mut clients[..20] {
            client.send(GET);
            assert!(client.is_answered());
        }
        service.health.drain();
        service.block(ms(800));
        for client in &mut clients {
            client.send(GET);
        }
        assert_eq!(answered(&mut clients), 40, "{count} workers");
        assert!(service.ends_within(END));
    }
}

/// The program `orders`, in a process of its own. It is killed when the test ends.
struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    /// `files`: how many file descriptors it may have.
    fn start(drain: &str, files: u32) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", "ulimit -n \"$1\" && exec \"$0\" \"$2\" 10000"]);
        shell.args([env!("CARGO_BIN_EXE_orders"), &files.to_string(), drain]);
        let mut child = shell.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().parse().unwrap();
        Self { child, address }
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        kill(pid, signal).unwrap();
    }

    fn connect(&self) -> Client {
        Client::connect(self.address)
    }

    fn is_accepting(&self) -> bool {
        TcpStream::connect(self.address).is_ok()
    }

    fn has_ended(&mut self) -> Option<i32> {
        let end = Instant::now() + Duration::from_secs(10);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status.code();
            }
            assert!(Instant::now() < end, "it does not end");
            thread::sleep(ms(5));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_process_that_is_stopped_while_it_ends_resets_no_connection() {
    let mut stopped_in_time = 0;
    for _ in 0..10 {
        let mut process = Process::start("200", 1_000);
        let mut clients: Vec<_> = (0..64).map(|_| process.connect()).collect();
        // Half of the connections have been served before.
        for client in &mut clients[..32] {
            client.send(GET);
            assert!(client.is_answered());
        }
        process.signal(Signal::SIGTERM);
        let mut accepting = Instant::now();
        while process.is_accepting() {
            accepting = Instant::now();
            thread::sleep(ms(1));
        }
        process.signal(Signal::SIGSTOP);
        if accepting.elapsed() > ms(50) {
            continue; // on a busy machine the stop came too late
        }
        for client in &mut clients {
            client.send(GET);
        }
        thread::sleep(ms(500)); // the fault itself
        process.signal(Signal::SIGCONT);
        assert_eq!(answered(&mut clients), 64);
        assert_eq!(process.has_ended(), Some(0));
        stopped_in_time += 1;
        if stopped_in_time == 3 {
            return;
        }
    }
    panic!("the process was stopped in time {stopped_in_time} times");
}

#[test]
fn a_service_without_probes_drains_too() {
    let mut process = Process::start("500", 1_000);
    let mut client = process.connect();
    client.send(GET);
    assert!(client.is_answered());
    process.signal(Signal::SIGTERM);
    thread::sleep(ms(300));
    let mut late = process.connect();
    late.send(GET);
    assert!(late.is_answered(), "a client that has not noticed the drain is served");
    assert_eq!(process.has_ended(), Some(0));
}

#[test]
fn a_listener_without_file_descriptors_accepts_waiting_connections_once_there_are_some() {
    let mut process = Process::start("200", 40);
    let holders: Vec<_> = (0..40).map(|_| process.connect()).collect();
    thread::sleep(ms(100)); // the listener accepts until no descriptor is left
    let mut clients: Vec<_> = (0..40).map(|_| process.connect()).collect();
    for client in &mut clients {
        client.send(CLOSING);
    }
    process.signal(Signal::SIGTERM);
    thread::sleep(ms(500)); // the drain is over, and nothing can be accepted
    drop(holders);
    assert_eq!(answered(&mut clients), 40);
    assert_eq!(process.has_ended(), Some(0));
}

#[test]
fn a_runtime_without_timers_serves_and_ends() {
    let runtime = Builder::new_current_thread().enable_io().build().unwrap();
    let mut service = Service::on(runtime, 1, Duration::ZERO);
    let mut client = service.connect();
    client.send(GET);
    assert!(client.is_answered());
    service.health.drain();
    assert!(service.ends_within(END));
}

// --- no client delays the end ---

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS: &[u8] = b"\0\0\0\x04\0\0\0\0\0";

/// The HEADERS frame of `GET path`, on the first stream. With `flags` 5 it is the whole request.
fn http2_get(path: &str, flags: u8) -> Vec<u8> {
    let mut block = b"\x82\x86\x41\x01x\x04".to_vec();
    block.push(u8::try_from(path.len()).unwrap());
    block.extend(path.as_bytes());
    let mut frame = vec![0, 0, u8::try_from(block.len()).unwrap(), 1, flags, 0, 0, 0, 1];
    frame.extend(block);
    frame
}

#[test]
fn a_request_that_is_never_completed_does_not_delay_the_end() {
    let silent = [PREFACE, SETTINGS].concat();
    let without_body = [&silent[..], &http2_get("/orders", 4)].concat();
    let complete = [&silent[..], &http2_get("/orders", 5)].concat();
    let requests: [&[u8]; 9] = [
        b"G",
        b"GET /ord",
        b"GET /orders HTTP/1.1\r\nHost: x\r\n\r\nGET /ord",
        b"GET /orders HTTP/1.1\r\nHost: x\r\n\r\n\r\n",
        b"PUT /body HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
        b"PUT /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nte",
        &silent,
        &without_body,
        &complete,
    ];
    thread::scope(|scope| {
        for request in requests {
            scope.spawn(move || {
                let mut service = Service::start(ms(100));
                let mut client = service.connect();
                client.send(request);
                thread::sleep(ms(100)); // until the server has read it
                service.health.drain();
                let text = String::from_utf8_lossy(request);
                assert!(service.ends_within(ms(100) + END), "{text:?}");
            });
        }
    });
}

#[test]
fn a_complete_request_is_answered_however_long_it_takes() {
    let http1: &[u8] = b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n";
    let pipelined = [http1, b"GET /ord"].concat();
    let http2 = [PREFACE, SETTINGS, &http2_get("/slow", 5)].concat();
    thread::scope(|scope| {
        for request in [http1, &pipelined, &http2] {
            scope.spawn(move || {
                let mut service = Service::start(Duration::ZERO);
                let mut client = service.connect();
                client.send(request);
                thread::sleep(ms(100)); // until the server has read it
                service.health.drain();
                let text = String::from_utf8_lossy(request);
                assert!(client.read_until("slow").is_ok(), "{text:?}");
                assert!(service.ends_within(END), "{text:?}");
            });
        }
    });
}

#[test]
fn a_body_that_still_arrives_is_read_to_its_end() {
    let mut service = Service::start(Duration::ZERO);
    let mut client = service.connect();
    client.send(b"PUT /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    thread::sleep(ms(100)); // until the server has read it
    service.health.drain();
    for _ in 0..8 {
        client.send(b"3\r\ntea\r\n");
        thread::sleep(ms(300)); // a slow client
    }
    client.send(b"0\r\n\r\n");
    let answer = String::from_utf8(client.rest()).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\n24"),
        "{answer}"
    );
    assert!(service.ends_within(END));
}

#[test]
fn an_upgraded_connection_is_left_alone() {
    let mut service = Service::start(Duration::ZERO);
    let mut client = service.connect();
    client.send(b"GET /upgrade HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: words\r\n\r\n");
    let head = client.read_until("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    service.health.drain();
    assert!(service.ends_within(END));
    for pause in [ms(0), ms(1_500), ms(1_500)] {
        thread::sleep(pause); // the peer is silent
        client.send(b"tea");
        client.read_until("tea").unwrap();
    }
}

#[test]
fn an_idle_connection_is_closed_at_the_end_without_a_response() {
    let mut service = Service::start(Duration::ZERO);
    let (mut kept, mut silent) = (service.connect(), service.connect());
    kept.send(GET);
    assert!(kept.is_answered());
    service.health.drain();
    assert!(service.ends_within(ms(1_000)));
    assert_eq!((kept.rest(), silent.rest()), (vec![], vec![]));
}

// --- while it serves ---

#[test]
fn pipelined_requests_are_answered_in_order() {
    let service = Service::start(Duration::ZERO);
    let mut client = service.connect();
    let put = b"PUT /body HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\ntea";
    client.send(&[GET, put, GET, put, b"GET /ord"].concat());
    for end in ["[]", "\r\n\r\n3", "[]", "\r\n\r\n3"] {
        let answer = client.read_until(end).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    client.send(&b"ers HTTP/1.1\r\nHost: x\r\n\r\n"[..]);
    assert!(client.is_answered());
    client.0.shutdown(Shutdown::Write).unwrap();
    assert_eq!(client.rest(), b"");
}

// --- client addresses, Unix sockets, and listeners around ours ---

#[test]
fn handlers_see_the_address_of_the_client() {
    let runtime = workers(2);
    let health = runtime.block_on(async { Health::builder(Orders).drain(Duration::ZERO).start() });
    let whose = async |ConnectInfo(client): ConnectInfo<SocketAddr>| client.to_string();
    let address = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        // `tap_io` around it keeps the address.
        let listener = health
            .listener(listener)
            .tap_io(|stream| stream.socket().set_nodelay(true).unwrap());
        assert_eq!(listener.local_addr().unwrap(), address);
        let app = Router::new().route("/", get(whose));
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, app).await });
        address
    });
    let mut client = TcpStream::connect(address).unwrap();
    let own = client.local_addr().unwrap().to_string();
    client
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with(&own), "{own}: {answer}");
}

/// All clients connect while nothing accepts: their connections wait in the queue of the socket when the drain is over.
#[test]
fn a_unix_socket_loses_no_connection_that_waits_in_its_queue() {
    const CLIENTS: usize = 40;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.sock");
    let runtime = workers(1);
    let health = runtime.block_on(async { Health::builder(Orders).drain(Duration::ZERO).start() });
    let listener = {
        let _context = runtime.enter();
        health.listener(tokio::net::UnixListener::bind(&path).unwrap())
    };
    let clients: Vec<UnixStream> = (0..CLIENTS)
        .map(|_| {
            let mut client = UnixStream::connect(&path).unwrap();
            client.write_all(CLOSING).unwrap();
            client
        })
        .collect();
    health.drain();
    let orders: Router = Router::new().route("/orders", get(async || "[]"));
    let stopped = health.drain_finished();
    runtime
        .block_on(async { axum::serve(listener, orders).with_graceful_shutdown(stopped).await })
        .unwrap();
    for (index, mut client) in clients.into_iter().enumerate() {
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{index}: {answer}");
    }
    assert!(UnixStream::connect(&path).is_err(), "the socket is closed");
}

/// Like the example in the documentation of `drain_listener`. A handshake here is one byte.
struct Tls {
    plain: DrainListener,
    handshakes: JoinSet<Option<(DrainStream, SocketAddr)>>,
}

impl Listener for Tls {
    type Io = DrainStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (DrainStream, SocketAddr) {
        loop {
            tokio::select! {
                (mut plain, client) = self.plain.accept() => {
                    self.handshakes.spawn(async move {
                        let byte = tokio::time::timeout(ms(500), plain.read_u8()).await;
                        byte.ok()?.ok().map(|_| (plain, client))
                    });
                }
                Some(Ok(Some(connection))) = self.handshakes.join_next() => return connection,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.plain.local_addr()
    }
}

#[test]
fn a_client_without_a_handshake_delays_neither_other_clients_nor_the_end() {
    let runtime = workers(2);
    let health = runtime.block_on(async { Health::builder(Orders).drain(Duration::ZERO).start() });
    let (address, served) = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let tls = Tls {
            plain: health.drain_listener(listener),
            handshakes: JoinSet::new(),
        };
        let app: Router = Router::new().route("/orders", get(async || "[]"));
        let stopped = health.drain_finished();
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        let serve = axum::serve(tls.tap_io(|_| {}), app).with_graceful_shutdown(stopped);
        (address, tokio::spawn(async move { serve.await }))
    });
    let _silent = TcpStream::connect(address).unwrap();
    let mut client = TcpStream::connect(address).unwrap();
    client.write_all(&[b"!", CLOSING].concat()).unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    health.drain();
    let ended = runtime.block_on(async { tokio::time::timeout(END, served).await });
    assert!(ended.is_ok(), "it does not end");
}
