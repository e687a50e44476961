//! The listener that ends without losing what it has accepted.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;

use axum::serve::Listener;
use futures_util::future::{Either, select};
use tokio::net::{TcpListener, TcpStream};

use crate::health::Health;

impl Health {
    /// Wraps the listener for `axum::serve`, so that its end loses no request.
    ///
    /// At the end axum drops a plain listener together with what waits in the kernel's queue, and at the same moment
    /// closes every connection of which nothing has been read yet. This one, once the drain is over, takes what waits,
    /// closes, and leaves those connections the time to be read: [`shutdown_signal`](Self::shutdown_signal) resolves a
    /// tenth of a second later. What is lost all the same is a connection whose handshake the kernel has not finished
    /// when the listener closes: nobody has accepted it.
    ///
    /// `ConnectInfo<SocketAddr>` is for a plain `TcpListener` alone; with this one a type of your own implements
    /// axum's `Connected`:
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
    /// Returns what the operating system says when it is asked for the listener's address.
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
        Ok(DrainListener {
            address: listener.local_addr()?,
            open: Some(listener),
            waiting: VecDeque::new(),
            health: self.clone(),
        })
    }
}

/// A listener that ends without losing what it has accepted: from [`Health::listener`].
#[derive(Debug)]
pub struct DrainListener {
    open: Option<TcpListener>,
    /// What the kernel had accepted when the listener closed.
    waiting: VecDeque<(TcpStream, SocketAddr)>,
    address: SocketAddr,
    health: Health,
}

impl DrainListener {
    /// Closes the listener, and takes what waits in its queue.
    fn close(&mut self) {
        // Not by tokio's `accept`: it trusts what it last heard of the socket, and may not have heard yet.
        let Some(Ok(listener)) = self.open.take().map(TcpListener::into_std) else {
            return;
        };
        while let Ok((stream, peer)) = listener.accept() {
            let stream = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream));
            self.waiting.extend(stream.map(|stream| (stream, peer)));
        }
    }
}

impl Listener for DrainListener {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            if let Some(next) = self.waiting.pop_front() {
                return next;
            }
            let Some(listener) = &mut self.open else {
                return std::future::pending().await;
            };
            let accepted = {
                let accept = pin!(Listener::accept(listener));
                let closing = pin!(self.health.engine.closing());
                match select(accept, closing).await {
                    Either::Left((accepted, _)) => Some(accepted),
                    Either::Right(_) => None,
                }
            };
            if let Some(accepted) = accepted {
                return accepted;
            }
            self.close();
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}
