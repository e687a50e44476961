//! The text that a server sends to a new connection before it gets a command. Redis refuses a connection in this way,
//! and then closes it. The driver does not report this text, because it first sends a command to the closed connection.

use std::io::{ErrorKind, Read as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use tokio::task::spawn_blocking;

use crate::current_run::{patience, timed};
use crate::outcome::BoxError;

/// What Redis sends if it has as many clients as it accepts.
#[cfg(feature = "deadpool-redis-0_23")]
pub(super) const TOO_MANY: &str = "max number of clients reached";

/// A server that refuses a connection sends its text within this time.
const AT_ONCE: Duration = Duration::from_millis(100);

/// Connects once more, without the driver, to find out why the driver got no connection. `None` if the cause is not
/// found. `info` is the `Debug` output of a `ConnectionInfo`.
pub(super) async fn look(info: &str) -> Option<BoxError> {
    look_at(address(info)?, "accepts the connection, but does not answer").await
}

/// The same for a node of a cluster that the driver is not connected to. `error` is the driver's text. It ends with the
/// address of the node.
pub(super) async fn look_at_node(error: &str) -> Option<BoxError> {
    let address = last_address(error)?;
    let silent = "accepts connections, so it may refuse the client, for example its password";
    look_at(address, silent).await
}

/// `silent` is the text for a server that accepts the connection and says nothing.
async fn look_at(address: (String, u16), silent: &'static str) -> Option<BoxError> {
    let patience = patience();
    let seen = timed(patience, spawn_blocking(move || connect(address, patience, silent))).await;
    seen.ok()?.ok()?.map(Into::into)
}

/// Blocks for at most about this long, and longer only if the name of the host is resolved slowly.
fn connect((host, port): (String, u16), patience: Duration, silent: &str) -> Option<String> {
    let place = format!("{host}:{port}");
    let timeout = patience.saturating_sub(AT_ONCE).max(AT_ONCE) / 2;
    let address = match (host, port).to_socket_addrs() {
        Ok(mut addresses) => addresses.next()?,
        Err(error) => return Some(format!("no connection to {place}: {error}")),
    };
    let mut stream = match TcpStream::connect_timeout(&address, timeout) {
        Ok(stream) => stream,
        Err(error) => return Some(format!("no connection to {place}: {error}")),
    };
    stream.set_read_timeout(Some(AT_ONCE)).ok()?;
    let mut greeting = [0; 512];
    match stream.read(&mut greeting) {
        Ok(length) if greeting.starts_with(b"-") => {
            let text = String::from_utf8_lossy(&greeting[1..length]);
            let line = text.lines().next().unwrap_or_default();
            Some(format!("{place} refuses the connection: {line}"))
        }
        Ok(0) => Some(format!("{place} closes each connection at once")),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            Some(format!("{place} {silent}"))
        }
        _ => None,
    }
}

/// The address that a client connects to, from the `Debug` output of its `ConnectionInfo`. The fields of that type
/// differ between versions, but this output does not. `None` for sockets without a port, and for connections with TLS,
/// which have no greeting.
fn address(info: &str) -> Option<(String, u16)> {
    let after = info.split_once("addr: Tcp(\"")?.1;
    let (host, after) = after.split_once("\", ")?;
    let (port, _) = after.split_once(')')?;
    Some((host.to_owned(), port.trim().parse().ok()?))
}

/// `host:port` at the end of a text.
fn last_address(text: &str) -> Option<(String, u16)> {
    let (host, port) = text.rsplit(' ').next()?.rsplit_once(':')?;
    (!host.is_empty()).then_some((host.to_owned(), port.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_node_is_found_at_the_end_of_an_error() {
        let error = "Requested connection not found - ClusterConnectionNotFound: node-1.internal:7000";
        assert_eq!(last_address(error), Some(("node-1.internal".to_owned(), 7000)));
        for other in [
            "",
            "No connections found - ClusterConnectionNotFound",
            "a: :7000",
            "at 10:30 Uhr",
        ] {
            assert_eq!(last_address(other), None, "{other}");
        }
    }

    #[test]
    fn an_address_is_found_in_what_the_driver_shows() {
        let info = r#"ConnectionInfo { addr: Tcp("cache.internal", 6379), redis: RedisConnectionInfo { db: 0 } }"#;
        assert_eq!(address(info), Some(("cache.internal".to_owned(), 6379)));
        for other in [
            "",
            "addr: Tcp(",
            "addr: Tcp(\"a\", x)",
            "addr: Unix(\"/run/redis\")",
            "addr: Tcp(\"a",
        ] {
            assert_eq!(address(other), None, "{other}");
        }
    }
}
