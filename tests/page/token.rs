//! The form in which a browser gives the token of the internal port.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use axum::Router;
use health_page::Browser;
use health_runtime::{CheckSpec, Flag, Health, Probe};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

const TOKEN: &str = "Zm9v+YmFy/YmF6cXV4-0123456789==";
const PATIENCE: Duration = Duration::from_secs(20);

/// The token as a form sends it.
const ENCODED: &str = "Zm9v%2BYmFy%2FYmF6cXV4-0123456789%3D%3D";

fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

/// A guarded service. Its page is at `/health/all`.
fn health() -> Health {
    Health::builder(())
        .name("orders")
        .check(CheckSpec::new("warehouse"), Flag::healthy())
        .paths(Probe::Health, ["/health/all"])
        .internal_token(TOKEN)
        .start()
}

fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn post(address: SocketAddr, form: &str) -> String {
    let length = form.len();
    let head = "POST /login HTTP/1.1\r\nhost: x\r\nconnection: close\r\naccept: text/html\r\n";
    let kind = "content-type: application/x-www-form-urlencoded\r\n";
    ask(address, &format!("{head}{kind}content-length: {length}\r\n\r\n{form}"))
}

/// The internal port, and the internal router behind axum.
fn both(health: &Health) -> [SocketAddr; 2] {
    let port = health.serve_internal("127.0.0.1:0").unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let router = listener.local_addr().unwrap();
    let listener = TcpListener::from_std(listener).unwrap();
    let app: Router = health.internal_router();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    [port, router]
}

#[test]
fn the_right_token_gets_a_cookie_that_no_script_and_no_other_site_can_use() {
    let runtime = runtime();
    let _guard = runtime.enter();
    let health = health();
    for address in both(&health) {
        let answer = post(address, &format!("token={ENCODED}"));
        assert!(answer.starts_with("HTTP/1.1 303 "), "{answer}");
        assert!(answer.contains("location: /health/all\r\n"), "{answer}");
        let cookie = format!("health_token={TOKEN}");
        assert!(
            answer.contains(&format!("set-cookie: {cookie}; Path=/; HttpOnly; SameSite=Strict\r\n")),
            "{answer}"
        );
        let request = format!("GET /health/all HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncookie: {cookie}\r\n\r\n");
        let answer = ask(address, &request);
        assert!(
            answer.starts_with("HTTP/1.1 200 ") && answer.contains("warehouse"),
            "{answer}"
        );
    }
}

#[test]
fn every_other_form_gets_the_form_again_and_learns_nothing() {
    let runtime = runtime();
    let _guard = runtime.enter();
    let health = health();
    for address in both(&health) {
        for form in [
            String::new(),
            "token=".to_owned(),
            format!("token={TOKEN}"), // not encoded: a plus is a space
            format!("token=x&token={ENCODED}"),
            format!("other={ENCODED}"),
            format!("pad={}&token={ENCODED}", "x".repeat(4096)),
        ] {
            let answer = post(address, &form);
            assert!(answer.starts_with("HTTP/1.1 401 "), "{form}: {answer}");
            assert!(
                answer.contains("Token of the internal port") && !answer.contains("set-cookie"),
                "{answer}"
            );
            assert!(!answer.contains("orders") && !answer.contains("warehouse") && !answer.contains("/health/all"));
        }
        let get = ask(address, "GET /login HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        assert!(get.starts_with("HTTP/1.1 401 "), "{get}");
    }
    let public = health.serve("127.0.0.1:0").unwrap();
    assert!(post(public, &format!("token={ENCODED}")).starts_with("HTTP/1.1 404 "));
}

#[test]
fn a_browser_sees_the_page_after_the_form_and_the_page_stays_live() {
    let Some(mut browser) = Browser::start() else { return };
    let runtime = runtime();
    let _guard = runtime.enter();
    let health = health();
    let address = health.serve_internal("127.0.0.1:0").unwrap();
    browser.open(&format!("http://{address}/health/all"));
    assert!(browser.text().contains("Token of the internal port"));
    let send = |token: &str| {
        format!("document.getElementById('token').value = '{token}'; document.querySelector('button').click()")
    };
    browser.eval(&send("not the token"));
    browser.until(
        "location.pathname === '/login' && !!document.getElementById('token')",
        PATIENCE,
    );
    browser.eval(&send(TOKEN));
    browser.until("document.body.innerText.includes('warehouse')", PATIENCE);
    browser.until("document.getElementById('live').innerText.includes('Live')", PATIENCE);
    assert_eq!(browser.eval("document.cookie"), "", "no script can read it");
}
