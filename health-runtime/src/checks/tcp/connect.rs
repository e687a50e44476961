//! Connects to the first of several addresses that accepts. A dead address does not use up the time of the next ones.

use std::net::SocketAddr;
use std::time::Duration;
use std::{fmt, io};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::BoxError;
use crate::current_run::within;

/// The next address is tried after this, even if the previous one has not failed (RFC 8305, section 5).
const DELAY: Duration = Duration::from_millis(250);

/// At most this many addresses are tried.
const TRIED: usize = 16;

/// At most this many addresses are named in the message. They are enough to see the cause.
const NAMED: usize = 4;

/// What happened to the attempts that have ended, in this order.
type Failures = Vec<(SocketAddr, io::Error)>;

/// Connects to the first address that accepts.
pub(in crate::checks) async fn first(
    addresses: Vec<SocketAddr>,
    patience: Duration,
) -> Result<(TcpStream, SocketAddr), BoxError> {
    let addresses = alternate(addresses);
    let mut failures = Failures::new();
    match within(patience, race(&addresses, patience, &mut failures)).await {
        Some(Some(connected)) => Ok(connected),
        Some(None) | None => Err(describe(&addresses, &failures, patience).into()),
    }
}

/// `None` if every attempt has failed.
async fn race(
    addresses: &[SocketAddr],
    patience: Duration,
    failures: &mut Failures,
) -> Option<(TcpStream, SocketAddr)> {
    // All attempts have been started after half of the time.
    let share = u32::try_from(addresses.len()).map_or(DELAY, |count| patience / (2 * count.max(1)));
    let delay = share.min(DELAY);
    let mut waiting = addresses.iter();
    let mut attempts = FuturesUnordered::new();
    loop {
        if let Some(address) = waiting.next() {
            attempts.push(attempt(*address));
        }
        let ended = if waiting.len() == 0 {
            attempts.next().await?
        } else {
            match timeout(delay, attempts.next()).await {
                Ok(ended) => ended?,
                Err(_) => continue,
            }
        };
        match ended {
            Ok(connected) => return Some(connected),
            Err(failure) => failures.push(failure),
        }
    }
}

async fn attempt(address: SocketAddr) -> Result<(TcpStream, SocketAddr), (SocketAddr, io::Error)> {
    match accepted(TcpStream::connect(address).await) {
        Ok(stream) => Ok((stream, address)),
        Err(error) => Err((address, error)),
    }
}

/// If nothing listens on a local port, the system may give the connection this very port as its own. The socket is then
/// connected to itself.
fn accepted(connected: io::Result<TcpStream>) -> io::Result<TcpStream> {
    let stream = connected?;
    if stream.local_addr()? == stream.peer_addr()? {
        let problem = "no server listens, and the socket was connected to itself";
        return Err(io::Error::new(io::ErrorKind::ConnectionRefused, problem));
    }
    Ok(stream)
}

/// The addresses to try: IPv6 and IPv4 alternate, so that a network without one of them costs one attempt.
fn alternate(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == first_is_v6);
    let mut second = second.into_iter();
    let mut all = Vec::new();
    for address in first {
        all.push(address);
        all.extend(second.next());
    }
    all.extend(second);
    all.truncate(TRIED);
    all
}

fn describe(addresses: &[SocketAddr], failures: &Failures, patience: Duration) -> String {
    let silent = addresses
        .iter()
        .filter(|address| failures.iter().all(|(failed, _)| failed != *address));
    let silent = silent.map(|address| Cause::Silent(*address, patience));
    let failed = failures.iter().map(|(address, error)| Cause::Failed(*address, error));
    let causes: Vec<Cause<'_>> = failed.chain(silent).collect();
    let mut named: Vec<String> = causes.iter().take(NAMED).map(ToString::to_string).collect();
    if causes.len() > NAMED {
        named.push(format!("and {} more", causes.len() - NAMED));
    }
    format!("cannot connect: {}", named.join("; "))
}

/// Why an address has not accepted the connection.
enum Cause<'a> {
    Failed(SocketAddr, &'a io::Error),
    Silent(SocketAddr, Duration),
}

impl fmt::Display for Cause<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(address, error) => write!(f, "{address}: {error}"),
            Self::Silent(address, patience) => {
                write!(f, "{address}: no answer within {} ms", patience.as_millis())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpSocket};

    use super::*;

    fn local() -> SocketAddr {
        "127.0.0.1:0".parse().expect("an address")
    }

    async fn accepting() -> (TcpListener, SocketAddr) {
        let server = TcpListener::bind(local()).await.expect("a free port");
        let address = server.local_addr().expect("bound");
        (server, address)
    }

    /// A server that answers nothing more: its queue of connections is full, so the system drops the next ones.
    async fn silent() -> (Vec<TcpStream>, TcpListener, SocketAddr) {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(local()).expect("a free port");
        let server = socket.listen(0).expect("it listens");
        let address = server.local_addr().expect("bound");
        let mut queue = Vec::new();
        while let Ok(stream) = timeout(Duration::from_millis(200), TcpStream::connect(address)).await {
            queue.push(stream.expect("it is queued"));
        }
        (queue, server, address)
    }

    #[tokio::test]
    async fn a_dead_first_address_leaves_time_for_the_second() {
        let (_queue, _dead, dead) = silent().await;
        let (_server, address) = accepting().await;
        for patience in [Duration::from_mins(1), Duration::from_millis(400)] {
            let (_, connected) = first(vec![dead, address], patience).await.expect("the second accepts");
            assert_eq!(connected, address);
        }
    }

    #[tokio::test]
    async fn a_refused_address_is_followed_by_the_next_at_once() {
        let (server, refused) = accepting().await;
        drop(server);
        let (_server, address) = accepting().await;
        let soon = Duration::from_secs(30); // the next would be tried after 250 ms anyway
        let start = tokio::time::Instant::now();
        let (_, connected) = first(vec![refused, address], soon).await.expect("the second accepts");
        assert_eq!(connected, address);
        assert!(start.elapsed() < DELAY, "{:?}", start.elapsed());
    }

    #[tokio::test]
    async fn the_message_names_each_address_and_its_cause() {
        let (_queue, _dead, dead) = silent().await;
        let (server, refused) = accepting().await;
        drop(server);
        let patience = Duration::from_millis(100);
        let error = first(vec![dead, refused], patience).await.unwrap_err().to_string();
        let cause = std::net::TcpStream::connect(refused).unwrap_err();
        assert_eq!(
            error,
            format!("cannot connect: {refused}: {cause}; {dead}: no answer within 100 ms")
        );
    }

    #[tokio::test]
    async fn a_socket_that_is_connected_to_itself_is_no_server() {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(local()).expect("a free port");
        let itself = socket.local_addr().expect("bound");
        let error = accepted(socket.connect(itself).await).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        assert!(error.to_string().contains("itself"), "{error}");
    }

    #[test]
    fn both_families_alternate_and_few_addresses_are_tried_and_named() {
        let v4 = |last: u8| SocketAddr::from(([10, 0, 0, last], 1));
        let v6 = |last: u16| SocketAddr::from(([0xfd, 0, 0, 0, 0, 0, 0, last], 1));
        assert_eq!(
            alternate(vec![v6(1), v6(2), v6(3), v4(1)]),
            [v6(1), v4(1), v6(2), v6(3)]
        );
        assert_eq!(alternate(vec![v4(1), v6(1), v6(2)]), [v4(1), v6(1), v6(2)]);
        let many = alternate((0..100).map(v4).collect());
        assert_eq!(many.len(), 16);
        let text = describe(&many, &Failures::new(), Duration::from_secs(1));
        assert_eq!(text.matches("no answer").count(), 4, "{text}");
        assert!(text.ends_with("; and 12 more"), "{text}");
    }
}
