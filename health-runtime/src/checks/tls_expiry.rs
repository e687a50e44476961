//! [`TlsExpiry`], a check that certificates do not expire soon.
//!
//! ```text
//! certificate  reads the dates of a certificate, and decides the result
//! file         the certificates in a PEM file
//! server       the certificates that a server sends
//! ```

mod certificate;
mod file;
mod server;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::pki_types::ServerName;

use crate::check::HealthCheck;
use crate::checks::config_error::ConfigError;
use crate::checks::tcp::Target;
use crate::outcome::CheckResult;

/// The certificates are degraded from 14 days before they expire.
const WARNING: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// A check that TLS certificates do not expire soon. It reads them [from a file](Self::file), or asks
/// [a server](Self::server) for them.
///
/// All certificates of the chain are checked, and the one that expires first decides the result. The check only looks
/// at their dates. It verifies neither names nor signatures, and self-signed certificates are accepted.
///
/// | what it finds | result |
/// |---|---|
/// | every certificate is valid for at least 14 more days | healthy |
/// | a certificate expires within 14 days | degraded, `reported` |
/// | a certificate has expired, or is not valid yet | unhealthy, `reported` |
/// | the file is missing, cannot be read, is larger than 1 MiB, or contains no certificate | unhealthy, `error` |
/// | a certificate cannot be parsed | unhealthy, `error` |
/// | the server refuses the connection, its name does not resolve, or it does not speak TLS | unhealthy, `error` |
/// | the file system, the resolver or the server does not answer in time | unhealthy, `error` |
///
/// To change the 14 days, use [`degraded_within`](Self::degraded_within).
///
/// Details: `expires_in_days` is the number of full days until the first certificate expires, and is negative after
/// that. `subject` is the subject of this certificate, such as `CN=api.example.com`. Many certificates that are issued
/// automatically have an empty subject. For them, `subject` is the first DNS name of the certificate.
///
/// Feature: `tls-expiry`.
///
/// # File or server
///
/// A file shows which certificate a service will load the next time. If a service loads its certificate only at the
/// start, it keeps the old one even after the file is renewed. To detect this, check the service's own port with
/// [`server`](Self::server).
///
/// # Cost
///
/// Each run reads the file, or makes one connection with one TLS handshake. An interval of an hour is short enough.
///
/// The file is read, and the name is resolved, on short-lived threads. So neither a worker thread nor a thread of the
/// runtime's blocking pool is blocked. Each step waits for at most 3/4 of the time that is left of the check's timeout.
/// If the check runs outside of an engine, each step waits for up to 1 s.
///
/// # Example
///
/// ```
/// use health_runtime::HealthState;
/// use health_runtime::checks::TlsExpiry;
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check(interval = "1h")]
///     certificate: TlsExpiry,
///     #[health_check(interval = "1h", timeout = "5s")]
///     partner: TlsExpiry,
/// }
///
/// # fn main() -> Result<(), health_runtime::checks::ConfigError> {
/// let state = AppState {
///     certificate: TlsExpiry::file("/etc/tls/tls.crt"),
///     partner: TlsExpiry::server("api.partner.example:443")?,
/// };
/// # Ok(())
/// # }
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "tls-expiry")))]
#[derive(Clone, Debug)]
pub struct TlsExpiry {
    source: Source,
    warning: Duration,
}

#[derive(Clone, Debug)]
enum Source {
    File(Arc<Path>),
    Server(Target, ServerName<'static>),
}

impl TlsExpiry {
    /// Creates a check of the certificates in this file, which is read again by each run. The file is in PEM format.
    /// Keys and other items in it are ignored.
    ///
    /// The file does not have to exist yet. A relative path starts at the current directory.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::of(Source::File(path.into().into()))
    }

    /// Creates a check of the certificates of the server at this address, in the form `host:port`. Unless the host is
    /// an IP address, it is sent to the server as the server name (SNI).
    ///
    /// The check starts a TLS handshake and closes the connection as soon as the server has sent its certificates. So
    /// it also works for a server that asks clients for a certificate. It does not work for protocols that begin
    /// without TLS, such as SMTP with STARTTLS or PostgreSQL.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no port or if it is not between 1 and 65535, or if the host cannot be a name. The
    /// name is not resolved yet.
    pub fn server(address: impl AsRef<str>) -> Result<Self, ConfigError> {
        let target = Target::parse(address.as_ref())?;
        let name = ServerName::try_from(target.host().to_owned()).map_err(|_| {
            ConfigError::new("the host of the address is not a valid DNS name, so TLS cannot ask for it")
        })?;
        Ok(Self::of(Source::Server(target, name)))
    }

    fn of(source: Source) -> Self {
        let warning = WARNING;
        Self { source, warning }
    }

    /// Sets how long before a certificate expires the check becomes degraded. The default is 14 days. Use a shorter
    /// time if your certificates are renewed later than that. With zero, the check never becomes degraded.
    #[must_use]
    pub fn degraded_within(mut self, time: Duration) -> Self {
        self.warning = time;
        self
    }
}

impl HealthCheck for TlsExpiry {
    async fn check(&self) -> CheckResult {
        let certificates = match &self.source {
            Source::File(path) => file::read(path).await?,
            Source::Server(target, name) => server::ask(target, name).await?,
        };
        certificate::judge(&certificates, SystemTime::now(), self.warning)
    }
}
