//! [`Http`], a check that asks an HTTP server.
//!
//! ```text
//! builder   the settings, and their errors
//! client    sends the request; finds out how far a run has come
//! statuses  what a status code means
//! tls       the certificates
//! ```

mod builder;
mod client;
mod statuses;
#[cfg(test)]
mod tests;
mod tls;

use std::fmt;
use std::sync::Arc;

use reqwest::header::HeaderMap;
use reqwest::{Method, Response, Url};

use self::client::{Client, Failure, Stage};
use self::statuses::Statuses;
use crate::BoxError;
use crate::check::HealthCheck;
use crate::current_run::{patience, within};
use crate::outcome::{CheckResult, Outcome, Status};

pub use self::builder::HttpBuilder;

/// At most this much of a body is read.
const BODY: usize = 64 * 1024;

/// A check that sends a request to an HTTP server and looks at the answer.
///
/// Create it with [`Http::get`], which returns an [`HttpBuilder`]. The settings are validated by
/// [`HttpBuilder::build`], so an invalid URL is an error when the service starts, and not a check that always fails.
///
/// | what it finds | result by default |
/// |---|---|
/// | the server answers with a status from 200 to 399 | healthy |
/// | the server answers with a status from 400 to 499 | degraded, `reported` |
/// | the server answers with any other status | unhealthy, `reported` |
/// | the status is healthy, but the body does not contain the [expected text](HttpBuilder::expect_body_contains) | unhealthy, `reported` |
/// | the name does not resolve, the connection is refused, or TLS fails | unhealthy, `error` |
/// | the server closes the connection without an answer | unhealthy, `error` |
/// | there is no connection, or no answer, within 3/4 of the check's timeout | unhealthy, `error` |
///
/// A status from 400 to 499 is degraded, because the server works but does not accept the request. For example, the
/// credentials of the check may have expired. To change what a status means, use [`HttpBuilder::expect_status`] or
/// [`HttpBuilder::on_status`].
///
/// The message of a failure contains the cause and how far the run got. It contains neither the URL nor headers nor the
/// body.
///
/// Details, if the server answers: `status`, such as `200`, and `http_version`, such as `HTTP/1.1`.
///
/// Feature: `http-client`.
///
/// # On the wire
///
/// The request is sent with HTTP/1.1 and has no body. Unless you set them yourself, it has these headers:
///
/// | header | value | why |
/// |---|---|---|
/// | `User-Agent` | `health-runtime/` and the version of this crate | the server's log shows that this is a check |
/// | `Accept` | `*/*` | any type of body is accepted |
/// | `Cache-Control` | `no-cache` | a cache must not answer in place of the server |
///
/// Redirects are not followed, because the target may be on another server, such as a login page. Environment variables
/// such as `HTTPS_PROXY` are ignored, so that all instances of a service check the same thing.
///
/// For `https`, the check trusts the certificates that the platform trusts, and each
/// [`root_certificate`](HttpBuilder::root_certificate). If the application has installed a rustls `CryptoProvider` for
/// the process, the check uses it. Otherwise, it uses `aws-lc-rs`, which is the default of rustls.
///
/// # Cost
///
/// Each run sends one request. At most one idle connection is kept for all clones of the check, for up to 90 seconds.
/// The next run uses it again unless the server has closed it. If the server closes it while the request is being sent,
/// the request is sent once more over a new connection, but only if its method is safe, like GET or HEAD.
///
/// The body is only read if a text is expected in it, and then no more than the first 64 KiB. Names are resolved in the
/// same way as by [`Dns`](crate::checks::Dns). If a name has several addresses, the check first looks for an address
/// that accepts connections, in the same way as [`Tcp`](crate::checks::Tcp). So it then makes two connections, and
/// closes the first one at once.
///
/// A run waits for at most 3/4 of the check's timeout. When it runs outside of an engine, it waits for up to 1 s.
///
/// # Two services that check each other
///
/// If two services check each other's readiness, neither recovers after an outage: each one fails because the other one
/// fails. So use [`Http::probe`] to ask a probe of another service that uses this crate. It adds `hops=1` to the query.
/// The other service then leaves out its own checks that ask a probe. For a service without this crate, request
/// something that does not depend on your service, such as a route of the API.
///
/// # Example
///
/// ```
/// use health_runtime::HealthState;
/// use health_runtime::checks::Http;
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check(interval = "15s", timeout = "3s")]
///     payments: Http,
/// }
///
/// # fn main() -> Result<(), health_runtime::checks::ConfigError> {
/// let payments = Http::get("http://payments.example.com/status")
///     .header("Authorization", "Bearer 7f3a")
///     .expect_status(200..=204)
///     .expect_body_contains("\"ok\"")
///     .build()?;
/// let state = AppState { payments };
/// # Ok(())
/// # }
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "http-client")))]
#[derive(Clone)]
pub struct Http {
    inner: Arc<Inner>,
}

struct Inner {
    client: Client,
    method: Method,
    url: Url,
    headers: HeaderMap,
    statuses: Statuses,
    expected: Option<String>,
    is_probe: bool,
}

impl Http {
    /// Starts building a check that sends a GET request to this URL, which must begin with `http://` or `https://`. If
    /// the URL contains a user name and a password, they are sent in an `Authorization` header.
    ///
    /// An invalid URL is reported by [`HttpBuilder::build`].
    pub fn get(url: impl AsRef<str>) -> HttpBuilder {
        HttpBuilder::new(url.as_ref())
    }

    /// Starts building a check that asks a probe of another service, such as `http://billing:8080/readyz`. It works
    /// like [`get`](Self::get), with three differences:
    ///
    /// - It adds `hops=1` to the query. A service that uses this crate then leaves out its own checks that ask a probe.
    ///   So two services that ask each other's readiness both recover after an outage.
    /// - Only a status from 200 to 299 is healthy. Any other status is unhealthy, for example the 404 of a misspelt
    ///   path.
    /// - When another service asks a probe of this service with `hops`, this check is left out.
    ///
    /// ```
    /// use health_runtime::checks::Http;
    ///
    /// let billing = Http::probe("http://billing.example.com:8080/readyz").build()?;
    /// # Ok::<(), health_runtime::checks::ConfigError>(())
    /// ```
    pub fn probe(url: impl AsRef<str>) -> HttpBuilder {
        HttpBuilder::for_probe(url.as_ref())
    }
}

impl HealthCheck for Http {
    fn asks_probe(&self) -> bool {
        self.inner.is_probe
    }

    async fn check(&self) -> CheckResult {
        let limit = patience();
        let inner = &*self.inner;
        inner.client.begin(limit);
        let failure = match within(limit, inner.ask()).await {
            Some(Ok(outcome)) => return Ok(outcome),
            Some(Err(failure)) => failure.to_string(),
            None => {
                let waited = match inner.client.stage() {
                    Stage::Resolving => "the resolver has not answered",
                    Stage::Connecting if inner.url.scheme() == "https" => "no TCP and TLS connection",
                    Stage::Connecting => "no connection",
                    Stage::Connected | Stage::Reused => "connected, but no answer",
                    Stage::Body => "the server answered, but the expected text is not in the part of the body received",
                };
                format!("{waited} within {} ms", limit.as_millis())
            }
        };
        Err(BoxError::from(failure))
    }
}

impl Inner {
    async fn ask(&self) -> Result<Outcome, Failure> {
        let response = self.send().await?;
        let status = response.status();
        let version = format!("{:?}", response.version());
        let mut outcome = self.statuses.judge(status);
        if let (Some(expected), Status::Healthy) = (&self.expected, outcome.status()) {
            self.client.enter(Stage::Body);
            if let Some(problem) = self.search(response, expected.as_bytes()).await? {
                outcome = Outcome::unhealthy(problem);
            }
        }
        Ok(outcome
            .detail("status", status.as_u16())
            .detail("http_version", version))
    }

    async fn send(&self) -> Result<Response, Failure> {
        let send = || {
            let request = self.client.request(self.method.clone(), self.url.clone());
            request.headers(self.headers.clone()).send()
        };
        match send().await {
            Ok(response) => Ok(response),
            // A server may close an idle connection at any time, even while a request is being sent.
            Err(_) if self.client.stage() == Stage::Reused && self.method.is_safe() => {
                send().await.map_err(|error| self.client.failure(&error))
            }
            Err(error) => Err(self.client.failure(&error)),
        }
    }

    /// Searches the body until the text is found. `None` if it is.
    async fn search(&self, mut response: Response, expected: &[u8]) -> Result<Option<String>, Failure> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.client.failure(&error))? {
            let from = body.len().saturating_sub(expected.len());
            let room = BODY - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if body[from..].windows(expected.len()).any(|part| part == expected) {
                return Ok(None);
            }
            if chunk.len() >= room {
                return Ok(Some(format!(
                    "the first {} KiB of the body do not contain the expected text",
                    BODY / 1024
                )));
            }
        }
        Ok(Some(format!(
            "the body, of {} bytes, does not contain the expected text",
            body.len()
        )))
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.inner.url.host_str();
        f.debug_struct("Http").field("host", &host).finish_non_exhaustive()
    }
}
