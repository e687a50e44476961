//! [`ProbeRequest`]: what the probes read of a request.

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
    #[cfg(feature = "token")]
    pub(super) authorization: Option<&'a str>,
    #[cfg(feature = "token")]
    pub(super) cookie: Option<&'a str>,
}

impl<'a> ProbeRequest<'a> {
    /// Creates a request with this method, in capital letters, and this path, without the query.
    pub const fn new(method: &'a str, path: &'a str) -> Self {
        Self {
            method,
            path,
            query: None,
            accept: None,
            #[cfg(feature = "token")]
            authorization: None,
            #[cfg(feature = "token")]
            cookie: None,
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
        let header = |name| request.headers().get(name)?.to_str().ok();
        Self {
            #[cfg(feature = "token")]
            authorization: header(http::header::AUTHORIZATION),
            #[cfg(feature = "token")]
            cookie: header(http::header::COOKIE),
            ..Self::new(request.method().as_str(), request.uri().path())
        }
        .query(request.uri().query())
        .accept(header(http::header::ACCEPT))
    }
}
