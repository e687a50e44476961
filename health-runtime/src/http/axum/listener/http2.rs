//! Finds the requests of an HTTP/2 connection that wait for their answer, from the frames in both directions. Does no
//! I/O, and does not decode HPACK: the headers of the frames are enough.

use crate::http::axum::listener::http1::Other;

/// More open streams than any server allows. Beyond it, the connection is not followed.
const MOST_STREAMS: usize = 4_096;

const DATA: u8 = 0x0;
const HEADERS: u8 = 0x1;
const RST_STREAM: u8 = 0x3;
const CONTINUATION: u8 = 0x9;

const END_STREAM: u8 = 0x1;
const END_HEADERS: u8 = 0x4;

/// Follows one connection, after the client's preface.
#[derive(Debug, Default)]
pub(in crate::http) struct Http2 {
    received: Frames,
    sent: Frames,
    /// The highest stream that the client has opened.
    last: u32,
    open: Vec<Stream>,
    /// A block of headers that continues in further frames: its stream, and whether the request ends with it.
    block: Option<(u32, bool)>,
}

#[derive(Clone, Copy, Debug)]
struct Stream {
    id: u32,
    /// The request is complete.
    complete: bool,
}

impl Http2 {
    /// Whether a complete request waits for its answer or for the rest of it.
    pub(in crate::http) fn owes_an_answer(&self) -> bool {
        self.open.iter().any(|stream| stream.complete)
    }

    /// Follows the next bytes of the client.
    pub(in crate::http) fn received(&mut self, mut bytes: &[u8]) -> Result<(), Other> {
        while let Some(frame) = self.received.next(&mut bytes) {
            self.client(frame)?;
        }
        Ok(())
    }

    /// Follows the next bytes of the server.
    pub(in crate::http) fn sent(&mut self, mut bytes: &[u8]) {
        while let Some(frame) = self.sent.next(&mut bytes) {
            if frame.kind == RST_STREAM || matches!(frame.kind, DATA | HEADERS) && frame.has(END_STREAM) {
                self.close(frame.stream);
            }
        }
    }

    fn client(&mut self, frame: Frame) -> Result<(), Other> {
        let id = frame.stream;
        match frame.kind {
            HEADERS => {
                // If the stream was open before, these headers are its trailers.
                if id > self.last {
                    self.last = id;
                    self.open.push(Stream { id, complete: false });
                }
                self.headers(id, frame.has(END_STREAM), frame.has(END_HEADERS));
            }
            CONTINUATION => {
                if let Some((block, ends)) = self.block
                    && block == id
                {
                    self.headers(id, ends, frame.has(END_HEADERS));
                }
            }
            DATA if frame.has(END_STREAM) => self.complete(id),
            RST_STREAM => self.close(id),
            _ => {}
        }
        if self.open.len() > MOST_STREAMS {
            Err(Other::Opaque)
        } else {
            Ok(())
        }
    }

    fn headers(&mut self, id: u32, ends: bool, complete: bool) {
        self.block = (!complete).then_some((id, ends));
        if complete && ends {
            self.complete(id);
        }
    }

    fn complete(&mut self, id: u32) {
        if let Some(stream) = self.open.iter_mut().find(|stream| stream.id == id) {
            stream.complete = true;
        }
    }

    fn close(&mut self, id: u32) {
        self.open.retain(|stream| stream.id != id);
    }
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
}

impl Frame {
    fn has(self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// The frames of one direction.
#[derive(Debug, Default)]
struct Frames {
    header: [u8; 9],
    /// How many bytes of the header have arrived.
    filled: usize,
    /// How many bytes of the payload are missing, once the header is complete.
    missing: usize,
}

impl Frames {
    /// The next complete frame. Removes the bytes that it has read from `bytes`.
    fn next(&mut self, bytes: &mut &[u8]) -> Option<Frame> {
        if self.filled < self.header.len() {
            let count = bytes.len().min(self.header.len() - self.filled);
            let (header, rest) = bytes.split_at(count);
            self.header[self.filled..][..count].copy_from_slice(header);
            self.filled += count;
            *bytes = rest;
            if self.filled < self.header.len() {
                return None;
            }
            let [high, middle, low, ..] = self.header.map(usize::from);
            self.missing = high << 16 | middle << 8 | low;
        }
        let count = bytes.len().min(self.missing);
        self.missing -= count;
        *bytes = &bytes[count..];
        if self.missing > 0 {
            return None;
        }
        self.filled = 0;
        let [_, _, _, kind, flags, stream @ ..] = self.header;
        let stream = u32::from_be_bytes(stream) & (u32::MAX >> 1);
        Some(Frame { kind, flags, stream })
    }
}

#[cfg(test)]
mod tests;
