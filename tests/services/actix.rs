//! A service with actix-web, in a process of its own: a real signal ends it, and no accepted request is lost.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, web};
use health_runtime::{Flag, Health, HealthState};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The program `actix_orders`. It is killed when the test ends.
struct Service {
    child: Child,
    address: SocketAddr,
}

impl Service {
    fn start(drain: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_actix_orders"))
            .arg(drain)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let output = child.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        let address = line.trim().parse().unwrap();
        let service = Self { child, address };
        while !service.ask("/readyz").starts_with("HTTP/1.1 200") {
            thread::yield_now();
        }
        service
    }

    fn terminate(&self) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        kill(pid, Signal::SIGTERM).unwrap();
    }

    fn connect(&self) -> io::Result<Client> {
        Client::connect(self.address)
    }

    /// The answer on a connection of its own.
    fn ask(&self, path: &str) -> String {
        self.connect().unwrap().ask(path).unwrap()
    }

    fn exit_code(&mut self) -> Option<i32> {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < end, "it does not end");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        Ok(Self(BufReader::new(stream)))
    }

    fn send(&mut self, path: &str) -> io::Result<()> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        self.0.get_mut().write_all(request.as_bytes())
    }

    /// The next answer.
    fn answer(&mut self) -> io::Result<String> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.0.read_line(&mut head)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let length = head.split("content-length: ").nth(1).unwrap();
        let length = length.split("\r\n").next().unwrap().parse().unwrap();
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        Ok(head + &String::from_utf8(body).unwrap())
    }

    fn ask(&mut self, path: &str) -> io::Result<String> {
        self.send(path)?;
        self.answer()
    }
}

#[derive(Default)]
struct Tally {
    answered: AtomicUsize,
    lost: AtomicUsize,
    closing: AtomicUsize,
}

/// Sends requests until the service refuses connections. Uses each connection until the service asks to close it.
fn client(address: SocketAddr, tally: &Tally) {
    let count = |counter: &AtomicUsize| counter.fetch_add(1, Ordering::SeqCst);
    while let Ok(mut client) = Client::connect(address) {
        loop {
            let Ok(answer) = client.ask("/orders") else {
                count(&tally.lost);
                break;
            };
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            count(&tally.answered);
            if answer.contains("connection: close") {
                count(&tally.closing);
                break;
            }
        }
    }
}

#[test]
fn sigterm_under_load_loses_no_accepted_request_and_readiness_fails_first() {
    const CLIENTS: usize = 32;
    let mut answered = 0;
    let mut ends = 0;
    while answered < 100_000 {
        let mut service = Service::start("500");
        let address = service.address;
        let tally = Arc::new(Tally::default());
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let tally = Arc::clone(&tally);
                thread::spawn(move || client(address, &tally))
            })
            .collect();
        while tally.answered.load(Ordering::SeqCst) < 10_000 {
            thread::sleep(Duration::from_millis(1));
        }
        service.terminate();
        while !service.ask("/readyz").starts_with("HTTP/1.1 503") {
            thread::yield_now();
        }
        let order = service.ask("/orders");
        assert!(order.ends_with("\r\n\r\n[]"), "it goes on serving: {order}");
        assert!(order.contains("\r\nconnection: close\r\n"), "{order}");
        for client in clients {
            client.join().unwrap();
        }
        assert_eq!(service.exit_code(), Some(0));
        assert_eq!(tally.lost.load(Ordering::SeqCst), 0, "after {answered} and {ends} ends");
        assert!(tally.closing.load(Ordering::SeqCst) >= CLIENTS);
        answered += tally.answered.load(Ordering::SeqCst);
        ends += 1;
    }
    println!("{answered} accepted requests, {ends} ends, none lost");
}

/// A worker that is blocked has not read what waits for it.
#[test]
fn connections_of_a_blocked_worker_are_answered() {
    let mut service = Service::start("200");
    let mut kept = service.connect().unwrap();
    kept.ask("/orders").unwrap();
    service.terminate();
    while !service.ask("/readyz").starts_with("HTTP/1.1 503") {
        thread::yield_now();
    }
    let mut busy: Vec<_> = (0..4).map(|_| service.connect().unwrap()).collect();
    for client in &mut busy {
        client.send("/busy").unwrap();
    }
    kept.send("/orders").unwrap();
    let mut clients: Vec<_> = (0..40).map(|_| service.connect().unwrap()).collect();
    for client in &mut clients {
        client.send("/orders").unwrap();
    }
    let lost = |client: &mut Client| client.answer().is_err();
    assert_eq!(
        clients
            .iter_mut()
            .filter_map(|client| lost(client).then_some(()))
            .count(),
        0
    );
    assert!(kept.answer().unwrap().ends_with("[]"));
    for client in &mut busy {
        assert!(client.answer().unwrap().ends_with("busy"));
    }
    assert_eq!(service.exit_code(), Some(0));
}

#[test]
fn an_idle_connection_does_not_delay_the_end() {
    let mut service = Service::start("200");
    let mut idle = service.connect().unwrap();
    idle.ask("/orders").unwrap();
    service.terminate();
    let told = Instant::now();
    assert_eq!(service.exit_code(), Some(0));
    println!("it ended after {:?}", told.elapsed());
    idle.ask("/orders").unwrap_err();
    TcpStream::connect(service.address).unwrap_err();
}

// --- in this process ---

#[derive(HealthState)]
struct Shop {
    #[health_check(critical)]
    db: Flag,
}

/// The code and the body of an answer in this process. A macro, because the type of a request cannot be named.
macro_rules! asked {
    ($app:expr, $path:expr) => {{
        let request = TestRequest::with_uri($path).to_request();
        let response = call_service(&$app, request).await;
        let code = response.status().as_u16();
        (code, String::from_utf8(read_body(response).await.to_vec()).unwrap())
    }};
}

#[actix_web::test]
async fn probes_in_a_scope_are_below_its_path() {
    let db = Flag::healthy();
    let health = Health::builder(Shop { db }).start();
    let app = App::new()
        .service(web::scope("/internal").configure(health.actix()))
        .default_service(web::to(async || "the application"));
    let app = init_service(app).await;
    for path in [
        "/livez",
        "/readyz",
        "/readyz/db",
        "/readyz/d%62",
        "/startupz",
        "/health/db?exclude=x",
    ] {
        let (code, body) = asked!(app, &format!("/internal{path}"));
        assert!(code == 200 && body.contains("\"service\""), "{path}: {code} {body}");
    }
    for path in ["/readyz/", "/readyz/typo", "/readyz/d%2562", "/health/typo"] {
        let (code, body) = asked!(app, &format!("/internal{path}"));
        assert!(code == 404 && body.contains("\"error\""), "{path}: {code} {body}");
    }
    for path in ["/livez", "/internal/livezz", "/internal/live%7A", "/internal%2Flivez"] {
        assert_eq!(asked!(app, path), (200, "the application".to_owned()), "{path}");
    }
}

/// Actix asks the routes in their order.
#[actix_web::test]
async fn a_route_for_every_path_does_not_answer_probes_that_were_configured_before_it() {
    let db = Flag::healthy();
    db.set_unhealthy("down");
    let health = Health::builder(Shop { db }).start();
    let app = App::new()
        .configure(health.actix())
        .route("/{path:.*}", web::get().to(async || "index.html"));
    let app = init_service(app).await;
    let (code, body) = asked!(app, "/readyz");
    assert!(code == 503 && body.contains("\"service\""), "{code} {body}");
    assert_eq!(asked!(app, "/orders"), (200, "index.html".to_owned()));
}

/// A handler answers a probe at a path of its own.
#[actix_web::test]
async fn a_handler_can_return_the_answer_of_a_probe() {
    let db = Flag::healthy();
    let probes = Health::builder(Shop { db }).start().probes();
    let ready = move || {
        let probes = probes.clone();
        async move { probes.answer("GET", "/readyz", None).await }
    };
    let app = init_service(App::new().route("/ready", web::get().to(ready))).await;
    let (code, body) = asked!(app, "/ready");
    assert!(code == 200 && body.contains("\"name\":\"db\""), "{code} {body}");
}
