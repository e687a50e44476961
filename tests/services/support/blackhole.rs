//! An address where nobody answers: the kernel drops each packet that would open a connection.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, TcpStream};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::time::Duration;

use nix::sys::socket::{AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, listen, socket};

/// While this exists, its address accepts no connection and refuses none.
#[derive(Debug)]
pub struct Blackhole {
    listener: TcpListener,
    _waiting: Vec<TcpStream>,
}

impl Blackhole {
    /// Fills the queue of a listener that never accepts.
    ///
    /// # Panics
    ///
    /// If the queue cannot be filled.
    pub fn new() -> Self {
        let socket: OwnedFd = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None).unwrap();
        let any_port = SockaddrIn::from(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0));
        bind(socket.as_raw_fd(), &any_port).unwrap();
        listen(&socket, Backlog::new(0).unwrap()).unwrap();
        let listener = TcpListener::from(socket);
        let address = listener.local_addr().unwrap();
        let mut waiting = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
            waiting.push(stream);
            assert!(waiting.len() < 16, "the queue is never full");
        }
        Self {
            listener,
            _waiting: waiting,
        }
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }
}

impl Default for Blackhole {
    fn default() -> Self {
        Self::new()
    }
}
