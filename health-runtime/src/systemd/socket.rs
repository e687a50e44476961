//! The socket of systemd. A message is one datagram.
//!
//! # Why no library
//!
//! `sd-notify` 0.5 was tried. It cannot send to an abstract socket (`@name`). It also sends on a blocking socket: if the
//! manager does not read, the 12th message blocks its worker for good, and the runtime is blocked by what watches it. All
//! that would be left for the crate is the text of five assignments.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

#[derive(Debug)]
pub(super) struct Socket {
    socket: UnixDatagram,
    manager: SocketAddr,
}

impl Socket {
    /// A socket for this value of `NOTIFY_SOCKET`.
    pub(super) fn open(manager: &OsStr) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        Ok(Self {
            socket,
            manager: address(manager)?,
        })
    }

    /// Sends one message, without waiting. The error is `WouldBlock` if the manager does not keep up.
    pub(super) fn send(&self, message: &str) -> io::Result<()> {
        self.socket.send_to_addr(message.as_bytes(), &self.manager).map(drop)
    }
}

fn address(manager: &OsStr) -> io::Result<SocketAddr> {
    match manager.as_bytes() {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        [b'@', name @ ..] => {
            #[cfg(target_os = "android")]
            use std::os::android::net::SocketAddrExt as _;
            #[cfg(target_os = "linux")]
            use std::os::linux::net::SocketAddrExt as _;
            SocketAddr::from_abstract_name(name)
        }
        [b'/', ..] => SocketAddr::from_pathname(manager),
        _ => Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "only a path and an abstract socket (`@name`) are supported",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_of_another_kind_is_refused() {
        for manager in ["vsock:2:1234", "relative", ""] {
            let error = Socket::open(OsStr::new(manager)).expect_err(manager);
            assert_eq!(error.kind(), io::ErrorKind::Unsupported, "{manager}");
        }
    }

    #[test]
    fn a_manager_that_does_not_read_does_not_block_the_service() {
        let folder = std::env::temp_dir().join(format!("health-socket-{}", std::process::id()));
        let manager = UnixDatagram::bind(&folder).expect("a free path");
        let socket = Socket::open(folder.as_os_str()).expect("a path");
        let mut sent = 0;
        let error = loop {
            match socket.send("WATCHDOG=1") {
                Ok(()) => sent += 1,
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        let mut buffer = [0; 64];
        for _ in 0..sent {
            assert_eq!(manager.recv(&mut buffer).expect("it was sent"), "WATCHDOG=1".len());
        }
        socket.send("READY=1").expect("there is room again");
        std::fs::remove_file(&folder).expect("it is ours");
    }
}
