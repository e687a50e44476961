//! Finds the addresses of a host, and connects to the first one that accepts.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::sync::mpsc;
use std::thread;

use crate::probe::deadline::Deadline;
use crate::probe::target::Target;

/// At most this many addresses of a name are tried.
const TRIED: usize = 8;

/// At most this many failures are named in the message.
const NAMED: usize = 3;

pub(super) fn connect(target: &Target, deadline: &Deadline) -> Result<TcpStream, String> {
    first(&addresses(target, deadline)?, deadline)
}

/// Connects to the first of these addresses that accepts.
fn first(addresses: &[SocketAddr], deadline: &Deadline) -> Result<TcpStream, String> {
    let mut failures = Vec::new();
    for (address, waiting) in addresses.iter().zip((1..=addresses.len()).rev()) {
        // An address that does not answer must leave time for those that still wait.
        let waiting = u32::try_from(waiting).unwrap_or(u32::MAX);
        let share = deadline
            .left()
            .map(|left| left / waiting)
            .filter(|share| !share.is_zero());
        let failure = match share.map(|share| TcpStream::connect_timeout(address, share).and_then(accepted)) {
            Some(Ok(stream)) => return Ok(stream),
            Some(Err(error)) if error.kind() != io::ErrorKind::TimedOut => error.to_string(),
            _ => format!("no answer {}", deadline.within()),
        };
        failures.push(format!("{address}: {failure}"));
    }
    let more = failures.len().saturating_sub(NAMED);
    failures.truncate(NAMED);
    if more > 0 {
        failures.push(format!("and {more} more"));
    }
    Err(format!("cannot connect: {}", failures.join("; ")))
}

/// If nothing listens on a local port, the system may give the connection this very port as its own. The socket is then
/// connected to itself.
fn accepted(stream: TcpStream) -> io::Result<TcpStream> {
    if stream.local_addr()? == stream.peer_addr()? {
        let problem = "no server listens, and the socket was connected to itself";
        return Err(io::Error::new(io::ErrorKind::ConnectionRefused, problem));
    }
    Ok(stream)
}

/// The addresses of the host, in the order in which they are tried.
fn addresses(target: &Target, deadline: &Deadline) -> Result<Vec<SocketAddr>, String> {
    let (host, port) = (target.host.as_str(), target.port);
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![(address, port).into()]);
    }
    // Without a lookup (RFC 6761, section 6.3): an image may have neither `/etc/hosts` nor a resolver.
    if host.eq_ignore_ascii_case("localhost") {
        return Ok(vec![
            (Ipv4Addr::LOCALHOST, port).into(),
            (Ipv6Addr::LOCALHOST, port).into(),
        ]);
    }
    let name = host.to_owned();
    let look_up = move || Ok((name.as_str(), port).to_socket_addrs()?.take(TRIED).collect());
    match in_time(look_up, deadline) {
        Some(Ok(addresses)) if Vec::is_empty(&addresses) => Err(format!("`{host}` has no address")),
        Some(Ok(addresses)) => Ok(addresses),
        Some(Err(error)) => Err(format!("`{host}` does not resolve: {error}")),
        None => Err(format!(
            "the resolver has not answered for `{host}` {}",
            deadline.within()
        )),
    }
}

/// Calls `find` on a thread of its own, because a lookup may hang and cannot be aborted. `None` if it has not returned
/// in time; then the thread is left behind.
fn in_time<T: Send + 'static>(
    find: impl FnOnce() -> io::Result<T> + Send + 'static,
    deadline: &Deadline,
) -> Option<io::Result<T>> {
    let (sender, found) = mpsc::channel();
    let call = move || drop(sender.send(find()));
    if let Err(error) = thread::Builder::new().name("health dns".into()).spawn(call) {
        return Some(Err(error));
    }
    found.recv_timeout(deadline.left()?).ok()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_lookup_that_hangs_does_not_hold_the_probe() {
        let deadline = Deadline::after(Duration::from_millis(100));
        let (end, hangs) = mpsc::channel::<()>();
        let hung = move || {
            let _ = hangs.recv();
            Ok(())
        };
        assert!(in_time(hung, &deadline).is_none());
        drop(end);
        let deadline = Deadline::after(Duration::from_secs(60));
        assert_eq!(in_time(|| Ok(1), &deadline).expect("in time").expect("it is found"), 1);
    }

    #[test]
    fn localhost_needs_no_lookup() {
        let target = Target::parse("http://LocalHost:3000/").expect("a URL");
        let expired = Deadline::after(Duration::ZERO);
        let found = addresses(&target, &expired).expect("without a lookup");
        assert_eq!(
            found,
            ["127.0.0.1:3000", "[::1]:3000"].map(|address| address.parse().expect("an address"))
        );
    }

    #[test]
    fn a_name_that_does_not_exist_is_an_error() {
        let target = Target::parse("http://no-such-host.invalid:3000/").expect("a URL");
        let error = connect(&target, &Deadline::after(Duration::from_secs(60))).expect_err("it does not exist");
        assert!(error.contains("`no-such-host.invalid` does not resolve"), "{error}");
    }

    #[test]
    fn without_time_left_nothing_is_tried() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let target = Target::parse(&format!("http://127.0.0.1:{port}/")).expect("a URL");
        let error = connect(&target, &Deadline::after(Duration::ZERO)).expect_err("no time");
        assert_eq!(
            error,
            format!("cannot connect: 127.0.0.1:{port}: no answer within 0 ms")
        );
    }

    /// A server that answers nothing more: its queue of connections is full, so the system drops the next ones.
    fn silent() -> (tokio::net::TcpListener, Vec<TcpStream>, SocketAddr) {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket
            .bind("127.0.0.1:0".parse().expect("an address"))
            .expect("a free port");
        let server = socket.listen(0).expect("it listens");
        let address = server.local_addr().expect("it is bound");
        let mut queue = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
            queue.push(stream);
        }
        (server, queue, address)
    }

    #[tokio::test]
    async fn a_dead_first_address_leaves_time_for_the_next() {
        let (_server, _queue, dead) = silent();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let stream = first(&[dead, address], &Deadline::after(Duration::from_secs(1))).expect("the second accepts");
        assert_eq!(stream.peer_addr().expect("it is connected"), address);
        let error = first(&[dead, dead], &Deadline::after(Duration::from_millis(200))).expect_err("both are dead");
        assert_eq!(error.matches("no answer within 200 ms").count(), 2, "{error}");
    }

    #[tokio::test]
    async fn a_socket_that_is_connected_to_itself_is_no_server() {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket
            .bind("127.0.0.1:0".parse().expect("an address"))
            .expect("a free port");
        let address = socket.local_addr().expect("it is bound");
        let stream = socket.connect(address).await.expect("the system allows it");
        let error = accepted(stream.into_std().expect("a socket")).expect_err("it is no server");
        assert!(error.to_string().contains("connected to itself"), "{error}");
    }
}
