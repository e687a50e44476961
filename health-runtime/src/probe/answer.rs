//! Sends the request, and reads the answer as far as it is needed.

use std::fmt::Write as _;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::ops::ControlFlow;

use serde_json::Value;

use crate::probe::deadline::Deadline;
use crate::probe::plain;
use crate::probe::target::Target;

/// At most this much of an answer is read. A public body has less than 4 KiB.
const LIMIT: usize = 64 * 1024;

/// How much is shown of an answer that is not HTTP, in bytes.
const SHOWN: usize = 60;

/// The longest name and the longest reason that are shown, in bytes.
const WORD: usize = 64;

/// At most this many checks are named.
const NAMED: usize = 5;

/// Every answer that this client understands begins with this.
const HTTP: &[u8] = b"HTTP/1.";

/// Some TLS servers (rustls, for example) answer a request in plain text with an alert, which begins with this.
const TLS: &[u8] = &[0x15, 0x03];

/// Others (those with OpenSSL) close the connection.
const MAY_BE_TLS: &str = "if the port expects TLS, probe one that serves plain HTTP, such as the internal port";

/// Asks for the path. `Ok` if the answer is a success.
pub(super) fn get(stream: TcpStream, target: &Target, deadline: &Deadline) -> Result<(), String> {
    let mut received = Received {
        stream,
        deadline,
        bytes: Vec::new(),
    };
    let sent = received.send(target);
    // A server may answer before it has read the request, and close the connection. Then only the write fails.
    let code = match received.code() {
        Ok(code) => code,
        Err(why) => {
            return Err(sent
                .err()
                .map_or(why, |error| format!("cannot send the request: {error}")));
        }
    };
    match code {
        200..300 => Ok(()),
        300..400 => Err(format!(
            "{code}: redirects are not followed; probe the path that it leads to"
        )),
        _ => Err(match received.body().and_then(|body| summary(&body)) {
            Some(summary) => format!("{code}: {summary}"),
            None => code.to_string(),
        }),
    }
}

struct Received<'a> {
    stream: TcpStream,
    deadline: &'a Deadline,
    /// From the start of the last answer: interim answers are removed.
    bytes: Vec<u8>,
}

impl Received<'_> {
    fn send(&mut self, target: &Target) -> io::Result<()> {
        let Some(left) = self.deadline.left() else {
            return Ok(()); // reading will fail
        };
        self.stream.set_write_timeout(Some(left))?;
        let (path, authority, version) = (&target.path, &target.authority, env!("CARGO_PKG_VERSION"));
        self.stream.write_all(
            format!(
                "GET {path} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: health-runtime/{version}\r\nAccept: */*\r\nConnection: close\r\n\r\n"
            )
            .as_bytes(),
        )
    }

    /// Reads more. Returns how much, which is zero if the server has ended the answer or the limit is reached.
    fn more(&mut self) -> Result<usize, String> {
        let timed_out = || format!("no answer {}", self.deadline.within());
        let room = LIMIT - self.bytes.len();
        let mut buffer = [0; 8 * 1024];
        let buffer = &mut buffer[..room.min(8 * 1024)];
        loop {
            let left = self.deadline.left().ok_or_else(timed_out)?;
            let read = self
                .stream
                .set_read_timeout(Some(left))
                .and_then(|()| self.stream.read(buffer));
            match read {
                Ok(count) => {
                    self.bytes.extend_from_slice(&buffer[..count]);
                    return Ok(count);
                }
                // Linux reports an elapsed timeout as `WouldBlock`, Windows as `TimedOut`.
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    return Err(format!(
                        "the connection failed before the answer: {error}; {MAY_BE_TLS}"
                    ));
                }
            }
        }
    }

    /// The status code of the final answer.
    fn code(&mut self) -> Result<u16, String> {
        loop {
            if let ControlFlow::Break(code) = self.parse_code()? {
                return Ok(code);
            }
            if self.more()? == 0 {
                return Err(if self.bytes.is_empty() {
                    format!("the server closed the connection without an answer; {MAY_BE_TLS}")
                } else {
                    self.not_http()
                });
            }
        }
    }

    /// The status code, if its line is complete. Removes interim answers.
    fn parse_code(&mut self) -> Result<ControlFlow<u16>, String> {
        loop {
            let known = self.bytes.len().min(HTTP.len());
            if self.bytes[..known] != HTTP[..known] {
                return Err(self.not_http());
            }
            let Some(end) = self.bytes.iter().position(|byte| *byte == b'\n') else {
                return Ok(ControlFlow::Continue(()));
            };
            let code = code_in(&self.bytes[..end]).ok_or_else(|| self.not_http())?;
            // 101 is final: the server speaks another protocol from here on.
            if code >= 200 || code == 101 {
                return Ok(ControlFlow::Break(code));
            }
            match head_end(&self.bytes) {
                Some(end) => drop(self.bytes.drain(..end)),
                None => return Ok(ControlFlow::Continue(())),
            }
        }
    }

    fn not_http(&self) -> String {
        if self.bytes.starts_with(TLS) {
            return "the port expects TLS; probe one that serves plain HTTP, such as the internal port".into();
        }
        let shown = &self.bytes[..self.bytes.len().min(SHOWN)];
        let shown = plain(&String::from_utf8_lossy(shown), SHOWN);
        format!("the answer is not HTTP/1.1: `{shown}`")
    }

    /// The body as far as it arrives in time; `None` if it is chunked. Our probes always send a `Content-Length`.
    fn body(&mut self) -> Option<Vec<u8>> {
        let start = loop {
            match head_end(&self.bytes) {
                Some(end) => break end,
                None if self.more().is_ok_and(|count| count > 0) => {}
                None => return None,
            }
        };
        let head = String::from_utf8_lossy(&self.bytes[..start]).to_ascii_lowercase();
        let header = |name: &str| {
            let mut lines = head.lines().filter_map(|line| line.split_once(':'));
            lines.find_map(|(found, value)| (found == name).then(|| value.trim().to_owned()))
        };
        if header("transfer-encoding").is_some() {
            return None;
        }
        let length = header("content-length").and_then(|length| length.parse().ok());
        let end = length.map_or(usize::MAX, |length: usize| start.saturating_add(length));
        while self.bytes.len() < end && self.more().is_ok_and(|count| count > 0) {}
        self.bytes.truncate(end);
        Some(self.bytes.split_off(start))
    }
}

/// The code in a line such as `HTTP/1.1 503 Service Unavailable`.
fn code_in(line: &[u8]) -> Option<u16> {
    let [minor, b' ', code @ ..] = line.strip_prefix(HTTP)? else {
        return None;
    };
    let (code, rest) = code.split_at_checked(3)?;
    if !minor.is_ascii_digit() || !code.iter().all(u8::is_ascii_digit) || !matches!(rest, [] | [b' ' | b'\r', ..]) {
        return None;
    }
    let code = code.iter().fold(0, |code, digit| 10 * code + u16::from(digit - b'0'));
    (code >= 100).then_some(code)
}

/// Where the head ends: after the first empty line.
fn head_end(bytes: &[u8]) -> Option<usize> {
    let mut line = 0;
    for (index, byte) in bytes.iter().enumerate() {
        if *byte == b'\n' {
            if matches!(&bytes[line..index], b"" | b"\r") {
                return Some(index + 1);
            }
            line = index + 1;
        }
    }
    None
}

/// What a person needs of a body of ours: `unhealthy (draining)`, `unhealthy (db: timeout)`, `no such check in this
/// probe`. `None` if the body is not ours.
fn summary(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let word = |value: &Value| value.as_str().map(|text| plain(text, WORD));
    if let Some(error) = word(&body["error"]) {
        return Some(error);
    }
    let mut summary = word(&body["status"])?;
    let checks = body["checks"].as_array().map(Vec::as_slice).unwrap_or_default();
    let failing = checks
        .iter()
        .filter(|check| check["status"] == "unhealthy" && check["critical"] != false);
    let named = failing.clone().take(NAMED).filter_map(|check| {
        let name = word(&check["name"])?;
        Some(match word(&check["reason"]) {
            Some(reason) => format!("{name}: {reason}"),
            None => name,
        })
    });
    let mut causes: Vec<String> = word(&body["reason"]).into_iter().chain(named).collect();
    let more = failing.count().saturating_sub(NAMED);
    if more > 0 {
        causes.push(format!("and {more} more"));
    }
    if !causes.is_empty() {
        let _ = write!(summary, " ({})", causes.join(", "));
    }
    Some(summary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_status_line_of_http_1_has_a_code() {
        for (line, code) in [
            ("HTTP/1.1 200 OK\r", Some(200)),
            ("HTTP/1.0 503 Service Unavailable", Some(503)),
            ("HTTP/1.1 204\r", Some(204)),
            ("HTTP/1.1 200", Some(200)),
            ("HTTP/1.1 099 x", None),
            ("HTTP/1.1 20 OK\r", None),
            ("HTTP/1.1 2000 \r", None),
            ("HTTP/1.1  200 \r", None),
            ("HTTP/1.11 200 \r", None),
            ("HTTP/1.1 +20 OK", None),
            ("HTTP/1.1 2é OK", None),
            ("HTTP/1.1", None),
        ] {
            assert_eq!(code_in(line.as_bytes()), code, "{line}");
        }
    }

    #[test]
    fn a_head_ends_with_an_empty_line() {
        assert_eq!(head_end(b"a\r\nb\r\n\r\nc"), Some(8));
        assert_eq!(head_end(b"a\nb\n\nc"), Some(5));
        assert_eq!(head_end(b"a\r\nb\r\n\r"), None);
    }

    #[test]
    fn the_summary_names_what_fails() {
        for (body, expected) in [
            (r#"{"status":"unhealthy","checks":[]}"#, "unhealthy"),
            (
                r#"{"status":"unhealthy","reason":"draining","checks":[]}"#,
                "unhealthy (draining)",
            ),
            (
                r#"{"status":"unhealthy","checks":[{"name":"db","status":"unhealthy","critical":true,"reason":"timeout"},
                    {"name":"cache","status":"unhealthy","critical":false,"reason":"error"},
                    {"name":"queue","status":"unhealthy","critical":true},
                    {"name":"disk","status":"healthy","critical":true}]}"#,
                "unhealthy (db: timeout, queue)",
            ),
            (
                r#"{"status":"unhealthy","reason":"held","checks":[{"name":"db","status":"unhealthy","critical":true}]}"#,
                "unhealthy (held, db)",
            ),
            (
                r#"{"error":"no such check in this probe"}"#,
                "no such check in this probe",
            ),
            ("{\"status\":\"a\\n\\u001b[31mb\"}", "a\\n\\u{1b}[31mb"),
        ] {
            assert_eq!(summary(body.as_bytes()).as_deref(), Some(expected), "{body}");
        }
        for body in [
            "",
            "not ready",
            "[]",
            "{}",
            "null",
            r#"{"status":1}"#,
            r#"{"status":"unhealthy""#,
        ] {
            assert_eq!(summary(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn the_summary_is_short_whatever_the_body_contains() {
        let long = "x".repeat(10_000);
        let check = format!(r#"{{"name":"{long}","status":"unhealthy","critical":true,"reason":"{long}"}}"#);
        let checks = vec![check; 50].join(",");
        let body = format!(r#"{{"status":"{long}","reason":"{long}","checks":[{checks}]}}"#);
        let summary = summary(body.as_bytes()).expect("it is like ours");
        assert!(summary.ends_with(", and 45 more)"), "{summary}");
        assert!(summary.len() < 1_000, "{}", summary.len());
    }
}
