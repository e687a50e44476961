//! The listener that loses no connection when the service ends, and the streams that it hands out.
//!
//! ```text
//! stream     one connection: counts it, follows its bytes, ends it
//!   patience   how long it may wait for the rest of a request
//!   protocol   what it waits for
//!     http1      where requests begin and end
//!     http2      which requests wait for their answer
//! turn       waits until the runtime has seen what has arrived
//! ```

mod http1;
mod http2;
mod patience;
mod protocol;
mod stream;
mod turn;

use std::io;
use std::net::{self, SocketAddr};
use std::pin::pin;
use std::sync::OnceLock;
use std::time::Duration;

use axum::serve::Listener;
use futures_util::future::{Either, select};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use self::patience::{LIMITS, Limits};
pub use self::stream::DrainStream;
use self::turn::turn;
use crate::contain;
use crate::engine::{Call, ListenerGuard, Servers};
use crate::health::Health;

impl Health {
    /// Wraps the listener for `axum::serve`, so that no request is lost at the end of the service, and no client delays it.
    ///
    /// At the end, axum drops a plain listener together with the connections that wait in the kernel's queue. At the same
    /// moment it closes every connection from which nothing has been read yet. This listener accepts the waiting connections
    /// once the drain is over, then closes. [`shutdown_signal`](Self::shutdown_signal) resolves when the runtime has polled
    /// every connection again. This takes a tenth of a second, or longer if its workers are blocked, but at most half of
    /// `shutdown_grace`. If no file descriptor is left for a waiting connection, the listener tries again. A connection is
    /// still lost if the kernel has not finished its handshake when the listener closes.
    ///
    /// Readiness depends on the listener: from here on readiness fails (`starting`) until the server accepts connections.
    /// It fails again (`not_serving`) when every listener that accepted is gone although the service is not draining.
    ///
    /// A client that never completes its request cannot delay the end of the service or keep its connection for ever:
    /// [`DrainStream`] lists when a connection is ended. This needs a runtime with timers (`enable_all` or `enable_time`).
    /// Without timers, the first `accept` prints tokio's panic message about them, and no connection is ended.
    ///
    /// `ConnectInfo<SocketAddr>` works only with a plain `TcpListener`. With this listener, implement axum's `Connected`
    /// for a type of your own:
    ///
    /// ```
    /// use axum::extract::connect_info::Connected;
    /// use axum::serve::IncomingStream;
    /// use health_runtime::DrainListener;
    ///
    /// #[derive(Clone)]
    /// struct Peer(std::net::SocketAddr);
    ///
    /// impl Connected<IncomingStream<'_, DrainListener>> for Peer {
    ///     fn connect_info(stream: IncomingStream<'_, DrainListener>) -> Self {
    ///         Peer(*stream.remote_addr())
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system if the address of the listener cannot be read.
    ///
    /// ```no_run
    /// # use health_runtime::Health;
    /// # async fn serve(health: Health, app: axum::Router) -> std::io::Result<()> {
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    /// axum::serve(health.listener(listener)?, app)
    ///     .with_graceful_shutdown(health.shutdown_signal())
    ///     .await
    /// # }
    /// ```
    pub fn listener(&self, listener: TcpListener) -> io::Result<DrainListener> {
        let address = listener.local_addr()?;
        let serving = &self.engine.serving;
        self.engine.with(|core, _| core.servers(Servers::listen));
        Ok(DrainListener {
            address,
            socket: Socket::Open(listener),
            limits: OnceLock::new(),
            calls: serving.calls(),
            guard: serving.listener(),
            accepts: false,
            health: self.clone(),
        })
    }
}

/// A listener that loses no connection when the service ends: from [`Health::listener`].
///
/// # Cancel safety
///
/// Dropping the future of `accept` loses no connection. The listener hands over waiting connections and closes only while
/// `accept` is polled.
#[derive(Debug)]
pub struct DrainListener {
    socket: Socket,
    address: SocketAddr,
    /// Absent until the first `accept`.
    limits: OnceLock<Option<&'static Limits>>,
    calls: watch::Receiver<Call>,
    guard: ListenerGuard,
    /// `accept` has been polled.
    accepts: bool,
    /// A server keeps the engine alive.
    health: Health,
}

#[derive(Debug)]
enum Socket {
    Open(TcpListener),
    /// The drain is over, and connections may wait in the kernel's queue. This is not tokio's listener, because that one
    /// relies on the last event of the socket, and a new event may not have been delivered yet.
    Closing(net::TcpListener),
    Closed,
}

impl DrainListener {
    fn hand_out(&mut self, stream: TcpStream) -> DrainStream {
        let limits = *self.limits.get_or_init(limits);
        DrainStream::new(stream, self.guard.connection(), limits)
    }
}

impl Drop for DrainListener {
    fn drop(&mut self) {
        if self.accepts {
            self.health.engine.with(|core, _| core.servers(Servers::cease));
        }
    }
}

/// The limits, if the runtime has timers.
fn limits() -> Option<&'static Limits> {
    contain::run(|| drop(tokio::time::sleep(Duration::ZERO))).map(|()| &LIMITS)
}

impl Listener for DrainListener {
    type Io = DrainStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (DrainStream, SocketAddr) {
        if !std::mem::replace(&mut self.accepts, true) {
            self.health.engine.with(|core, _| core.servers(Servers::accept));
        }
        loop {
            match &mut self.socket {
                Socket::Open(listener) => {
                    let accepted = {
                        let accept = pin!(Listener::accept(listener));
                        let closing = pin!(self.calls.wait_for(|call| *call != Call::Serve));
                        match select(accept, closing).await {
                            Either::Left((accepted, _)) => Some(accepted),
                            Either::Right(_) => None,
                        }
                    };
                    if let Some((stream, peer)) = accepted {
                        return (self.hand_out(stream), peer);
                    }
                    if let Socket::Open(listener) = std::mem::replace(&mut self.socket, Socket::Closed)
                        && let Ok(listener) = listener.into_std()
                    {
                        self.socket = Socket::Closing(listener);
                    }
                }
                Socket::Closing(listener) => match listener.accept() {
                    Ok((stream, peer)) => {
                        let stream = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream));
                        if let Ok(stream) = stream {
                            return (self.hand_out(stream), peer);
                        }
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.socket = Socket::Closed,
                    Err(error) if is_of_the_client(&error) => {}
                    // No file descriptor or memory is left: try again at the next call.
                    Err(_) => called(&mut self.calls).await,
                },
                Socket::Closed => {
                    let call = *self.calls.borrow_and_update();
                    if let Call::Close { round } = call {
                        turn().await;
                        self.guard.answer(round);
                    }
                    called(&mut self.calls).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

/// The next call.
async fn called(calls: &mut watch::Receiver<Call>) {
    if calls.changed().await.is_err() {
        std::future::pending::<()>().await; // the sender is gone: no further call comes
    }
}

/// Whether the client closed the connection before it was accepted.
fn is_of_the_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}
