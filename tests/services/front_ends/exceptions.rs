//! The answers that are not the same, and why.

use crate::servers::Front;

/// A front end whose answer differs from that of `Probes` by hand, on purpose or because its framework answers before
/// we are asked.
#[derive(Debug)]
pub(crate) struct Exception {
    pub(crate) front: Front,
    pub(crate) case: &'static str,
    /// In this state alone, or in every state.
    pub(crate) state: Option<&'static str>,
    pub(crate) reason: &'static str,
}

const fn always(front: Front, case: &'static str, reason: &'static str) -> Exception {
    let state = None;
    Exception {
        front,
        case,
        state,
        reason,
    }
}

const fn draining(case: &'static str, reason: &'static str) -> Exception {
    let (front, state) = (Front::Actix, Some("draining"));
    Exception {
        front,
        case,
        state,
        reason,
    }
}

const HTTP_10: &str = "HTTP/1.0 closes by default, and actix then leaves out the header";
const NO_APPLICATION: &str = "it has no application, so it answers 404 itself";
const REFUSED: &str = "actix refuses it with 400";
const UNREAD: &str = "actix closes a connection whose body it has not read";

pub(crate) const EXCEPTIONS: &[Exception] = &[
    always(Front::Actix, "HTTP/1.1 without Host", REFUSED),
    always(Front::Actix, "two Hosts", REFUSED),
    always(Front::Actix, "POST by HTTP/1.0", REFUSED),
    always(Front::Actix, "a path that is not ASCII", REFUSED),
    always(Front::Actix, "a length and chunks", REFUSED),
    always(Front::Actix, "Expect", "actix sends 100 before it asks the application"),
    always(Front::Actix, "GET with a body", UNREAD),
    always(Front::Actix, "POST with a body", UNREAD),
    always(Front::Actix, "pipelined after a body", UNREAD),
    always(
        Front::Actix,
        "pipelined with HEAD",
        "actix takes the method of the last request for that of all",
    ),
    always(Front::Actix, "CONNECT", "actix closes the connection"),
    always(
        Front::Actix,
        "an upgrade",
        "actix takes part in the upgrade, although the answer is 200",
    ),
    always(Front::Actix, "a WebSocket", "actix closes the connection"),
    draining("HTTP/1.0 without Host", HTTP_10),
    draining("OPTIONS by HTTP/1.0", HTTP_10),
    draining("HEAD by HTTP/1.0", HTTP_10),
    draining("HTTP/1.0 that keeps the connection", HTTP_10),
    draining("pipelined by HTTP/1.0", HTTP_10),
    draining(
        "pipelined",
        "actix also answers requests that it has read before it closes",
    ),
    draining(
        "pipelined methods",
        "actix also answers requests that it has read before it closes",
    ),
    always(Front::Serve, "the path of a probe and more", NO_APPLICATION),
    always(Front::Serve, "a suffix", NO_APPLICATION),
    always(Front::Serve, "an encoded path of a probe", NO_APPLICATION),
    always(Front::Serve, "a path with an encoded slash", NO_APPLICATION),
    always(Front::Serve, "a path in capitals", NO_APPLICATION),
    always(Front::Serve, "two slashes first", NO_APPLICATION),
    always(Front::Serve, "the root", NO_APPLICATION),
    always(Front::Serve, "HEAD of the application", NO_APPLICATION),
    always(Front::Serve, "OPTIONS of the server", NO_APPLICATION),
    always(Front::Serve, "CONNECT", NO_APPLICATION),
];
