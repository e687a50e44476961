//! The stream of one connection. It ends the connection if its request never becomes complete, because it would only
//! delay the end of the process.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::engine::ConnectionGuard;
use crate::http::axum::listener::patience::{Limits, Patience};
use crate::http::axum::listener::protocol::{Protocol, Waits};

/// A connection of a [`DrainListener`](super::DrainListener).
///
/// It reads from the socket and writes to it. A read fails with [`TimedOut`](io::ErrorKind::TimedOut), so that the
/// server closes the connection, in these cases:
///
/// - the head of a request is not complete 30 s after its first byte;
/// - the drain is over, and 1 s later a head that has begun is not complete;
/// - the drain is over, a body is not complete, and for 1 s no byte was read or written;
/// - the drain is over, no complete request of an HTTP/2 connection waits for its answer, and for 1 s no byte was read
///   or written.
///
/// A complete request is never aborted, however long its handler takes. An idle connection is not ended here: the
/// server closes it itself. An upgraded connection, a `CONNECT` and everything that is not HTTP are left alone.
#[derive(Debug)]
pub struct DrainStream<S = TcpStream> {
    stream: S,
    connection: ConnectionGuard,
    protocol: Protocol,
    /// Created by the first wait with a limit.
    patience: Option<Box<Patience>>,
    /// `None` on a runtime without timers.
    limits: Option<&'static Limits>,
}

impl<S> DrainStream<S> {
    pub(in crate::http) fn new(stream: S, connection: ConnectionGuard, limits: Option<&'static Limits>) -> Self {
        Self {
            stream,
            connection,
            protocol: Protocol::new(),
            patience: None,
            limits,
        }
    }

    /// The socket, for example for its addresses or for `set_nodelay`.
    ///
    /// ```
    /// use axum::serve::ListenerExt as _;
    /// # fn example(listener: health_runtime::DrainListener) {
    /// let listener = listener.tap_io(|stream| {
    ///     let _ = stream.socket().set_nodelay(true);
    /// });
    /// # }
    /// ```
    pub fn socket(&self) -> &S {
        &self.stream
    }

    /// Whether a read without data has waited for too long.
    fn is_out_of_patience(&mut self, context: &mut Context<'_>) -> bool {
        let Some(limits) = self.limits else { return false };
        let waits = self.protocol.waits();
        // An HTTP/2 answer is written while no read is polled. So the read that waits now is kept, and `wrote` wakes
        // it.
        if waits == Waits::Unknown && !matches!(self.protocol, Protocol::Http2(_)) {
            if let Some(patience) = &mut self.patience {
                patience.rest();
            }
            return false;
        }
        let new = || Box::new(Patience::new(self.connection.stopped(), limits));
        self.patience.get_or_insert_with(new).is_over(waits, context)
    }

    /// Follows the bytes that were written.
    fn wrote<'a>(&mut self, buffers: impl Iterator<Item = &'a [u8]>, mut count: usize) {
        if let Some(patience) = &mut self.patience {
            patience.moved();
        }
        if !matches!(self.protocol, Protocol::Http2(_)) {
            return;
        }
        let before = self.protocol.waits();
        for buffer in buffers {
            let written = count.min(buffer.len());
            self.protocol.sent(&buffer[..written]);
            count -= written;
        }
        if let Some(patience) = &mut self.patience
            && before != self.protocol.waits()
        {
            patience.wake();
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for DrainStream<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let polled = Pin::new(&mut this.stream).poll_read(context, buffer);
        this.connection.tried_to_read();
        match polled {
            Poll::Ready(Ok(())) => {
                this.protocol.received(&buffer.filled()[before..]);
                if let Some(patience) = &mut this.patience {
                    patience.moved();
                }
                Poll::Ready(Ok(()))
            }
            Poll::Pending if this.is_out_of_patience(context) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            other => other,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for DrainStream<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write(context, buffer);
        if let Poll::Ready(Ok(count)) = polled {
            this.wrote([buffer].into_iter(), count);
        }
        polled
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write_vectored(context, buffers);
        if let Poll::Ready(Ok(count)) = polled {
            this.wrote(buffers.iter().map(|buffer| &**buffer), count);
        }
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests;
