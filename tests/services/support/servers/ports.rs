//! Free ports on the loopback.

use std::hash::{BuildHasher as _, RandomState};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};

/// A TCP port on 127.0.0.1 that no other test uses as long as this value lives, also while no server listens on it.
#[derive(Debug)]
pub(super) struct Port {
    number: u16,
    /// Holds the UDP port of the same number, which no server needs here. It keeps other test processes away, and it
    /// does not hinder a server that binds the TCP port.
    _claim: UdpSocket,
}

impl Port {
    pub(super) fn claim() -> Self {
        let first = 10_000;
        let end = end_of_fixed_ports().max(20_000);
        for attempt in 0..1_000_u64 {
            let random = RandomState::new().hash_one(attempt) % u64::from(end - first);
            let number = first + u16::try_from(random).expect("the range has fewer than 65536 ports");
            let Ok(claim) = UdpSocket::bind((Ipv4Addr::LOCALHOST, number)) else {
                continue;
            };
            if TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok() {
                return Self { number, _claim: claim };
            }
        }
        panic!("no free port from {first} to {end} on 127.0.0.1");
    }

    pub(super) fn number(&self) -> u16 {
        self.number
    }
}

/// The first port that the kernel gives to outgoing connections. A server's port must not be one of those: while the
/// server is down, the kernel may give its port away. A client that connects again and again to such a port can even
/// reach itself.
fn end_of_fixed_ports() -> u16 {
    std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range")
        .ok()
        .and_then(|range| range.split_whitespace().next()?.parse().ok())
        .unwrap_or(32_768)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::Port;

    #[test]
    fn a_claimed_port_is_free_for_a_server() {
        let port = Port::claim();
        let is_free = || TcpListener::bind((Ipv4Addr::LOCALHOST, port.number())).is_ok();
        // A process that another test starts has all descriptors of this one for a moment.
        let until = std::time::Instant::now() + std::time::Duration::from_secs(5);
        while !is_free() {
            assert!(std::time::Instant::now() < until);
        }
    }

    #[test]
    fn no_port_is_claimed_twice() {
        let ports: Vec<_> = (0..500).map(|_| Port::claim()).collect();
        let mut numbers: Vec<_> = ports.iter().map(Port::number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), ports.len());
    }
}
