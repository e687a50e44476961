//! [`Tcp`], a check that a server accepts connections.
//!
//! ```text
//! target   the host and the port
//! connect  tries the addresses of the host
//! ```

mod connect;
mod target;

use crate::check::HealthCheck;
use crate::checks::config_error::ConfigError;
use crate::outcome::{CheckResult, Outcome};

#[cfg(feature = "http-client")]
pub(super) use self::connect::first as connect_to;
pub(super) use self::target::Target;

/// A check that a server accepts TCP connections. It connects and closes the connection at once, without sending or
/// reading anything.
///
/// A connection only proves that a process listens on the port. If the process hangs, connections are still accepted,
/// because the operating system accepts them. If there is a check for the protocol of the server, use that check
/// instead.
///
/// | what it finds | result |
/// |---|---|
/// | one address of the host accepts the connection | healthy |
/// | every address refuses it, or there is no route to any of them | unhealthy, `error` |
/// | the name does not resolve | unhealthy, `error` |
/// | the resolver or the server does not answer in time | unhealthy, `error` |
///
/// If the check fails, the message contains up to four of the addresses that were tried, each with its error.
///
/// Details, if the check is healthy: `address`, which is the address that accepted the connection.
///
/// Feature: `net`, which `axum` enables.
///
/// # Which address is used
///
/// If the host has several addresses, the check tries them in the order in which the resolver returns them, except that
/// IPv6 and IPv4 alternate. The next address is tried when the previous one fails, or after at most 250 ms. The earlier
/// attempts continue, and the first connection that is accepted is used. This is a short form of Happy Eyeballs
/// ([RFC 8305], section 5). At most 16 addresses are tried.
///
/// # Cost
///
/// Each run makes one TCP connection if the first address accepts it. A name is resolved in the same way as by
/// [`Dns`](crate::checks::Dns), on a short-lived thread. The check waits for the resolver for at most 3/4 of its
/// timeout, and then for a connection for at most 3/4 of the time that is left. When it runs outside of an engine, it
/// waits for up to 1 s for each of the two.
///
/// Some servers write a log line for every connection that is closed before any data is sent. MySQL also counts it as
/// an error, and blocks a host after too many such errors in a row (`max_connect_errors`).
///
/// # Example
///
/// ```
/// use health_runtime::HealthState;
/// use health_runtime::checks::Tcp;
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check(timeout = "1s")]
///     mail: Tcp,
/// }
///
/// # fn main() -> Result<(), health_runtime::checks::ConfigError> {
/// let state = AppState { mail: Tcp::new("mail.example.com:25")? };
/// # Ok(())
/// # }
/// ```
///
/// [RFC 8305]: https://www.rfc-editor.org/rfc/rfc8305#section-5
#[cfg_attr(docsrs, doc(cfg(feature = "net")))]
#[derive(Clone, Debug)]
pub struct Tcp {
    target: Target,
}

impl Tcp {
    /// Creates a check of the server at this address, in the form `host:port`. The host is a name or an IP address.
    /// Write an IPv6 address in brackets: `[::1]:25`.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no port or if it is not between 1 and 65535, or if the host cannot be a name. The
    /// name is not resolved yet.
    pub fn new(address: impl AsRef<str>) -> Result<Self, ConfigError> {
        let target = Target::parse(address.as_ref())?;
        Ok(Self { target })
    }
}

impl HealthCheck for Tcp {
    async fn check(&self) -> CheckResult {
        let (_, address) = self.target.connect().await?;
        Ok(Outcome::healthy().detail("address", address.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;
    use crate::Status;

    #[tokio::test]
    async fn an_accepted_connection_is_healthy_and_closed_at_once() {
        let server = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = server.local_addr().expect("bound").port();
        let check = Tcp::new(format!("localhost:{port}")).expect("an address");
        let outcome = check.check().await.expect("it is accepted");
        assert_eq!(outcome.status(), Status::Healthy);
        let address = &outcome.details()[0];
        assert_eq!(address.name, "address");
        assert_eq!(address.value.as_str(), Some(format!("127.0.0.1:{port}").as_str()));
        let (stream, _) = server.accept().await.expect("it has connected");
        stream.readable().await.expect("it is closed");
        assert_eq!(stream.try_read(&mut [0]).expect("it is closed"), 0);
    }

    #[tokio::test]
    async fn a_refused_connection_and_a_name_that_does_not_resolve_are_errors() {
        let server = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = server.local_addr().expect("bound");
        drop(server);
        let error = Tcp::new(address.to_string()).expect("an address").check().await;
        let error = error.unwrap_err().to_string();
        let refused = std::net::TcpStream::connect(address).unwrap_err();
        assert_eq!(error, format!("cannot connect: {address}: {refused}"));

        let unknown = "x".repeat(64);
        let error = Tcp::new(format!("{unknown}:1")).expect("an address").check().await;
        let error = error.unwrap_err().to_string();
        assert!(error.starts_with(&format!("`{unknown}` does not resolve: ")), "{error}");
    }
}
