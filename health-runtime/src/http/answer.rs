//! [`Answer`]: the status code, headers and body of a response.

use bytes::Bytes;

use crate::format::Format;
use crate::http::{FORMAT, PLAIN_TYPE};
use crate::outcome::Status;
use crate::report::Phase;
use crate::spec::Body;

/// The headers of every answer, beside the type and the length of its body.
pub(super) const COMMON_HEADERS: [(&str, &str); 2] =
    [("cache-control", "no-store"), ("x-content-type-options", "nosniff")];

/// An answer to a probe request, for use with any HTTP framework.
#[derive(Clone, Debug)]
pub struct Answer {
    pub(super) status: u16,
    /// The length of the body that GET would get. HEAD has it too.
    pub(super) length: usize,
    pub(super) body: Bytes,
    /// `None`: that of the usual format.
    pub(super) content_type: Option<&'static str>,
    /// The service drains or has ended, so its connections should be closed.
    pub(super) closing: bool,
    /// The headers that only this answer has. Nearly no answer has any, so they are elsewhere: an answer is moved a few
    /// times, and its size costs each probe.
    pub(super) own: Option<Box<OwnHeaders>>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct OwnHeaders(Vec<(&'static str, String)>);

impl OwnHeaders {
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }
}

impl Answer {
    pub(super) fn probe(status: Status, phase: Phase, body: Bytes) -> Self {
        Self {
            status: if status.passes() { 200 } else { 503 },
            length: body.len(),
            body,
            content_type: None,
            closing: phase == Phase::Draining,
            own: None,
        }
    }

    pub(super) fn error(status: u16, closing: bool, body: Bytes) -> Self {
        Self {
            status,
            length: body.len(),
            body,
            content_type: None,
            closing,
            own: None,
        }
    }

    /// The answer with something else than the state of a probe.
    #[cfg(feature = "serve")]
    pub(super) fn page(content_type: &'static str, closing: bool, body: Bytes) -> Self {
        Self {
            content_type: Some(content_type),
            ..Self::error(200, closing, body)
        }
    }

    /// The answer at a path with this body, in this format.
    pub(super) fn with_type(mut self, body: Body, format: Format) -> Self {
        self.content_type = match body {
            Body::Usual => Some(format.content_type()).filter(|_| format != FORMAT),
            Body::Plain => Some(PLAIN_TYPE),
            Body::Own(_, content_type) => Some(content_type),
        };
        self
    }

    /// The answer with another status code.
    #[cfg(all(feature = "page", feature = "serve", feature = "token"))]
    pub(super) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// The answer with one more header.
    pub(super) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.own.get_or_insert_default().0.push((name, value.into()));
        self
    }

    /// Whether the status code allows a body. 204 does not, and has no `Content-Length` (RFC 9110, section 8.6).
    pub(super) fn has_body(&self) -> bool {
        self.status != 204
    }

    /// The answer as this method gets it.
    pub(super) fn to(mut self, method: &str) -> Self {
        match method {
            "HEAD" => self.body = Bytes::new(),
            "OPTIONS" => {
                self.body = Bytes::new();
                self.length = 0;
            }
            _ => {}
        }
        self
    }

    /// Returns the status code, which is 200, 404, 405 or 503, or 204 at the end of the page's events.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Returns the headers, including `Content-Length` unless the status code is 204. While the service is draining,
    /// they also include `Connection: close`. HTTP/2 does not allow this header, so leave it out if you serve HTTP/2.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, String)> + use<> {
        let own: Vec<_> = self
            .own
            .iter()
            .flat_map(|own| own.iter())
            .map(|(name, value)| (name, value.to_owned()))
            .collect();
        let close = self.closing.then_some(("connection", "close"));
        let content_type = self.content_type.unwrap_or(FORMAT.content_type());
        let content_type = [("content-type", content_type)];
        let fixed = content_type.into_iter().chain(COMMON_HEADERS).chain(close);
        fixed
            .map(|(name, value)| (name, value.to_owned()))
            .chain(own)
            .chain(self.has_body().then(|| ("content-length", self.length.to_string())))
    }

    /// Returns the body, which is empty for HEAD and OPTIONS requests.
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}
