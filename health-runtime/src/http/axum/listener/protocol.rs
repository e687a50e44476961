//! What a connection waits for, for any protocol.

use crate::http::axum::listener::http1::{Http1, Other, State};
use crate::http::axum::listener::http2::Http2;

/// Follows the bytes of one connection.
#[derive(Debug)]
pub(in crate::http) enum Protocol {
    Http1(Http1),
    Http2(Box<Http2>),
    /// The content is not HTTP, or it is unknown.
    Opaque,
}

/// What a connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum Waits {
    /// For its server, for the next request, or for something unknown.
    Unknown,
    /// For the rest of a head. The number counts the heads of the connection.
    Head(u32),
    /// For more bytes from its client. Until then, the server has no request to answer.
    More,
}

impl Protocol {
    pub(in crate::http) fn new() -> Self {
        Self::Http1(Http1::default())
    }

    pub(in crate::http) fn waits(&self) -> Waits {
        match self {
            Self::Http1(http1) => match http1.state() {
                State::Between => Waits::Unknown,
                State::Head => Waits::Head(http1.head()),
                State::Padded | State::Length(_) | State::Chunked(_) => Waits::More,
            },
            Self::Http2(http2) if !http2.owes_an_answer() => Waits::More,
            Self::Http2(_) | Self::Opaque => Waits::Unknown,
        }
    }

    /// Follows the next bytes from the client.
    pub(in crate::http) fn received(&mut self, bytes: &[u8]) {
        let followed = match self {
            Self::Http1(http1) => http1.received(bytes),
            Self::Http2(http2) => http2.received(bytes),
            Self::Opaque => Ok(()),
        };
        match followed {
            Ok(()) => {}
            Err(Other::Opaque) => *self = Self::Opaque,
            Err(Other::Http2 { preface }) => {
                *self = Self::Http2(Box::default());
                self.received(&bytes[preface..]);
            }
        }
    }

    /// Follows the next bytes from the server.
    pub(in crate::http) fn sent(&mut self, bytes: &[u8]) {
        if let Self::Http2(http2) = self {
            http2.sent(bytes);
        }
    }
}
