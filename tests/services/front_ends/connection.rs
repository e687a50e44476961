//! Raw requests on a connection of their own, and their answers. The order and the case of the names of headers do not
//! count, nor does `date`.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

/// Sent after the requests of a case if the connection is still open. A byte that follows an answer would spoil it.
const LAST: &str = "GET /readyz/typo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

#[derive(Debug, PartialEq)]
pub(crate) struct Exchange {
    answers: Vec<Answer>,
    /// Whether the connection was open after the answers.
    open: bool,
    /// What came after the last answer, or instead of one.
    rest: Vec<u8>,
}

#[derive(Debug, PartialEq)]
struct Answer {
    version: u8,
    code: u16,
    reason: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Exchange {
    /// The codes of the final answers.
    pub(crate) fn codes(&self) -> Vec<u16> {
        let codes = self.answers.iter().map(|answer| answer.code);
        codes.filter(|code| *code >= 200).collect()
    }
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for answer in &self.answers {
            writeln!(f, "HTTP/1.{} {} {}", answer.version, answer.code, answer.reason)?;
            for (name, value) in &answer.headers {
                writeln!(f, "{name}: {value}")?;
            }
            writeln!(f, "\n{}", String::from_utf8_lossy(&answer.body))?;
        }
        let rest = String::from_utf8_lossy(&self.rest);
        write!(f, "(open: {}, rest: {rest:?})", self.open)
    }
}

struct Connection {
    stream: TcpStream,
    bytes: Vec<u8>,
}

impl Connection {
    /// Reads more bytes. Returns `false` at the end of the stream.
    fn more(&mut self) -> bool {
        let mut chunk = [0; 4096];
        match self.stream.read(&mut chunk) {
            Ok(count) => {
                self.bytes.extend(&chunk[..count]);
                count > 0
            }
            Err(error) => {
                assert_ne!(error.kind(), std::io::ErrorKind::WouldBlock, "no answer: {self}");
                false // the connection was reset
            }
        }
    }

    /// The next answer, or `None` if the connection ends before.
    fn answer(&mut self, is_head: bool) -> Option<Answer> {
        let (mut answer, head, length) = loop {
            if let Some(found) = head(&self.bytes) {
                break found;
            }
            if !self.more() {
                return None;
            }
        };
        let length = if is_head || answer.code < 200 { 0 } else { length };
        while self.bytes.len() < head + length {
            if !self.more() {
                return None;
            }
        }
        answer.body = self.bytes[head..head + length].to_vec();
        self.bytes.drain(..head + length);
        Some(answer)
    }
}

impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.bytes))
    }
}

/// The head of an answer, its length, and the length of the body.
fn head(bytes: &[u8]) -> Option<(Answer, usize, usize)> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut parsed = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = parsed.parse(bytes).ok()? else {
        return None;
    };
    let mut headers: Vec<(String, String)> = Vec::new();
    let mut length = 0;
    for header in &*parsed.headers {
        let (name, value) = (header.name.to_lowercase(), String::from_utf8_lossy(header.value));
        if name == "content-length" {
            length = value.parse().unwrap();
        }
        if name != "date" {
            headers.push((name, value.into_owned()));
        }
    }
    headers.sort();
    let answer = Answer {
        version: parsed.version.unwrap(),
        code: parsed.code.unwrap(),
        reason: parsed.reason.unwrap().to_owned(),
        headers,
        body: Vec::new(),
    };
    Some((answer, head, length))
}

/// Sends the requests at once, and reads as many answers.
pub(crate) fn ask(address: SocketAddr, requests: &[&str]) -> Exchange {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut connection = Connection {
        stream,
        bytes: Vec::new(),
    };
    // A server may close the connection before it has read everything.
    let _ = connection.stream.write_all(requests.concat().as_bytes());
    let mut answers = Vec::new();
    let mut ended = false;
    for request in requests {
        let is_head = request.trim_start().starts_with("HEAD ");
        loop {
            let Some(answer) = connection.answer(is_head) else {
                ended = true;
                break;
            };
            let is_final = answer.code >= 200;
            answers.push(answer);
            if is_final {
                break;
            }
        }
        if ended {
            break;
        }
    }
    let closes = |answer: &Answer| answer.headers.contains(&("connection".to_owned(), "close".to_owned()));
    let mut open = false;
    if !ended && !answers.last().is_some_and(closes) {
        let _ = connection.stream.write_all(LAST.as_bytes());
        open = connection.answer(false).is_some_and(|answer| answer.code == 404);
    }
    let _ = connection.stream.shutdown(Shutdown::Write);
    while connection.more() {}
    Exchange {
        answers,
        open,
        rest: connection.bytes,
    }
}
