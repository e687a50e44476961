//! Finds where the requests of an HTTP/1 connection begin and end, from the bytes of the client. Does no I/O.

use std::mem::MaybeUninit;

use httparse::Status;

/// The first bytes of an HTTP/2 client.
pub(in crate::http) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Hyper refuses more headers and longer heads with an error, and closes the connection. So they are not followed here.
const MOST_HEADERS: usize = 100;
const LONGEST_HEAD: usize = 512 * 1024;

/// The kind of a connection that is not HTTP/1, or is so no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum Other {
    /// HTTP/2. The first `preface` bytes belong to its preface.
    Http2 { preface: usize },
    /// TLS, an upgrade, a tunnel, or an unknown protocol.
    Opaque,
}

/// Follows the requests of one connection.
#[derive(Debug, Default)]
pub(in crate::http) struct Http1 {
    state: State,
    /// The received part of a head that is not complete. Usually empty, because most heads arrive in one piece.
    head: Vec<u8>,
    /// How many heads have begun.
    heads: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::http) enum State {
    /// Every request so far is complete, and no byte of the next one has arrived.
    #[default]
    Between,
    /// Like `Between`, but after the empty lines that some clients send after a request.
    Padded,
    /// A head has begun.
    Head,
    /// In a body; this many bytes are missing.
    Length(u64),
    Chunked(Chunk),
}

/// Where a chunked body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum Chunk {
    /// In the digits of a size. `digits` counts them.
    Size { size: u64, digits: u8 },
    /// In the rest of the line, after the size.
    Extension { size: u64 },
    /// In the data; this many bytes are missing.
    Data { left: u64 },
    /// In the line break after the data.
    DataEnd,
    /// In a line of the trailers. An empty one ends the body.
    Trailer { empty: bool },
}

impl Chunk {
    const START: Self = Self::Size { size: 0, digits: 0 };
}

/// How a body is delimited.
enum Body {
    Length(u64),
    Chunked,
}

impl Http1 {
    pub(in crate::http) fn state(&self) -> State {
        self.state
    }

    /// The number of the current head. The first head of the connection is 1.
    pub(in crate::http) fn head(&self) -> u32 {
        self.heads
    }

    /// Follows the next bytes from the client.
    pub(in crate::http) fn received(&mut self, mut bytes: &[u8]) -> Result<(), Other> {
        while !bytes.is_empty() {
            bytes = match self.state {
                State::Between | State::Padded => self.begin(bytes)?,
                State::Head => self.resume(bytes)?,
                State::Length(left) => {
                    let (rest, left) = skip(bytes, left);
                    self.state = if left == 0 { State::Between } else { State::Length(left) };
                    rest
                }
                State::Chunked(chunk) => self.chunk(chunk, bytes)?,
            };
        }
        Ok(())
    }

    /// Reads the beginning of a head, or all of it. Returns the bytes after it.
    fn begin<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], Other> {
        let empty = bytes.iter().take_while(|byte| is_line_break(**byte)).count();
        let bytes = &bytes[empty..];
        if empty > 0 {
            self.heads = self.heads.max(1); // no byte may come before the preface of HTTP/2
        }
        if bytes.is_empty() {
            self.state = State::Padded;
            return Ok(bytes);
        }
        self.heads = self.heads.wrapping_add(1);
        if let Some((length, body)) = self.parse(bytes)? {
            self.enter(&body);
            return Ok(&bytes[length..]);
        }
        self.state = State::Head;
        self.head.reserve_exact(bytes.len().max(512));
        self.head.extend_from_slice(bytes);
        Ok(&[])
    }

    /// Reads more of a head. Returns the bytes after it.
    fn resume<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], Other> {
        let before = self.head.len();
        self.head.extend_from_slice(bytes);
        let is_first = self.heads == 1 && before < PREFACE.len();
        if !is_first && !has_empty_line(&self.head, before) {
            return if self.head.len() > LONGEST_HEAD {
                Err(Other::Opaque)
            } else {
                Ok(&[])
            };
        }
        let head = std::mem::take(&mut self.head);
        match self.parse(&head) {
            Ok(Some((length, body))) => {
                self.enter(&body);
                Ok(&bytes[length - before..])
            }
            Ok(None) => {
                self.head = head;
                Ok(&[])
            }
            Err(Other::Http2 { preface }) => Err(Other::Http2 {
                preface: preface - before,
            }),
            Err(Other::Opaque) => Err(Other::Opaque),
        }
    }

    /// The length of a head, and how its body is delimited. `None` if the head is not complete.
    fn parse(&self, bytes: &[u8]) -> Result<Option<(usize, Body)>, Other> {
        if self.heads == 1 && bytes[0] == PREFACE[0] {
            if bytes.starts_with(PREFACE) {
                let preface = PREFACE.len();
                return Err(Other::Http2 { preface });
            }
            if PREFACE.starts_with(bytes) {
                return Ok(None);
            }
        }
        let mut headers = [const { MaybeUninit::uninit() }; MOST_HEADERS];
        let mut request = httparse::Request::new(&mut []);
        match request.parse_with_uninit_headers(bytes, &mut headers) {
            Ok(Status::Complete(length)) => Ok(Some((length, body(&request)?))),
            Ok(Status::Partial) => Ok(None),
            Err(_) => Err(Other::Opaque),
        }
    }

    /// Notes that the head is complete.
    fn enter(&mut self, body: &Body) {
        self.state = match body {
            Body::Length(0) => State::Between,
            Body::Length(length) => State::Length(*length),
            Body::Chunked => State::Chunked(Chunk::START),
        };
    }

    /// Reads more of a chunked body. Returns the bytes after the part that it has read.
    fn chunk<'a>(&mut self, chunk: Chunk, bytes: &'a [u8]) -> Result<&'a [u8], Other> {
        if let Chunk::Data { left } = chunk {
            let (rest, left) = skip(bytes, left);
            self.state = State::Chunked(if left == 0 {
                Chunk::DataEnd
            } else {
                Chunk::Data { left }
            });
            return Ok(rest);
        }
        let (byte, rest) = (bytes[0], &bytes[1..]);
        let next = match chunk {
            Chunk::Size { size, digits } => match char::from(byte).to_digit(16) {
                Some(_) if digits == 16 => return Err(Other::Opaque),
                Some(digit) => {
                    let size = size << 4 | u64::from(digit);
                    Some(Chunk::Size {
                        size,
                        digits: digits + 1,
                    })
                }
                None if digits == 0 => return Err(Other::Opaque),
                None => Some(after_size(size, byte)),
            },
            Chunk::Extension { size } => Some(after_size(size, byte)),
            Chunk::DataEnd if byte == b'\n' => Some(Chunk::START),
            Chunk::DataEnd if byte == b'\r' => Some(Chunk::DataEnd),
            Chunk::DataEnd => return Err(Other::Opaque),
            Chunk::Trailer { empty: true } if byte == b'\n' => None,
            Chunk::Trailer { empty } => {
                let empty = byte == b'\n' || empty && byte == b'\r';
                Some(Chunk::Trailer { empty })
            }
            Chunk::Data { .. } => unreachable!("handled above"),
        };
        self.state = next.map_or(State::Between, State::Chunked);
        Ok(rest)
    }
}

/// The state after this byte of a size line.
fn after_size(size: u64, byte: u8) -> Chunk {
    match (byte, size) {
        (b'\n', 0) => Chunk::Trailer { empty: true },
        (b'\n', left) => Chunk::Data { left },
        _ => Chunk::Extension { size },
    }
}

/// Skips up to this many bytes. Returns the bytes after them, and how many are still to be skipped.
fn skip(bytes: &[u8], left: u64) -> (&[u8], u64) {
    let count = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
    (&bytes[count..], left - count as u64)
}

fn is_line_break(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// Whether an empty line ends in the part of a head after its first `before` bytes.
fn has_empty_line(head: &[u8], before: usize) -> bool {
    let added = head.iter().enumerate().skip(before);
    let mut ends = added.filter(|(_, byte)| **byte == b'\n');
    ends.any(|(end, _)| head[..end].ends_with(b"\n") || head[..end].ends_with(b"\n\r"))
}

/// How the body of a request is delimited, as in hyper and RFC 9112.
fn body(request: &httparse::Request<'_, '_>) -> Result<Body, Other> {
    let (mut length, mut chunked) = (None, None);
    for header in &*request.headers {
        // The length is compared first, because most headers are none of these.
        match header.name.len() {
            7 if header.name.eq_ignore_ascii_case("upgrade") => return Err(Other::Opaque),
            14 if header.name.eq_ignore_ascii_case("content-length") => {
                let value = digits(header.value).ok_or(Other::Opaque)?;
                if length.replace(value).is_some_and(|other| other != value) {
                    return Err(Other::Opaque);
                }
            }
            17 if header.name.eq_ignore_ascii_case("transfer-encoding") => chunked = Some(is_chunked(header.value)),
            _ => {}
        }
    }
    if request.method == Some("CONNECT") {
        return Err(Other::Opaque);
    }
    match chunked {
        None => Ok(Body::Length(length.unwrap_or(0))),
        Some(true) if request.version == Some(1) => Ok(Body::Chunked),
        Some(_) => Err(Other::Opaque),
    }
}

fn digits(value: &[u8]) -> Option<u64> {
    let text = str::from_utf8(value).ok()?;
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

/// Whether the last of these encodings is `chunked`.
fn is_chunked(value: &[u8]) -> bool {
    let last = value.rsplit(|byte| *byte == b',').next();
    last.is_some_and(|last| last.trim_ascii().eq_ignore_ascii_case(b"chunked"))
}

#[cfg(test)]
mod tests;
