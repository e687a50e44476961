//! [`ProbeRequest`]: what the probes read of a request.

#[cfg(feature = "http-1")]
use http::header::{self, HeaderName, HeaderValue};

/// What a browser accepts when it asks for events.
#[cfg(any(feature = "actix-web-4", feature = "http-1"))]
const EVENTS: &str = "text/event-stream";

/// A request for a probe, for use with any HTTP framework. Pass it to [`Probes::respond`](crate::Probes::respond).
///
/// ```
/// use health_runtime::ProbeRequest;
///
/// let request = ProbeRequest::new("GET", "/health").query("group=db").accept("text/plain");
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct ProbeRequest<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) query: Option<&'a str>,
    pub(super) accept: Option<&'a str>,
    /// Only the event stream of the page reads it.
    pub(super) last_event_id: Option<&'a str>,
    #[cfg(feature = "token")]
    pub(super) authorization: Option<&'a str>,
    #[cfg(feature = "token")]
    pub(super) cookie: Option<&'a str>,
    /// The body of the form that asks for the token. No other body is read.
    #[cfg(all(feature = "page", feature = "token"))]
    pub(super) form: &'a [u8],
}

impl<'a> ProbeRequest<'a> {
    /// Creates a request with this method, in capital letters, and this path, without the query.
    pub const fn new(method: &'a str, path: &'a str) -> Self {
        Self {
            method,
            path,
            query: None,
            accept: None,
            last_event_id: None,
            #[cfg(feature = "token")]
            authorization: None,
            #[cfg(feature = "token")]
            cookie: None,
            #[cfg(all(feature = "page", feature = "token"))]
            form: &[],
        }
    }

    /// Sets the query: the part of the URL after the `?`. By default, a request has no query.
    pub fn query(mut self, query: impl Into<Option<&'a str>>) -> Self {
        self.query = query.into();
        self
    }

    /// Sets the value of the header `Accept`. It chooses the format of the body. By default, a request has no such
    /// header, and the body is JSON.
    pub fn accept(mut self, accept: impl Into<Option<&'a str>>) -> Self {
        self.accept = accept.into();
        self
    }

    /// Sets the value of the header `Last-Event-ID`. A browser sends it when it asks again for the events of the page,
    /// and it ends the events once the service drains. By default, a request has no such header.
    pub fn last_event_id(mut self, last_event_id: impl Into<Option<&'a str>>) -> Self {
        self.last_event_id = last_event_id.into();
        self
    }

    /// Sets the headers of the request that the probes read. `last_event_id` looks up that header; it is called only for
    /// events, so that no other request pays for it.
    #[cfg(any(feature = "actix-web-4", feature = "http-1"))]
    pub(super) fn headers(self, accept: Option<&'a str>, last_event_id: impl FnOnce() -> Option<&'a str>) -> Self {
        let events = accept.filter(|accept| *accept == EVENTS);
        self.accept(accept).last_event_id(events.and_then(|_| last_event_id()))
    }

    /// Whether the request leaves the choice of the format to the service. Nearly all probers do.
    pub(super) fn takes_any_format(&self) -> bool {
        self.query.is_none() && self.accept.is_none_or(|accept| accept == "*/*")
    }
}

/// The parts of a request that the probes read.
#[cfg(feature = "http-1")]
#[cfg_attr(docsrs, doc(cfg(feature = "http-1")))]
impl<'a, B> From<&'a http::Request<B>> for ProbeRequest<'a> {
    fn from(request: &'a http::Request<B>) -> Self {
        let header = |name: HeaderName| found(request, &name)?.to_str().ok();
        Self {
            #[cfg(feature = "token")]
            authorization: header(header::AUTHORIZATION),
            #[cfg(feature = "token")]
            cookie: header(header::COOKIE),
            ..Self::new(request.method().as_str(), request.uri().path())
        }
        .query(request.uri().query())
        .headers(header(header::ACCEPT), || {
            header(HeaderName::from_static("last-event-id"))
        })
    }
}

/// The first value of this header. A request has few headers, so comparing their names is cheaper than a lookup, which
/// computes a hash (`benches/probe.rs`: 100 of 6,400 instructions).
#[cfg(feature = "http-1")]
fn found<'a, B>(request: &'a http::Request<B>, wanted: &HeaderName) -> Option<&'a HeaderValue> {
    let headers = request.headers().iter();
    let mut found = headers.filter(|(name, _)| *name == wanted);
    found.next().map(|(_, value)| value)
}

/// The same as the method of [`ProbeRequest`], for a request that has not been converted.
#[cfg(feature = "axum")]
#[inline]
pub(super) fn takes_any_format<B>(request: &http::Request<B>) -> bool {
    let accept = || found(request, &header::ACCEPT);
    request.uri().query().is_none() && accept().is_none_or(|accept| accept == "*/*")
}
