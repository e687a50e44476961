//! The sockets that a listener can wrap.

use std::io;
use std::net;
#[cfg(unix)]
use std::os::unix::net as unix;

use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
#[cfg(unix)]
use tokio::net::{UnixListener, UnixStream};

/// A socket that can be wrapped by [`Health::listener`](crate::Health::listener). The trait is implemented for tokio's
/// `TcpListener` and, on Unix, for its `UnixListener`.
///
/// This trait is sealed, because a listener has to empty the queue of its socket before it closes, which is only
/// implemented for these sockets. If you need TLS, write your own listener that accepts connections from the one
/// returned by [`Health::drain_listener`](crate::Health::drain_listener).
pub trait ListenSocket:
    Listener + Send + private::Queue<Io = <Self as Listener>::Io, Addr = <Self as Listener>::Addr>
{
}

impl ListenSocket for TcpListener {}

#[cfg(unix)]
impl ListenSocket for UnixListener {}

pub(in crate::http) mod private {
    use super::io;

    /// The queue of connections that wait to be accepted.
    pub trait Queue: Sized {
        type Io;
        type Addr;
        /// The socket without tokio. Tokio relies on the last event of the socket, and an event for a new connection
        /// may not have been delivered yet.
        type Plain: std::fmt::Debug + Send + 'static;
        fn into_plain(self) -> io::Result<Self::Plain>;
        /// The next connection of the queue. The error is [`WouldBlock`](io::ErrorKind::WouldBlock) once the queue is
        /// empty. `Ok(None)` if the connection cannot be used.
        fn next(plain: &Self::Plain) -> io::Result<Option<(Self::Io, Self::Addr)>>;
    }
}

impl private::Queue for TcpListener {
    type Io = TcpStream;
    type Addr = net::SocketAddr;
    type Plain = net::TcpListener;

    fn into_plain(self) -> io::Result<net::TcpListener> {
        self.into_std()
    }

    fn next(plain: &net::TcpListener) -> io::Result<Option<(TcpStream, net::SocketAddr)>> {
        let (stream, peer) = plain.accept()?;
        let stream = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream));
        Ok(stream.ok().map(|stream| (stream, peer)))
    }
}

#[cfg(unix)]
impl private::Queue for UnixListener {
    type Io = UnixStream;
    type Addr = tokio::net::unix::SocketAddr;
    type Plain = unix::UnixListener;

    fn into_plain(self) -> io::Result<unix::UnixListener> {
        self.into_std()
    }

    fn next(plain: &unix::UnixListener) -> io::Result<Option<(UnixStream, tokio::net::unix::SocketAddr)>> {
        let (stream, _) = plain.accept()?;
        let stream = stream.set_nonblocking(true).and_then(|()| UnixStream::from_std(stream));
        let accepted = stream.and_then(|stream| stream.peer_addr().map(|peer| (stream, peer)));
        Ok(accepted.ok())
    }
}
