//! [`HttpBuilder`], the settings of an [`Http`] check.

use std::fmt;
use std::ops::RangeBounds;
use std::sync::Arc;

use reqwest::header::{ACCEPT, CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use reqwest::{Method, Url};

use crate::checks::config_error::ConfigError;
use crate::checks::http::client::Client;
use crate::checks::http::statuses::Statuses;
use crate::checks::http::tls::{self, Certificates};
use crate::checks::http::{BODY, Http, Inner};
use crate::outcome::Status;

/// The headers that each request has unless they are set.
const HEADERS: [(HeaderName, &str); 3] = [
    (USER_AGENT, concat!("health-runtime/", env!("CARGO_PKG_VERSION"))),
    (ACCEPT, "*/*"),
    (CACHE_CONTROL, "no-cache"),
];

/// The settings of an [`Http`] check. Create them with [`Http::get`] or [`Http::probe`].
///
/// No setter returns an error. [`build`](Self::build) returns the first one.
#[cfg_attr(docsrs, doc(cfg(feature = "http-client")))]
#[must_use = "a builder does nothing until `build` is called"]
pub struct HttpBuilder {
    url: Result<Url, ConfigError>,
    method: Method,
    headers: HeaderMap,
    statuses: Statuses,
    expected: Option<String>,
    certificates: Certificates,
    /// The URL is that of a probe.
    is_probe: bool,
    /// The first one, except for that of the URL.
    problem: Option<ConfigError>,
}

impl HttpBuilder {
    pub(super) fn new(url: &str) -> Self {
        Self {
            url: parse(url),
            method: Method::GET,
            headers: HeaderMap::new(),
            statuses: Statuses::default(),
            expected: None,
            certificates: Certificates::default(),
            is_probe: false,
            problem: None,
        }
    }

    /// For a probe: the query prevents that two services wait for each other, and only a 2xx is healthy.
    pub(super) fn for_probe(url: &str) -> Self {
        let mut builder = Self::new(url);
        if let Ok(url) = &mut builder.url {
            url.query_pairs_mut().append_pair("hops", "1");
        }
        builder.is_probe = true;
        builder.expect_status(200..300)
    }

    /// Sets the method of the request, such as `HEAD` or `OPTIONS`. The default is `GET`.
    ///
    /// The request is sent again and again, so use a method that changes nothing. The name is case-sensitive, and the
    /// standard methods are written in upper case.
    pub fn method(mut self, method: impl AsRef<str>) -> Self {
        match method.as_ref().parse() {
            Ok(method) => self.method = method,
            Err(_) => self.fail("the method is not the name of an HTTP method; write it like `HEAD`"),
        }
        self
    }

    /// Adds a header to the request. You can add several headers with the same name. The headers that are sent by
    /// default are listed in the documentation of [`Http`], and they are replaced by a header with the same name.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        let Ok(name) = HeaderName::try_from(name.as_ref()) else {
            self.fail("the name of a header is not valid; write it like `Authorization`");
            return self;
        };
        let Ok(mut value) = HeaderValue::try_from(value.as_ref()) else {
            self.fail(format!(
                "the value of the header `{name}` contains a line break or a control character"
            ));
            return self;
        };
        value.set_sensitive(true);
        self.headers.append(name, value);
        self
    }

    /// Sets the status codes that are healthy. All other codes are then unhealthy. If you call this again, the codes of
    /// both ranges are healthy. For a code that [`on_status`](Self::on_status) covers, `on_status` decides.
    ///
    /// By default, the codes from 200 to 399 are healthy, and those from 400 to 499 are degraded.
    ///
    /// ```
    /// use health_runtime::checks::Http;
    ///
    /// let check = Http::get("http://search.example.com/ping").expect_status(200..=204).build()?;
    /// # Ok::<(), health_runtime::checks::ConfigError>(())
    /// ```
    pub fn expect_status(mut self, codes: impl RangeBounds<u16>) -> Self {
        let added = self.statuses.expect(&codes);
        self.keep(added)
    }

    /// Sets what the status codes in this range mean. If a status is in several ranges, the one that was added last
    /// applies.
    ///
    /// ```
    /// use health_runtime::Status;
    /// use health_runtime::checks::Http;
    ///
    /// let check = Http::get("http://search.example.com/ping")
    ///     .on_status(400..500, Status::Unhealthy)
    ///     .on_status(429..=429, Status::Degraded)
    ///     .build()?;
    /// # Ok::<(), health_runtime::checks::ConfigError>(())
    /// ```
    pub fn on_status(mut self, codes: impl RangeBounds<u16>, status: Status) -> Self {
        let added = self.statuses.rule(&codes, status);
        self.keep(added)
    }

    /// Makes the check unhealthy if the body of a healthy answer does not contain this text. By default, the body is
    /// not read.
    ///
    /// The text must be in the first 64 KiB of the body, and is compared byte by byte. The request does not ask for
    /// compression.
    pub fn expect_body_contains(mut self, text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() {
            self.fail("the text that is expected in the body is empty; leave it out if the body does not matter");
        } else if text.len() > BODY {
            self.fail("the text that is expected in the body is longer than 64 KiB, and no more is read");
        }
        self.expected = Some(text);
        self
    }

    /// Trusts the certificates in this PEM, in addition to those that the platform trusts. Use it for a server whose
    /// certificate comes from an authority of your own.
    pub fn root_certificate(mut self, pem: impl AsRef<[u8]>) -> Self {
        let trusted = self.certificates.trust(pem.as_ref());
        self.keep(trusted)
    }

    /// Sets the certificate that the check sends to the server (mutual TLS). The PEM contains the certificate, then the
    /// intermediate certificates, and the private key.
    pub fn client_identity(mut self, pem: impl AsRef<[u8]>) -> Self {
        let identified = self.certificates.identify(pem.as_ref());
        self.keep(identified)
    }

    /// Creates the check. Nothing is sent yet.
    ///
    /// For `https`, this reads the certificates that the platform trusts, so files are read on most systems.
    ///
    /// # Errors
    ///
    /// Returns an error if the URL, the method, a header, a range, the expected text or a PEM is invalid, if settings
    /// contradict each other, or if there is no root certificate for an `https` URL.
    pub fn build(self) -> Result<Http, ConfigError> {
        let url = self.url?;
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        let tls = match url.scheme() {
            "https" => self.certificates.config()?,
            _ if self.certificates.is_empty() => tls::unused(),
            _ => {
                return Err(ConfigError::new(
                    "certificates have no effect for an `http` URL; use `https`, or remove them",
                ));
            }
        };
        if self.expected.is_some() && self.method == Method::HEAD {
            return Err(ConfigError::new(
                "the answer to HEAD has no body, so no text can be expected in it; use GET",
            ));
        }
        let mut headers = self.headers;
        for (name, value) in HEADERS {
            headers.entry(name).or_insert(HeaderValue::from_static(value));
        }
        let inner = Arc::new(Inner {
            client: Client::new(&url, tls)?,
            method: self.method,
            url,
            headers,
            statuses: self.statuses,
            expected: self.expected,
            is_probe: self.is_probe,
        });
        Ok(Http { inner })
    }

    fn keep(mut self, result: Result<(), ConfigError>) -> Self {
        self.problem = self.problem.or(result.err());
        self
    }

    fn fail(&mut self, problem: impl Into<String>) {
        self.problem.get_or_insert_with(|| ConfigError::new(problem));
    }
}

fn parse(url: &str) -> Result<Url, ConfigError> {
    let example = "write it like `https://api.example.com/status`";
    let url = Url::parse(url).map_err(|error| ConfigError::new(format!("the URL is not valid: {error}; {example}")))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        _ => Err(ConfigError::new(format!(
            "the URL is neither `http` nor `https`; {example}"
        ))),
    }
}

impl fmt::Debug for HttpBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.url.as_ref().ok().and_then(Url::host_str);
        f.debug_struct("HttpBuilder")
            .field("host", &host)
            .finish_non_exhaustive()
    }
}
