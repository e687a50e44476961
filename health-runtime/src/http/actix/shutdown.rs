//! Stops actix when no connection is waiting.
//!
//! When a server of actix stops, it loses three kinds of connections: those in the kernel's queue, those that wait for
//! a worker, and those from which no worker has read a request yet. So before the server stops, the kernel ignores new
//! connections, actix accepts those in the queue, and each worker reads what has arrived.

use std::io;
use std::net::TcpListener;
use std::pin::pin;
use std::sync::Arc;

use futures_util::future::select;
use tokio::runtime::Handle;

use crate::engine::{Call, ListenerGuard, Serving};
use crate::health::Health;
use crate::http::turn::turn;

impl Health {
    /// Returns a future for `HttpServer::shutdown_signal`. It resolves when the drain is over and actix can stop
    /// without losing a request. See [`actix`](Self::actix) for an example.
    ///
    /// `listener` is the listener of the server. Call this method before you pass the listener to `HttpServer::listen`.
    /// For a server on a Unix socket, pass [`shutdown_signal`](Self::shutdown_signal) to actix instead. Steps 1 and 2
    /// below are then left out.
    ///
    /// # What happens before the future resolves
    ///
    /// When actix stops, it drops the connections that still wait in the kernel's queue. It also closes each connection
    /// from which no worker has read a request yet. Under load, every client would lose its last request in this way.
    /// For this reason, three steps follow when the drain is over:
    ///
    /// 1. On Linux, the kernel drops the first packet of each new connection, so no new connection enters the queue.
    ///    The client repeats the packet after a second. By then, the port is closed, and the connection is refused.
    /// 2. Actix accepts the connections that wait in the queue.
    /// 3. Each worker whose `App` contains [`actix`](Self::actix) reads what has arrived at its connections.
    ///
    /// This takes about a tenth of a second. It takes longer while a worker is blocked, but never longer than half of
    /// `shutdown_grace`. Step 1 only exists on Linux. On other systems, a connection that arrives at the very end can
    /// be lost.
    ///
    /// # Signals and times
    ///
    /// Signals are handled as soon as this method is called, even before the future is polled, so call it early. If you
    /// use `HttpServer::shutdown_signal`, actix does not install its own signal handlers.
    ///
    /// Actix waits up to 30 s for requests in flight (`HttpServer::shutdown_timeout`). However, the engine ends the
    /// process after `shutdown_grace`, which is 15 s by default. Versions of actix-web before 4.14.1 also wait for idle
    /// connections, for the time set by `HttpServer::keep_alive` (5 s by default).
    ///
    /// # Several listeners
    ///
    /// A server with several listeners has to wait for all of the futures:
    ///
    /// ```no_run
    /// # use std::net::TcpListener;
    /// # fn wire(health: &health_runtime::Health, first: &TcpListener, second: &TcpListener) -> std::io::Result<impl Future<Output = ()> + use<>> {
    /// let (first, second) = (health.actix_shutdown_signal(first)?, health.actix_shutdown_signal(second)?);
    /// let stop = async { tokio::join!(first, second); };
    /// # Ok(stop)
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the operating system's error if the listener cannot be duplicated, for example because the process has
    /// no file descriptor left.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future has no effect on the drain. The future holds a duplicate of the listener, so the port is
    /// only closed when both actix and the future have been dropped. Actix drops the future when its server ends.
    pub fn actix_shutdown_signal(&self, listener: &TcpListener) -> io::Result<impl Future<Output = ()> + Send + use<>> {
        let door = Door::new(listener.try_clone()?);
        let closed = attend(Arc::clone(&self.engine.serving), self.engine.serving.seat(), Some(door));
        let stop = self.shutdown_signal();
        Ok(async move {
            select(pin!(stop), pin!(closed)).await;
        })
    }
}

/// Answers the engine's rounds on a worker.
pub(in crate::http) fn attend_worker(serving: &Arc<Serving>) {
    // A test may configure an application without a runtime.
    if let Ok(worker) = Handle::try_current() {
        worker.spawn(attend(Arc::clone(serving), serving.seat(), None));
    }
}

/// Answers the engine's rounds until the servers stop. The answer means that the runtime has read everything that had
/// arrived before the round, and, with a door, that the queue of the listener is empty.
async fn attend(serving: Arc<Serving>, seat: ListenerGuard, mut door: Option<Door>) {
    let mut calls = serving.calls();
    loop {
        let call = *calls.borrow_and_update();
        match call {
            Call::Serve => {}
            Call::Close { round } => {
                let is_empty = match &mut door {
                    Some(door) => door.closed().await,
                    None => true,
                };
                turn().await;
                if is_empty {
                    seat.answer(round);
                }
            }
            Call::Stop => return,
        }
        if calls.changed().await.is_err() {
            return; // the engine is gone
        }
    }
}

/// A second handle to the listener of actix, which has no way to close its listener before it stops.
#[derive(Debug)]
struct Door {
    listener: TcpListener,
    /// Whether the kernel ignores new connections. `None`: it has not been asked.
    shut: Option<bool>,
}

impl Door {
    fn new(listener: TcpListener) -> Self {
        Self { listener, shut: None }
    }

    /// Lets no further connection into the queue. Returns whether the queue is empty.
    async fn closed(&mut self) -> bool {
        let shut = *self.shut.get_or_insert_with(|| shut(&self.listener).is_ok());
        // Without the filter, more connections come, so the queue may never be empty.
        !shut || is_empty(&self.listener).await.unwrap_or(true)
    }
}

/// The kernel drops the first packet of each new connection from now on. The client repeats it after a second. Until
/// then, the socket is closed, and the client is refused. Handshakes that have begun go on.
#[cfg(target_os = "linux")]
fn shut(listener: &TcpListener) -> io::Result<()> {
    use socket2::{SockFilter, SockRef};

    const SYN: u32 = 2;
    SockRef::from(listener).attach_filter(&[
        SockFilter::new(0x30, 0, 0, 13), // load the flags of the TCP header: BPF_LD | BPF_B | BPF_ABS
        SockFilter::new(0x45, 0, 1, SYN), // if SYN is not set, skip a line: BPF_JMP | BPF_JSET | BPF_K
        SockFilter::new(0x06, 0, 0, 0),  // drop the packet: BPF_RET
        SockFilter::new(0x06, 0, 0, u32::MAX), // keep all of it
    ])
}

#[cfg(target_os = "linux")]
async fn is_empty(listener: &TcpListener) -> io::Result<bool> {
    use std::net::TcpStream;
    use std::os::fd::OwnedFd;

    use futures_util::FutureExt as _;

    // As a stream, because tokio does not tell whether a listener is readable. A listener is while its queue has one.
    let queue = TcpStream::from(OwnedFd::from(listener.try_clone()?));
    let queue = tokio::net::TcpStream::from_std(queue)?;
    turn().await; // the runtime has seen whether it is readable
    Ok(queue.readable().now_or_never().is_none())
}

/// Other systems have no such filter: a connection that arrives at the very end can be lost.
#[cfg(not(target_os = "linux"))]
fn shut(_: &TcpListener) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(target_os = "linux"))]
async fn is_empty(_: &TcpListener) -> io::Result<bool> {
    Ok(true)
}
