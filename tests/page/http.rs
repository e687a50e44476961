//! The answers with the page and its events, without a browser.

use health_page::{Service, failing};
use health_runtime::{Answer, ProbeRequest, Probes};
use tokio::runtime::{Builder, Runtime};

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

fn respond(probes: &Probes, request: ProbeRequest<'_>) -> Answer {
    runtime().block_on(probes.respond(request)).unwrap()
}

fn get(probes: &Probes, accept: &str) -> Answer {
    respond(probes, ProbeRequest::new("GET", "/health").accept(accept))
}

fn header(answer: &Answer, wanted: &str) -> Option<String> {
    answer
        .headers()
        .find(|(name, _)| *name == wanted)
        .map(|(_, value)| value)
}

fn text(answer: &Answer) -> &str {
    str::from_utf8(answer.body()).unwrap()
}

#[test]
fn a_browser_gets_the_page_and_every_other_client_gets_json() {
    let probes = Service::new(failing).lived_for(1).health.probes();
    for accept in [BROWSER, "text/html"] {
        let answer = get(&probes, accept);
        assert_eq!(
            header(&answer, "content-type").unwrap(),
            "text/html; charset=utf-8",
            "{accept}"
        );
        assert!(text(&answer).starts_with("<!doctype html>"), "{accept}");
    }
    for accept in ["*/*", "application/json", "text/html;q=0.5,application/json"] {
        assert_eq!(
            header(&get(&probes, accept), "content-type").unwrap(),
            "application/json",
            "{accept}"
        );
    }
    let named = respond(&probes, ProbeRequest::new("GET", "/health/cache").query("format=html"));
    assert!(text(&named).contains("check-cache") && !text(&named).contains("check-payments"));
}

#[test]
fn the_page_has_the_code_of_the_probe() {
    let service = Service::new(failing).lived_for(1);
    let probes = service.health.probes();
    for (result, code) in [(Ok(()), 200), (Err("gone"), 503)] {
        service.health.force("payments", result);
        assert_eq!(get(&probes, BROWSER).status(), code);
        assert_eq!(
            get(&probes, "text/event-stream").status(),
            200,
            "another code ends the events"
        );
    }
}

#[test]
fn each_page_has_a_policy_with_a_nonce_of_its_own() {
    let probes = Service::new(failing).lived_for(1).health.probes();
    let nonces: Vec<_> = (0..2)
        .map(|_| {
            let answer = get(&probes, BROWSER);
            let policy = header(&answer, "content-security-policy").unwrap();
            let nonce = policy
                .split("'nonce-")
                .nth(1)
                .unwrap()
                .split('\'')
                .next()
                .unwrap()
                .to_owned();
            let expected = format!(
                "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'; \
                 img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
            );
            assert_eq!(policy, expected);
            assert_eq!(text(&answer).matches(&format!("nonce=\"{nonce}\"")).count(), 2);
            assert_eq!(header(&answer, "referrer-policy").unwrap(), "no-referrer");
            assert_eq!(header(&answer, "cache-control").unwrap(), "no-store");
            nonce
        })
        .collect();
    assert_ne!(nonces[0], nonces[1]);
}

#[test]
fn head_and_options_have_no_body() {
    let probes = Service::new(failing).lived_for(1).health.probes();
    let length = get(&probes, BROWSER).body().len().to_string();
    for (method, length) in [("HEAD", &*length), ("OPTIONS", "0")] {
        let answer = respond(&probes, ProbeRequest::new(method, "/health").accept(BROWSER));
        assert_eq!(header(&answer, "content-length").unwrap(), length, "{method}");
        assert_eq!(answer.body(), b"", "{method}");
    }
}

#[test]
fn the_events_end_once_the_client_has_heard_of_the_drain() {
    let service = Service::new(failing).lived_for(1);
    let probes = service.health.probes();
    let again = |last: &str| {
        let request = ProbeRequest::new("GET", "/health").accept("text/event-stream");
        respond(&probes, request.last_event_id(last))
    };
    let event = again("live");
    assert_eq!(header(&event, "content-type").unwrap(), "text/event-stream");
    assert_eq!(
        header(&event, "content-length").unwrap(),
        event.body().len().to_string()
    );
    assert!(text(&event).starts_with("retry: 1000\nid: live\ndata: "));
    service.health.drain();
    assert!(text(&again("live")).starts_with("retry: 1000\nid: draining\ndata: "));
    let end = again("draining");
    assert_eq!((end.status(), end.body()), (204, [].as_slice()));
    assert_eq!(header(&end, "content-length"), None, "204 has none");
    // The identifier means nothing to any other request.
    let page = ProbeRequest::new("GET", "/health")
        .accept(BROWSER)
        .last_event_id("draining");
    assert_eq!(respond(&probes, page).status(), 503);
}
