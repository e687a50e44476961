//! The listener that does not lose connections when the service shuts down, and the streams of its connections.
//!
//! ```text
//! stream     one connection: counts it, follows its bytes, ends it
//!   patience   how long it may wait for the rest of a request
//!   protocol   what it waits for
//!     http1      where requests begin and end
//!     http2      which requests wait for their answer
//! socket     the sockets of a listener: TCP or a Unix socket
//! ```

mod http1;
mod http2;
mod patience;
mod protocol;
mod socket;
mod stream;

use std::fmt;
use std::io;
use std::pin::pin;
use std::sync::OnceLock;
use std::time::Duration;

use axum::serve::{Listener, ListenerExt as _, TapIo};
use futures_util::future::{Either, select};
use tokio::net::TcpListener;
use tokio::sync::watch;

use self::patience::{LIMITS, Limits};
pub use self::socket::ListenSocket;
use self::socket::private::Queue;
pub use self::stream::DrainStream;
use crate::engine::{Call, ListenerGuard, Servers};
use crate::health::Health;
use crate::http::turn::turn;
use crate::panics;

impl Health {
    /// Wraps a listener for `axum::serve`, so that no request is lost when the service shuts down and no client can
    /// delay the shutdown.
    ///
    /// Without this wrapper, axum drops the listener when it shuts down, and the connections that are still waiting in
    /// the kernel's queue are lost with it. In addition, axum closes every connection from which nothing has been read
    /// yet.
    ///
    /// The listener that this method returns accepts the waiting connections once the drain is over, and only then
    /// closes. After that, [`shutdown_signal`](Self::shutdown_signal) resolves as soon as the runtime has polled every
    /// connection again, which takes about a tenth of a second. If the workers of the runtime are blocked, it takes
    /// longer, but never more than half of `shutdown_grace`. If there is no file descriptor left for a waiting
    /// connection, the listener tries again. Note that a connection can still be lost if the kernel has not finished
    /// its handshake when the listener closes.
    ///
    /// Readiness depends on the listener as well. After you call this method, readiness fails with the reason
    /// `starting` until the server accepts connections. It fails again, with the reason `not_serving`, if every
    /// listener that accepted connections is gone although the service is not draining.
    ///
    /// A client that never completes its request can neither delay the shutdown nor keep its connection open forever.
    /// See [`DrainStream`] for when a connection is closed. This requires a runtime with timers (`enable_all` or
    /// `enable_time`). On a runtime without timers, no connection is closed, and the first call of `accept` prints
    /// tokio's panic message about the missing timers.
    ///
    /// The listener must be a tokio `TcpListener` or, on Unix, a `UnixListener`. If you need TLS or your own
    /// `Connected` type, use [`drain_listener`](Self::drain_listener) instead.
    ///
    /// ```no_run
    /// # use health_runtime::Health;
    /// # async fn serve(health: Health, app: axum::Router) -> std::io::Result<()> {
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    /// axum::serve(health.listener(listener), app)
    ///     .with_graceful_shutdown(health.shutdown_signal())
    ///     .await
    /// # }
    /// ```
    ///
    /// # The client's address
    ///
    /// The client's address is available in the same way as with a plain listener:
    ///
    /// ```no_run
    /// # use health_runtime::Health;
    /// use axum::extract::ConnectInfo;
    /// use axum::{Router, routing::get};
    /// use std::net::SocketAddr;
    ///
    /// # async fn serve(health: Health) -> std::io::Result<()> {
    /// let app = Router::new().route("/", get(|ConnectInfo(client): ConnectInfo<SocketAddr>| async move { client.to_string() }));
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    /// axum::serve(health.listener(listener), app.into_make_service_with_connect_info::<SocketAddr>()).await
    /// # }
    /// ```
    pub fn listener<L: ListenSocket>(&self, listener: L) -> ServeListener<L> {
        self.drain_listener(listener).tap_io(leave_alone)
    }

    /// Wraps a listener like [`listener`](Self::listener) does, but without axum's [`TapIo`] around it. Use this method
    /// if you write your own listener on top of this one, or if a handler needs to know more about the client than its
    /// address.
    ///
    /// # Information about the client
    ///
    /// Implement axum's `Connected` trait for your own type. In this example, the type holds the credentials of the
    /// user at the other end of a Unix socket:
    ///
    /// ```
    /// use axum::extract::connect_info::Connected;
    /// use axum::serve::IncomingStream;
    /// use health_runtime::DrainListener;
    /// use tokio::net::{UnixListener, unix::UCred};
    ///
    /// #[derive(Clone)]
    /// struct Peer(Option<UCred>);
    ///
    /// impl Connected<IncomingStream<'_, DrainListener<UnixListener>>> for Peer {
    ///     fn connect_info(stream: IncomingStream<'_, DrainListener<UnixListener>>) -> Self {
    ///         Peer(stream.io().socket().peer_cred().ok())
    ///     }
    /// }
    /// ```
    ///
    /// # TLS
    ///
    /// For TLS, write a listener that accepts connections from this one. It must run the handshakes concurrently and
    /// give each of them a time limit, because otherwise a single silent client would block all other clients. To keep
    /// the client's address available, call `tap_io` on your listener, as at the end of this example. Note that the
    /// limits of [`DrainStream`] do not apply to TLS connections, because the stream only sees encrypted bytes.
    ///
    /// ```no_run
    /// use axum::serve::{Listener, ListenerExt as _};
    /// use health_runtime::{DrainListener, Health};
    /// use std::{net::SocketAddr, time::Duration};
    /// use tokio::{task::JoinSet, time::timeout};
    ///
    /// type Plain = <DrainListener as Listener>::Io;
    /// type Encrypted = Plain; // replace it with the stream of the TLS library
    ///
    /// async fn handshake(plain: Plain) -> std::io::Result<Encrypted> {
    ///     Ok(plain) // replace it with `acceptor.accept(plain).await`
    /// }
    ///
    /// struct Tls {
    ///     plain: DrainListener,
    ///     handshakes: JoinSet<Option<(Encrypted, SocketAddr)>>,
    /// }
    ///
    /// impl Listener for Tls {
    ///     type Io = Encrypted;
    ///     type Addr = SocketAddr;
    ///
    ///     async fn accept(&mut self) -> (Encrypted, SocketAddr) {
    ///         loop {
    ///             tokio::select! {
    ///                 (plain, client) = self.plain.accept() => {
    ///                     self.handshakes.spawn(async move {
    ///                         let encrypted = timeout(Duration::from_secs(10), handshake(plain)).await;
    ///                         encrypted.ok()?.ok().map(|encrypted| (encrypted, client))
    ///                     });
    ///                 }
    ///                 Some(Ok(Some(connection))) = self.handshakes.join_next() => return connection,
    ///             }
    ///         }
    ///     }
    ///
    ///     fn local_addr(&self) -> std::io::Result<SocketAddr> {
    ///         self.plain.local_addr()
    ///     }
    /// }
    ///
    /// # async fn serve(health: Health, listener: tokio::net::TcpListener, app: axum::Router) -> std::io::Result<()> {
    /// let listener = Tls { plain: health.drain_listener(listener), handshakes: JoinSet::new() };
    /// let app = app.into_make_service_with_connect_info::<SocketAddr>();
    /// axum::serve(listener.tap_io(|_| {}), app).with_graceful_shutdown(health.shutdown_signal()).await
    /// # }
    /// ```
    pub fn drain_listener<L: ListenSocket>(&self, listener: L) -> DrainListener<L> {
        let serving = &self.engine.serving;
        self.engine.with(|core, _| core.servers(Servers::listen));
        DrainListener {
            socket: Socket::Open(listener),
            limits: OnceLock::new(),
            calls: serving.calls(),
            guard: serving.listener(),
            accepts: false,
            health: self.clone(),
        }
    }
}

fn leave_alone<T>(_: &mut T) {}

/// The return type of [`Health::listener`]: a [`DrainListener`] wrapped in axum's [`TapIo`], which makes the client's
/// address available to `into_make_service_with_connect_info`.
pub type ServeListener<L = TcpListener> = TapIo<DrainListener<L>, fn(&mut DrainStream<<L as Listener>::Io>)>;

/// A listener that does not lose connections when the service shuts down. It is returned by [`Health::drain_listener`],
/// and by [`Health::listener`] wrapped in a [`TapIo`].
///
/// # Cancel safety
///
/// Dropping the future of `accept` does not lose a connection. Note that the listener hands over waiting connections,
/// and closes, only while `accept` is being polled.
pub struct DrainListener<L: ListenSocket = TcpListener> {
    socket: Socket<L>,
    /// Set by the first `accept`.
    limits: OnceLock<Option<&'static Limits>>,
    calls: watch::Receiver<Call>,
    guard: ListenerGuard,
    /// `accept` has been polled.
    accepts: bool,
    /// The listener keeps the engine alive.
    health: Health,
}

enum Socket<L: Queue> {
    Open(L),
    /// The drain is over, and connections may wait in the kernel's queue.
    Closing(L::Plain),
    Closed,
}

impl<L: ListenSocket> DrainListener<L> {
    fn hand_out<S>(&mut self, stream: S) -> DrainStream<S> {
        let limits = *self.limits.get_or_init(limits);
        DrainStream::new(stream, self.guard.connection(), limits)
    }
}

impl<L: ListenSocket> Drop for DrainListener<L> {
    fn drop(&mut self) {
        if self.accepts {
            self.health.engine.with(|core, _| core.servers(Servers::cease));
        }
    }
}

impl<L: ListenSocket> fmt::Debug for DrainListener<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let socket = match &self.socket {
            Socket::Open(_) => "open",
            Socket::Closing(_) => "closing",
            Socket::Closed => "closed",
        };
        f.debug_struct("DrainListener")
            .field("socket", &socket)
            .finish_non_exhaustive()
    }
}

/// The limits, or `None` if the runtime has no timers.
fn limits() -> Option<&'static Limits> {
    panics::run(|| drop(tokio::time::sleep(Duration::ZERO))).map(|()| &LIMITS)
}

impl<L: ListenSocket> Listener for DrainListener<L> {
    type Io = DrainStream<<L as Listener>::Io>;
    type Addr = <L as Listener>::Addr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
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
                        && let Ok(listener) = listener.into_plain()
                    {
                        self.socket = Socket::Closing(listener);
                    }
                }
                Socket::Closing(listener) => match L::next(listener) {
                    Ok(Some((stream, peer))) => return (self.hand_out(stream), peer),
                    Ok(None) => {}
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

    /// Returns the address of the socket. Once the socket has closed, this method returns an error.
    fn local_addr(&self) -> io::Result<Self::Addr> {
        match &self.socket {
            Socket::Open(listener) => Listener::local_addr(listener),
            Socket::Closing(_) | Socket::Closed => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

/// Waits for the next call.
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
