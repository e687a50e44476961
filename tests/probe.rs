//! The client for a `HEALTHCHECK`, as a process: its exit code, and the line that it prints.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use health_runtime::{Flag, HealthState};
use health_tests::{serve, settled};
use tokio::net::TcpSocket;

/// Nothing takes this long, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// The timeout of a client that must not need it.
const LONG: &str = "20000";

/// The timeout of a client that needs it.
const SHORT: &str = "1000";

/// The exit code, and what was printed to standard error.
#[derive(Debug, PartialEq)]
struct Ended(Option<i32>, String);

fn client(timeout: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_probe"));
    command.env("TIMEOUT_MS", timeout);
    command
}

/// Waits until the client has ended.
fn ended(command: &mut Command) -> Ended {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut child = wait(child);
    let code = child.try_wait().unwrap().and_then(|status| status.code());
    let (mut output, mut error) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
    assert_eq!(output, "");
    let is_plain = |line: &str| line.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    assert!(error.lines().count() <= 1 && error.lines().all(is_plain), "{error}");
    assert!(error.len() < 1_000, "{error}");
    assert_eq!(error.is_empty(), code == Some(0), "{code:?} {error}");
    Ended(code, error.trim_end().to_owned())
}

fn wait(mut child: Child) -> Child {
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if began.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("the client does not end");
        }
        thread::sleep(Duration::from_millis(2));
    }
    child
}

fn ask(url: &str, timeout: &str) -> Ended {
    ended(client(timeout).arg(url))
}

fn passes(url: &str) {
    assert_eq!(ask(url, LONG), Ended(Some(0), String::new()), "{url}");
}

/// Asserts that the probe fails, and that the line contains this text.
fn fails(url: &str, timeout: &str, text: &str) {
    let Ended(code, line) = ask(url, timeout);
    assert_eq!(code, Some(1), "{line}");
    assert!(line.contains(text), "expected {text:?} in {line:?}");
}

/// Calls this for each connection. The connection is open until the call returns.
fn server_at(address: &str, answer: impl Fn(TcpStream) + Send + Sync + Clone + 'static) -> SocketAddr {
    let listener = TcpListener::bind(address).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let answer = answer.clone();
            thread::spawn(move || answer(stream.unwrap()));
        }
    });
    address
}

fn server(answer: impl Fn(TcpStream) + Send + Sync + Clone + 'static) -> String {
    format!("http://{}/livez", server_at("127.0.0.1:0", answer))
}

/// Reads the head of the request.
fn head(stream: &mut TcpStream) -> String {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count > 0) {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// Answers each request with these bytes, and closes the connection.
fn answers(bytes: &'static [u8]) -> String {
    server(move |mut stream| {
        head(&mut stream);
        let _ = stream.write_all(bytes);
    })
}

/// Reads the request, and waits until the client has closed the connection.
fn hold(mut stream: TcpStream) {
    head(&mut stream);
    let _ = stream.read(&mut [0]);
}

/// Sends these bytes again and again, until the client has closed the connection.
fn repeat(mut stream: TcpStream, bytes: &[u8], pause: Duration) {
    while stream.write_all(bytes).is_ok() {
        thread::sleep(pause);
    }
}

#[derive(Clone, HealthState)]
struct App {
    #[health_check(critical)]
    db: Flag,
    #[health_check]
    cache: Flag,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_of_ours_passes_or_fails_and_the_line_says_why() {
    let app = App {
        db: Flag::healthy(),
        cache: Flag::healthy(),
    };
    let health = app.start_health();
    let router: Router = health.router();
    let url = format!("http://{}", serve(router.clone()).await);
    let ready = format!("{url}/readyz");
    settled(&router, "/readyz", 200, "healthy").await;
    passes(&ready);

    app.cache.set_unhealthy("gone");
    settled(&router, "/readyz", 200, "degraded").await;
    passes(&ready);

    app.db.set_unhealthy("gone");
    settled(&router, "/readyz", 503, "unhealthy").await;
    fails(&ready, LONG, "503: unhealthy (db: reported)");
    passes(&format!("{ready}?exclude=db"));
    passes(&format!("{url}/livez"));
    fails(&format!("{url}/readyz/bd"), LONG, "404: no such check in this probe");

    health.drain();
    app.db.set_healthy();
    settled(&router, "/readyz/cache", 503, "unhealthy").await;
    fails(&format!("{ready}?exclude=db"), LONG, "503: unhealthy (draining)");
    passes(&format!("{url}/livez"));
}

/// An address at which nothing listens, and that nobody else can take while the socket exists.
fn refusing() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

#[test]
fn a_refused_connection_fails_and_each_address_is_named() {
    let (_socket, address) = refusing();
    let port = address.port();
    fails(
        &format!("http://localhost:{port}/"),
        LONG,
        &format!("cannot connect: 127.0.0.1:{port}: "),
    );
    fails(&format!("http://localhost:{port}/"), LONG, &format!("; [::1]:{port}: "));
}

#[test]
fn a_server_that_hangs_fails_at_the_timeout() {
    fails(&server(hold), SHORT, "no answer within 1000 ms");
}

#[test]
fn a_server_that_closes_without_an_answer_fails() {
    fails(&answers(b""), LONG, "closed the connection without an answer");
}

#[test]
fn a_server_that_trickles_its_answer_fails_at_the_timeout() {
    let url = server(|mut stream| {
        head(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 ");
        repeat(stream, b"O", Duration::from_millis(10));
    });
    fails(&url, SHORT, "no answer within 1000 ms");
}

#[test]
fn a_body_that_never_ends_does_not_hold_the_probe() {
    for pause in [Duration::ZERO, Duration::from_millis(10)] {
        let endless = move |code: &'static str| {
            server(move |mut stream| {
                head(&mut stream);
                let _ = write!(stream, "HTTP/1.1 {code}\r\n\r\n");
                repeat(stream, &[b' '; 1024], pause);
            })
        };
        passes(&endless("200 OK"));
        assert_eq!(
            ask(&endless("503 Service Unavailable"), "2000"),
            Ended(Some(1), "503".into())
        );
    }
}

#[test]
fn a_huge_head_does_not_hold_the_probe() {
    let huge = |code: &'static str| {
        server(move |mut stream| {
            head(&mut stream);
            let _ = write!(stream, "HTTP/1.1 {code}\r\nX: ");
            repeat(stream, &[b'x'; 1024], Duration::ZERO);
        })
    };
    passes(&huge("200 OK"));
    assert_eq!(
        ask(&huge("503 Service Unavailable"), LONG),
        Ended(Some(1), "503".into())
    );
}

#[test]
fn a_code_from_200_to_299_passes_and_any_other_fails() {
    for (code, is_success) in [
        (200, true),
        (204, true),
        (299, true),
        (101, false),
        (300, false),
        (302, false),
        (399, false),
        (404, false),
        (429, false),
        (500, false),
        (503, false),
        (999, false),
    ] {
        let url = server(move |mut stream| {
            head(&mut stream);
            let _ = write!(stream, "HTTP/1.1 {code} x\r\nLocation: http://127.0.0.1:1/\r\n\r\n");
        });
        let Ended(exit, line) = ask(&url, LONG);
        assert_eq!(exit, Some(i32::from(!is_success)), "{code}");
        assert!(is_success || line.starts_with(&code.to_string()), "{code}: {line}");
    }
    fails(&answers(b"HTTP/1.0 302\n\n"), LONG, "302: redirects are not followed");
}

#[test]
fn interim_answers_are_skipped() {
    passes(&answers(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    ));
    let not_ready =
        b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 503 x\r\nContent-Length: 22\r\n\r\n{\"status\":\"unhealthy\"}";
    fails(&answers(not_ready), LONG, "503: unhealthy");
    fails(&answers(b"HTTP/1.1 100 Continue\r\n\r\n"), LONG, "without an answer");
    let endless = server(|stream| repeat(stream, b"HTTP/1.1 100 Continue\r\n\r\n", Duration::from_millis(1)));
    fails(&endless, SHORT, "no answer within 1000 ms");
}

#[test]
fn what_is_not_http_fails_and_is_shown_escaped() {
    for (bytes, text) in [
        (
            &b"SSH-2.0-OpenSSH_9.2\r\n"[..],
            "not HTTP/1.1: `SSH-2.0-OpenSSH_9.2\\r\\n`",
        ),
        (b"\0\0\x12\x04\0\0\0\0\0", "not HTTP/1.1: `\\u{0}\\u{0}\\u{12}"),
        (b"HTTP/2 200\r\n", "not HTTP/1.1: `HTTP/2 200"),
        (b"HTTP/1.1 OK\r\n\r\n", "not HTTP/1.1"),
        (b"HTTP/1.1 20\r\n\r\n", "not HTTP/1.1"),
        (b"HTTP/1.1 200", "not HTTP/1.1"),
        (b"HTT", "not HTTP/1.1"),
        (b"\x1b[2J\xff\xfe", "\\u{1b}[2J\\u{fffd}"),
        (b"\n\n\n", "`\\n\\n\\n`"),
    ] {
        fails(&answers(bytes), LONG, text);
    }
    // Without an end of the line, and without the end of the connection.
    let endless = server(|stream| repeat(stream, &[b'x'; 1024], Duration::ZERO));
    fails(&endless, LONG, "not HTTP/1.1: `xxxx");
    let endless = server(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 ");
        repeat(stream, &[b'x'; 1024], Duration::ZERO);
    });
    fails(&endless, LONG, "not HTTP/1.1: `HTTP/1.1 200 xxx");
}

#[test]
fn a_body_from_outside_is_shown_escaped_and_bounded() {
    let url = server(|mut stream| {
        head(&mut stream);
        let name = "\\u001b[31m\\n\u{202e}".repeat(200);
        let check = format!(r#"{{"name":"{name}","status":"unhealthy","reason":"{name}"}}"#);
        let body = format!(r#"{{"status":"{name}","checks":[{}]}}"#, vec![check; 10].join(","));
        let _ = write!(stream, "HTTP/1.1 503 x\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let _ = stream.read(&mut [0]); // the connection stays open: the length says where the body ends
    });
    // The helper asserts that the line is short and plain.
    fails(&url, LONG, "503: \\u{1b}[31m\\n\\u{202e}");
}

#[test]
fn a_body_that_is_not_ours_is_not_shown() {
    for answer in [
        &b"HTTP/1.1 503 x\r\n\r\nnot ready"[..],
        b"HTTP/1.1 503 x\r\nContent-Length: 1000\r\n\r\n{\"status\":\"unhealthy\"",
        b"HTTP/1.1 503 x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 503 x\r\n\r\n[[[[[[[[[[[[",
    ] {
        assert_eq!(ask(&answers(answer), LONG), Ended(Some(1), "503".into()));
    }
}

#[test]
fn tls_is_a_clear_error() {
    fails(
        "https://localhost:3000/livez",
        LONG,
        "https is not supported; probe a port",
    );
    // The alert with which rustls answers a request in plain text, and one of an older version of TLS.
    fails(&answers(b"\x15\x03\x03\x00\x02\x02\x32"), LONG, "the port expects TLS");
    fails(&answers(b"\x15\x03\x01\x00\x02\x02\x46"), LONG, "the port expects TLS");
}

#[test]
fn a_real_tls_server_is_a_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    let (key, certificate) = (folder.path().join("key"), folder.path().join("certificate"));
    let mut request = Command::new("openssl");
    request.args([
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=localhost",
        "-keyout",
    ]);
    request.arg(&key).arg("-out").arg(&certificate).stderr(Stdio::null());
    if !request.status().is_ok_and(|status| status.success()) {
        eprintln!("skipped: there is no `openssl` to serve TLS with");
        return;
    }
    let mut server = Command::new("openssl");
    server
        .args(["s_server", "-accept", "127.0.0.1:0", "-key"])
        .arg(&key)
        .arg("-cert")
        .arg(&certificate);
    let server = server
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut server = server.spawn().unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let address = lines.find_map(|line| line.strip_prefix("ACCEPT ").map(str::to_owned));
    let ended = ask(
        &format!("http://{}/livez", address.expect("it prints its address")),
        LONG,
    );
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!(ended.0, Some(1));
    assert!(
        ended
            .1
            .contains("if the port expects TLS, probe one that serves plain HTTP"),
        "{ended:?}"
    );
}

#[test]
fn an_ipv6_address_is_asked_and_localhost_means_both() {
    if TcpListener::bind("[::1]:0").is_err() {
        eprintln!("skipped: this machine has no IPv6 loopback");
        return;
    }
    // The same port of 127.0.0.1 is taken, and nothing listens there.
    let (_socket, refusing) = refusing();
    let (request, requests) = channel();
    let address = server_at(&format!("[::1]:{}", refusing.port()), move |mut stream| {
        request.send(head(&mut stream)).unwrap();
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
    });
    passes(&format!("http://{address}/livez"));
    assert!(requests.recv().unwrap().contains(&format!("\r\nHost: {address}\r\n")));
    passes(&format!("http://localhost:{}/livez", address.port()));
}

/// A server that answers 200, and the requests that it gets.
fn recorder() -> (SocketAddr, Receiver<String>) {
    let (request, requests) = channel();
    let address = server_at("127.0.0.1:0", move |mut stream| {
        let _ = request.send(head(&mut stream));
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
    });
    (address, requests)
}

#[test]
fn the_request_is_a_plain_get_that_ends_the_connection() {
    let (address, requests) = recorder();
    passes(&format!("http://{address}/readyz?exclude=a&exclude=b#here"));
    let request = requests.recv().unwrap();
    let mut lines = request.lines();
    assert_eq!(lines.next(), Some("GET /readyz?exclude=a&exclude=b HTTP/1.1"));
    let headers: Vec<&str> = lines.collect();
    for header in [&*format!("Host: {address}"), "Connection: close", "Accept: */*"] {
        assert!(headers.contains(&header), "{header} in {request}");
    }
    assert!(
        headers
            .iter()
            .any(|header| header.starts_with("User-Agent: health-runtime/"))
    );
}

#[test]
fn no_proxy_is_used() {
    let (proxy, requests) = recorder();
    let (_socket, address) = refusing();
    let refused = format!("http://{address}/");
    let mut command = client(LONG);
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        command.env(name, format!("http://{proxy}"));
    }
    assert_eq!(ended(command.arg(refused)).0, Some(1));
    assert!(requests.try_recv().is_err());
}

#[test]
fn an_application_that_is_asked_exits_with_the_code_and_another_one_goes_on() {
    let (address, requests) = recorder();
    let default = format!("http://{address}/livez");
    let asked = |arguments: &[&str]| ended(client(LONG).env("DEFAULT_URL", &default).args(arguments));
    let passed = Ended(Some(0), String::new());
    assert_eq!(asked(&["--probe"]), passed);
    assert!(requests.recv().unwrap().starts_with("GET /livez "));
    assert_eq!(asked(&["--probe", &format!("http://{address}/readyz")]), passed);
    assert!(requests.recv().unwrap().starts_with("GET /readyz "));
    let many = asked(&["--probe", &default, "x"]);
    assert_eq!(many, Ended(Some(1), "`--probe` takes one URL at most".into()));
    assert!(requests.try_recv().is_err());

    let output = client(LONG).env("DEFAULT_URL", &default).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "the service runs\n");
}

#[test]
fn a_url_that_cannot_be_asked_fails_with_1_and_never_with_2() {
    for url in [
        "",
        "localhost:3000",
        "http://",
        "http://localhost:x/",
        "http://a:b@c/",
        "--prob",
    ] {
        assert_eq!(ask(url, LONG).0, Some(1), "{url}");
    }
}

#[test]
fn the_code_is_1_even_if_nobody_reads_the_line() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let child = client(LONG).arg("nonsense").stderr(writer).spawn().unwrap();
    assert_eq!(wait(child).wait().unwrap().code(), Some(1));
}
