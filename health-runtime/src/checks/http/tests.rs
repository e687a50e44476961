//! Against a server of a few lines, which answers each connection with the next of its answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::*;
use crate::Reason;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/// What the server does with a request.
#[derive(Clone, Copy)]
enum Answer {
    Bytes(&'static str),
    /// The head, and this many bytes of `x` before the text.
    Long(usize, &'static str),
    /// Sends what there is, and then nothing more, but keeps the connection.
    Hang(&'static str),
    /// Closes the connection without an answer.
    Close,
    /// Answers, and closes the connection only when the next request arrives.
    CloseLater(&'static str),
}

struct Server {
    url: String,
    requests: mpsc::UnboundedReceiver<String>,
    connections: Arc<AtomicUsize>,
}

/// Answers the requests of all connections in this order, and then with the last answer.
async fn server(answers: &[Answer]) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let (sender, requests) = mpsc::unbounded_channel();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    let answers: Arc<[Answer]> = answers.into();
    let next = Arc::new(AtomicUsize::new(0));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let (answers, next, sender) = (Arc::clone(&answers), Arc::clone(&next), sender.clone());
            tokio::spawn(async move { serve(stream, &answers, &next, &sender).await });
        }
    });
    Server {
        url,
        requests,
        connections,
    }
}

async fn serve(
    mut stream: TcpStream,
    answers: &[Answer],
    next: &AtomicUsize,
    requests: &mpsc::UnboundedSender<String>,
) -> Option<()> {
    loop {
        let request = head(&mut stream).await?;
        let index = next.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
        requests.send(request).ok()?;
        match answers[index] {
            Answer::Bytes(bytes) => stream.write_all(bytes.as_bytes()).await.ok()?,
            Answer::Long(filler, text) => {
                let length = filler + text.len();
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
                let bytes = format!("{head}{}{text}", "x".repeat(filler));
                stream.write_all(bytes.as_bytes()).await.ok()?;
            }
            Answer::Hang(bytes) => {
                stream.write_all(bytes.as_bytes()).await.ok()?;
                std::future::pending::<()>().await;
            }
            Answer::Close => return None,
            Answer::CloseLater(bytes) => {
                stream.write_all(bytes.as_bytes()).await.ok()?;
                head(&mut stream).await?;
                return None;
            }
        }
    }
}

/// The next request, which has no body. `None` if the client has closed the connection.
async fn head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}

fn get(server: &Server) -> HttpBuilder {
    Http::get(&server.url)
}

async fn outcome(builder: HttpBuilder) -> Outcome {
    let check = builder.build().expect("it is valid");
    check.check().await.expect("the server answers")
}

async fn error(builder: HttpBuilder) -> String {
    let check = builder.build().expect("it is valid");
    check.check().await.expect_err("it fails").to_string()
}

fn problem(builder: HttpBuilder) -> String {
    builder.build().expect_err("it is not valid").to_string()
}

#[tokio::test]
async fn an_answer_has_the_result_of_its_status_and_its_details() {
    for (answer, status, reason, code) in [
        (OK, Status::Healthy, None, 200.0),
        (
            "HTTP/1.0 404 Not Found\r\ncontent-length: 0\r\n\r\n",
            Status::Degraded,
            Some(Reason::Reported),
            404.0,
        ),
        (
            "HTTP/1.1 503 Away\r\ncontent-length: 0\r\n\r\n",
            Status::Unhealthy,
            Some(Reason::Reported),
            503.0,
        ),
    ] {
        let outcome = outcome(get(&server(&[Answer::Bytes(answer)]).await)).await;
        assert_eq!((outcome.status(), outcome.reason()), (status, reason));
        let [status, version] = outcome.details() else {
            panic!("{outcome:?}")
        };
        assert_eq!((&*status.name, status.value.as_f64()), ("status", Some(code)));
        assert_eq!(&*version.name, "http_version");
        assert_eq!(version.value.as_str(), Some(&answer[..8]));
    }
}

#[tokio::test]
async fn what_a_status_means_can_be_changed() {
    let away = [Answer::Bytes("HTTP/1.1 503 Away\r\ncontent-length: 0\r\n\r\n")];
    let server = server(&away).await;
    let expected = outcome(get(&server).expect_status(503..=503)).await;
    assert_eq!(expected.status(), Status::Healthy);
    let ruled = outcome(get(&server).on_status(500.., Status::Degraded)).await;
    assert_eq!(ruled.status(), Status::Degraded);
    assert_eq!(ruled.message(), Some("the server answered 503 Service Unavailable"));
}

#[tokio::test]
async fn the_request_to_a_probe_says_so_and_any_failure_of_it_is_unhealthy() {
    let not_found = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
    let mut server = server(&[Answer::Bytes(OK), Answer::Bytes(not_found)]).await;
    let probe = Http::probe(format!("{}/readyz?group=core", server.url))
        .build()
        .expect("it is valid");
    assert!(probe.asks_probe());
    assert_eq!(probe.check().await.expect("an answer").status(), Status::Healthy);
    let request = server.requests.recv().await.expect("a request");
    assert!(
        request.starts_with("GET /readyz?group=core&hops=1 HTTP/1.1\r\n"),
        "{request}"
    );
    assert_eq!(probe.check().await.expect("an answer").status(), Status::Unhealthy);
    assert!(!get(&server).build().expect("it is valid").asks_probe());
}

#[tokio::test]
async fn the_request_has_the_headers_that_were_set() {
    let mut server = server(&[Answer::Bytes(OK)]).await;
    let url = format!("{}/a?b=c#d", server.url).replace("://", "://user:HUNTER2@");
    let builder = Http::get(url).method("OPTIONS");
    let builder = builder
        .header("X-Tenant", "a")
        .header("x-tenant", "b")
        .header("user-agent", "mine");
    outcome(builder).await;
    let request = server.requests.recv().await.expect("a request");
    assert!(request.starts_with("OPTIONS /a?b=c HTTP/1.1\r\n"), "{request}");
    for line in [
        "x-tenant: a",
        "x-tenant: b",
        "user-agent: mine",
        "cache-control: no-cache",
        "accept: */*",
        "authorization: Basic dXNlcjpIVU5URVIy",
    ] {
        assert!(
            request.contains(&format!("\r\n{line}\r\n")),
            "{line} is not in {request}"
        );
    }
    assert_eq!(request.matches("user-agent").count(), 1, "{request}");
    let plain = get(&server);
    outcome(plain).await;
    let request = server.requests.recv().await.expect("a request");
    let agent = format!("user-agent: health-runtime/{}\r\n", env!("CARGO_PKG_VERSION"));
    assert!(request.contains(&agent), "{request}");
    assert!(!request.contains("accept-encoding"), "{request}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let to = "HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n";
    let mut server = server(&[Answer::Bytes(to), Answer::Bytes(OK)]).await;
    let moved = outcome(get(&server).expect_status(..300)).await;
    assert_eq!(moved.message(), Some("the server answered 302 Found"));
    server.requests.recv().await.expect("one request");
    assert!(server.requests.try_recv().is_err(), "and not two");
}

#[tokio::test]
async fn the_body_is_searched_for_the_text_but_not_shown() {
    let hello = "HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{\"ok\":\"yes\"}";
    let server = server(&[Answer::Bytes(hello)]).await;
    let found = outcome(get(&server).expect_body_contains("\"yes\"}")).await;
    assert_eq!(found.status(), Status::Healthy);
    let missing = outcome(get(&server).expect_body_contains("\"no\"")).await;
    assert_eq!(
        (missing.status(), missing.reason()),
        (Status::Unhealthy, Some(Reason::Reported))
    );
    assert_eq!(
        missing.message(),
        Some("the body, of 12 bytes, does not contain the expected text")
    );
    assert_eq!(missing.details().len(), 2);
}

#[tokio::test]
async fn at_most_64_kib_of_the_body_are_read() {
    let server = server(&[
        Answer::Long(BODY - 4, "text"),
        Answer::Long(BODY - 3, "text"),
        Answer::Long(BODY * 10, "text"),
    ])
    .await;
    let check = get(&server).expect_body_contains("text").build().expect("it is valid");
    let messages = [check.check().await, check.check().await, check.check().await]
        .map(|result| result.expect("the server answers").message().map(str::to_owned));
    let too_long = Some("the first 64 KiB of the body do not contain the expected text".to_owned());
    assert_eq!(messages, [None, too_long.clone(), too_long]);
}

#[tokio::test]
async fn a_text_that_arrives_in_pieces_is_found_before_the_body_ends() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nt\r\n2\r\nex\r\n1\r\nt\r\n";
    let server = server(&[Answer::Hang(head)]).await;
    let found = outcome(get(&server).expect_body_contains("text")).await;
    assert_eq!(found.status(), Status::Healthy);
}

#[tokio::test]
async fn a_body_is_not_read_unless_a_text_is_expected_in_it() {
    let unhealthy = "HTTP/1.1 500 Oh\r\ncontent-length: 10\r\n\r\n";
    let healthy = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n";
    let server = server(&[Answer::Hang(healthy), Answer::Hang(unhealthy)]).await;
    assert_eq!(outcome(get(&server)).await.status(), Status::Healthy);
    let text = outcome(get(&server).expect_body_contains("text")).await;
    assert_eq!(text.message(), Some("the server answered 500 Internal Server Error"));
}

#[tokio::test]
async fn a_failure_has_its_true_cause_and_not_the_url() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    drop(listener);
    let refused = std::net::TcpStream::connect(address).unwrap_err();
    let found = error(Http::get(format!("http://u:HUNTER2@{address}/HUNTER2"))).await;
    assert_eq!(found, format!("cannot connect: {refused}"));

    let unknown = "x".repeat(64);
    let found = error(Http::get(format!("http://{unknown}/HUNTER2"))).await;
    assert!(found.starts_with(&format!("`{unknown}` does not resolve: ")), "{found}");

    let mut closes = server(&[Answer::Close]).await;
    let found = error(get(&closes)).await;
    assert_eq!(
        found,
        "connected, but no answer: connection closed before message completed"
    );
    closes.requests.recv().await.expect("one request");
    assert!(
        closes.requests.try_recv().is_err(),
        "on a new connection, it is not repeated"
    );

    let no_http = server(&[Answer::Bytes("220 mail.example.com\r\n\r\n")]).await;
    let found = error(get(&no_http)).await;
    assert!(found.starts_with("connected, but no answer: invalid HTTP"), "{found}");

    let truncated = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz";
    let truncated = server(&[Answer::Bytes(truncated)]).await;
    let found = error(get(&truncated).expect_body_contains("x")).await;
    assert!(found.starts_with("the body ended early: "), "{found}");
}

#[tokio::test]
async fn a_wait_that_is_too_long_is_reported_with_what_it_waited_for() {
    let hangs = server(&[Answer::Hang("")]).await;
    let body = server(&[Answer::Hang("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab")]).await;
    // A server that listens but never accepts a TLS connection.
    let tls = hangs.url.replace("http:", "https:");
    let answer = error(get(&hangs));
    let body = error(get(&body).expect_body_contains("c"));
    let tls = error(Http::get(tls));
    let (answer, body, tls) = tokio::join!(answer, body, tls);
    assert_eq!(answer, "connected, but no answer within 1000 ms");
    assert_eq!(
        body,
        "the server answered, but the expected text is not in the part of the body received within 1000 ms"
    );
    assert_eq!(tls, "no TCP and TLS connection within 1000 ms");
}

#[tokio::test]
async fn a_connection_is_kept_and_a_closed_one_is_replaced_without_a_failure() {
    let server = server(&[Answer::Bytes(OK), Answer::CloseLater(OK), Answer::Bytes(OK)]).await;
    let check = get(&server).build().expect("it is valid");
    for connections in [1, 1, 2] {
        check.clone().check().await.expect("it answers");
        assert_eq!(server.connections.load(Ordering::SeqCst), connections);
    }
}

#[tokio::test]
async fn a_request_that_may_change_something_is_not_repeated() {
    let server = server(&[Answer::CloseLater(OK), Answer::Bytes(OK)]).await;
    let check = get(&server).method("POST").build().expect("it is valid");
    check.check().await.expect("it answers");
    check.check().await.expect_err("the server has closed the connection");
}

#[tokio::test]
async fn a_name_with_several_addresses_is_connected_to_at_one_that_accepts() {
    let server = server(&[Answer::Bytes(OK)]).await;
    let url = server.url.replace("127.0.0.1", "localhost");
    assert_eq!(outcome(Http::get(url)).await.status(), Status::Healthy);
}

/// The variable is set for a second process, because setting it for this one would need unsafe code.
#[tokio::test]
async fn a_proxy_from_the_environment_is_ignored() {
    const NAME: &str = "checks::http::tests::a_proxy_from_the_environment_is_ignored";
    if std::env::var_os("HTTP_PROXY").is_none() {
        let tests = std::env::current_exe().expect("the tests have a file");
        let mut process = std::process::Command::new(tests);
        process.args(["--exact", NAME]).env("HTTP_PROXY", "http://127.0.0.1:1");
        let output = process.output().expect("it starts");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
        return;
    }
    let server = server(&[Answer::Bytes(OK)]).await;
    assert_eq!(outcome(get(&server)).await.status(), Status::Healthy);
}

#[test]
fn what_cannot_work_is_refused_when_the_check_is_built() {
    let valid = || Http::get("http://localhost");
    for (builder, hint) in [
        (Http::get("localhost/HUNTER2"), "the URL is not valid"),
        (Http::get("ftp://localhost/HUNTER2"), "neither `http` nor `https`"),
        (valid().method("G T"), "write it like `HEAD`"),
        (valid().header("a b", "HUNTER2"), "name of a header"),
        (valid().header("a", "HUNTER2\n"), "header `a`"),
        (valid().expect_status(..100), "`200..=204`"),
        (valid().on_status(1000.., Status::Healthy), "`200..=204`"),
        (valid().expect_body_contains(""), "is empty"),
        (valid().expect_body_contains("x".repeat(BODY + 1)), "longer than 64 KiB"),
        (valid().expect_body_contains("x").method("HEAD"), "use GET"),
        (valid().root_certificate("HUNTER2"), "BEGIN CERTIFICATE"),
        (valid().client_identity("HUNTER2"), "client identity has no certificate"),
        // The first mistake is the one that is reported.
        (valid().expect_status(..1).method(""), "`200..=204`"),
        (valid().method("").expect_status(..1), "write it like `HEAD`"),
        (
            Http::get("ftp://a").method("").expect_status(..1),
            "neither `http` nor `https`",
        ),
    ] {
        let problem = problem(builder);
        assert!(problem.contains(hint), "{problem}");
        assert!(!problem.contains("HUNTER2"), "{problem}");
    }
    valid().build().expect("it is valid");
}

#[test]
fn debug_shows_no_secret() {
    let builder = Http::get("http://u:HUNTER2@localhost/HUNTER2").header("a", "HUNTER2");
    let shown = format!("{builder:?}");
    let check = builder.build().expect("it is valid");
    let shown = format!("{shown} {check:?} {:?}", check.inner.headers);
    assert!(
        shown.matches("localhost").count() == 2 && !shown.contains("HUNTER2"),
        "{shown}"
    );
}
