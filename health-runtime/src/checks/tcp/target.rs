//! The host and the port of a server.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpStream;

use crate::BoxError;
use crate::checks::config_error::ConfigError;
use crate::checks::dns;
use crate::checks::tcp::connect;
use crate::current_run::patience;

/// The host and the port of a server.
#[derive(Clone, Debug)]
pub(in crate::checks) struct Target {
    host: Arc<str>,
    port: u16,
}

impl Target {
    /// Reads `host:port`.
    pub(in crate::checks) fn parse(address: &str) -> Result<Self, ConfigError> {
        let without_port =
            || ConfigError::new("the address has no port; write `host:port`, like `db.example.com:5432`");
        let (host, port) = address.rsplit_once(':').ok_or_else(without_port)?;
        let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(host) => host,
            None if host.contains('/') || port.starts_with('/') => {
                return Err(ConfigError::new("the address is a URL; write only `host:port`"));
            }
            None if host.contains(':') => {
                return Err(ConfigError::new(
                    "the address is IPv6 without brackets; write it like `[::1]:5432`",
                ));
            }
            None => host,
        };
        dns::validate(host)?;
        match port.parse() {
            // `u16` also parses `+80`.
            Ok(number @ 1..) if !port.starts_with('+') => Ok(Self {
                host: host.into(),
                port: number,
            }),
            _ => Err(ConfigError::new(
                "the port of the address is not a number between 1 and 65535",
            )),
        }
    }

    #[cfg(feature = "tls-expiry")]
    pub(in crate::checks) fn host(&self) -> &str {
        &self.host
    }

    /// Connects to one of the addresses of the host.
    pub(in crate::checks) async fn connect(&self) -> Result<(TcpStream, SocketAddr), BoxError> {
        let mut addresses = dns::resolve(&self.host, patience()).await?;
        for address in &mut addresses {
            address.set_port(self.port);
        }
        connect::first(addresses, patience()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_and_port_are_told_apart() {
        let target = |address| {
            let target = Target::parse(address).expect(address);
            (target.host.to_string(), target.port)
        };
        assert_eq!(target("db:5432"), ("db".to_owned(), 5432));
        assert_eq!(target("10.0.0.1:1"), ("10.0.0.1".to_owned(), 1));
        assert_eq!(target("[::1]:65535"), ("::1".to_owned(), 65535));
    }

    #[test]
    fn an_address_that_cannot_be_connected_to_is_refused_with_the_way_out() {
        for (address, hint) in [
            ("db", "`host:port`"),
            ("db:", "between 1 and 65535"),
            ("db:0", "between 1 and 65535"),
            ("db:65536", "between 1 and 65535"),
            ("db:+80", "between 1 and 65535"),
            (":80", "the name of the host is empty"),
            ("::1", "`[::1]:5432`"),
            ("::1:80", "`[::1]:5432`"),
            ("[db:80", "only the name"),
            ("https://db:443", "`host:port`"),
            ("https://db", "`host:port`"),
            ("db:80/path", "between 1 and 65535"),
            ("user@db:80", "only the name"),
        ] {
            let error = Target::parse(address).expect_err(address).to_string();
            assert!(error.contains(hint), "{address}: {error}");
        }
    }
}
