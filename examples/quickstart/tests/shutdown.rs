//! The end of the service: readiness fails first, the listener closes last, and no request is lost in between.

mod support;

use std::fmt::Debug;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use support::{Connection, Service, until};

/// `drain` of the example.
const DRAIN: Duration = Duration::from_secs(5);
/// How late something may happen on a machine that is busy with other tests.
const SLACK: Duration = Duration::from_secs(2);

const ORDER: &str = r#"{"item":"tea","quantity":2}"#;

/// The server may miss a connection that is opened less than this before the listener closes.
const CLOSING: Duration = Duration::from_millis(100);

/// What the clients have observed.
#[derive(Debug, Default)]
struct Tally {
    answered: usize,
    last_answer: Option<Instant>,
    lost: Vec<Loss>,
    /// The first refusal: the listener has closed.
    refused: Option<Instant>,
}

#[derive(Debug)]
struct Loss {
    opened: Instant,
    /// The connection had served a request before.
    reused: bool,
    /// The server has sent no byte back.
    unanswered: bool,
    what: String,
}

impl Loss {
    /// Whether this is a refusal that came a moment late. No server can prevent it: the kernel completes handshakes by
    /// itself, and when the listener closes, it resets the connections that are not accepted yet. The client has a new
    /// connection, opened while the listener was closing, and gets no byte back. (With a plain listener, axum also
    /// loses connections that it has accepted and not read from yet. `Health::listener` prevents this.)
    fn is_a_late_refusal(&self, closed: Instant) -> bool {
        self.unanswered && !self.reused && self.opened + CLOSING > closed
    }
}

impl Tally {
    fn lose(&mut self, connection: &Connection, opened: Instant, reused: bool, what: &impl Debug) {
        let (unanswered, what) = (connection.is_unanswered(), format!("reused: {reused}, {what:?}"));
        let loss = Loss {
            opened,
            reused,
            unanswered,
            what,
        };
        self.lost.push(loss);
    }
}

/// Connects. Returns `None` and notes the time if the listener has closed: the connection is then refused, or reset
/// during the handshake.
fn connect(address: SocketAddr, tally: &Mutex<Tally>) -> Option<Connection> {
    match Connection::open(address) {
        Ok(connection) => Some(connection),
        Err(error) if matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset) => {
            tally.lock().unwrap().refused.get_or_insert_with(Instant::now);
            None
        }
        Err(error) => panic!("neither accepted nor refused: {error}"),
    }
}

/// Places orders and lists them until connections are refused. With `keep_alive`, it uses a connection for as long as
/// the server keeps it, otherwise a new one each time.
fn order_until_refused(address: SocketAddr, keep_alive: bool, tally: &Mutex<Tally>) {
    let mut kept = None;
    for (method, body, expected) in [("POST", ORDER, 201), ("GET", "", 200)].into_iter().cycle() {
        let reused = kept.is_some();
        let opened = Instant::now();
        let Some(mut connection) = kept.take().or_else(|| connect(address, tally)) else {
            return;
        };
        let answer = connection.send(method, "/orders", body);
        let mut tally = tally.lock().unwrap();
        match answer {
            Ok(answer) if answer.status == expected => {
                tally.answered += 1;
                tally.last_answer = Some(Instant::now());
                kept = (keep_alive && !answer.close).then_some(connection);
            }
            other => tally.lose(&connection, opened, reused, &other),
        }
    }
}

/// Calls a probe on new connections until they are refused. Returns each status with the time of the answer.
fn probe_until_refused(address: SocketAddr, path: &str, tally: &Mutex<Tally>) -> Vec<(Instant, u16)> {
    let mut answers = Vec::new();
    loop {
        let opened = Instant::now();
        let Some(mut connection) = connect(address, tally) else {
            return answers;
        };
        match connection.send("GET", path, "") {
            Ok(answer) => answers.push((Instant::now(), answer.status)),
            error => tally.lock().unwrap().lose(&connection, opened, false, &error),
        }
        thread::sleep(Duration::from_millis(2)); // the pace of a prober; the test does not depend on it
    }
}

#[test]
fn sigterm_under_load_loses_no_request() {
    let tally = &Mutex::new(Tally::default());
    thread::scope(|scope| {
        // Inside of the scope: if an assertion fails, the service ends, and then the clients end too.
        let mut service = Service::start();
        let address = service.address;

        let mut late = Connection::open(address).unwrap();
        let mut idle = Connection::open(address).unwrap();
        for connection in [&mut late, &mut idle] {
            let answer = connection.send("GET", "/orders", "").unwrap();
            assert!(!answer.close, "before the drain connections are kept");
        }
        let silent = Connection::open(address).unwrap();
        let clients = [true, true, false, false]
            .map(|keep_alive| scope.spawn(move || order_until_refused(address, keep_alive, tally)));
        let readiness = scope.spawn(move || probe_until_refused(address, "/readyz", tally));
        let liveness = scope.spawn(move || probe_until_refused(address, "/livez", tally));
        until("load", || tally.lock().unwrap().answered >= 200);

        let told = Instant::now();
        service.signal(Signal::SIGTERM);
        until("half of the drain", || told.elapsed() > DRAIN / 2);
        let answer = late.send("GET", "/orders", "").unwrap();
        assert_eq!(
            (answer.status, answer.close),
            (200, true),
            "a connection that was idle is served, and then closed"
        );
        let status = service.wait();
        let took = told.elapsed();

        assert_eq!(status.code(), Some(0), "{status}");
        assert!((DRAIN..DRAIN + SLACK).contains(&took), "it took {took:?}");
        assert_eq!(
            idle.wait_for_end().unwrap(),
            b"",
            "an idle connection is closed without a response"
        );
        assert_eq!(
            silent.wait_for_end().unwrap(),
            b"",
            "so is a connection without a request"
        );

        let (readiness, liveness) = (readiness.join().unwrap(), liveness.join().unwrap());
        assert!(
            liveness.iter().all(|(_, status)| *status == 200),
            "liveness passes to the end"
        );
        let failing = readiness
            .iter()
            .position(|(_, status)| *status == 503)
            .expect("readiness fails");
        let noticed = readiness[failing].0.duration_since(told);
        assert!(
            noticed < Duration::from_millis(100),
            "readiness failed after {noticed:?}"
        );
        assert!(readiness[..failing].iter().all(|(_, status)| *status == 200));
        assert!(
            readiness[failing..].iter().all(|(_, status)| *status == 503),
            "a drain is never reverted"
        );

        for client in clients {
            client.join().unwrap();
        }
        let tally = tally.lock().unwrap();
        let closed = tally.refused.expect("the clients are refused in the end");
        let accepting = closed.duration_since(told);
        assert!(accepting >= DRAIN, "a connection was refused after {accepting:?}");
        let lost = tally.lost.iter().filter(|loss| !loss.is_a_late_refusal(closed));
        let lost: Vec<_> = lost
            .map(|loss| (loss.opened.saturating_duration_since(told), &loss.what))
            .collect();
        assert!(
            lost.is_empty(),
            "{} requests were answered, these were lost: {lost:#?}",
            tally.answered
        );
        let served = tally.last_answer.unwrap().duration_since(told);
        assert!(served + CLOSING > DRAIN, "orders were accepted for only {served:?}");
    });
}

#[test]
fn sigint_ends_at_once() {
    let mut service = Service::start();
    let idle = Connection::open(service.address).unwrap();
    let told = Instant::now();
    service.signal(Signal::SIGINT);
    assert_eq!(service.wait().code(), Some(0));
    assert!(told.elapsed() < SLACK, "it took {:?}", told.elapsed());
    assert_eq!(idle.wait_for_end().unwrap(), b"");
}

#[test]
fn a_second_sigterm_ends_the_drain() {
    let mut service = Service::start();
    service.signal(Signal::SIGTERM);
    until("drain", || service.get("/readyz").unwrap().status == 503);
    std::thread::sleep(Duration::from_millis(1_050)); // within a second, it would count as the same signal
    let told = Instant::now();
    service.signal(Signal::SIGTERM);
    assert_eq!(service.wait().code(), Some(0));
    assert!(told.elapsed() < SLACK, "it took {:?}", told.elapsed());
}

#[test]
fn a_hanging_payments_provider_does_not_delay_the_end() {
    let mut service = Service::start();
    service.payments("hang");
    until("timeout", || {
        service.get("/readyz").unwrap().body.contains(r#""reason":"timeout""#)
    });
    let told = Instant::now();
    service.signal(Signal::SIGINT);
    assert_eq!(service.wait().code(), Some(0));
    assert!(told.elapsed() < SLACK, "it took {:?}", told.elapsed());
}
