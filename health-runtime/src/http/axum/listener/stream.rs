//! The stream of one connection. It closes the connection if a request never becomes complete, because such a
//! connection would only delay the end of the process.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::engine::ConnectionGuard;
use crate::http::axum::listener::patience::{Limits, Patience};
use crate::http::axum::listener::protocol::{Protocol, Waits};

/// A connection accepted by a [`DrainListener`](super::DrainListener).
///
/// The stream reads from the socket and writes to it. To make the server close the connection, a read fails with
/// [`TimedOut`](io::ErrorKind::TimedOut) in the following cases:
///
/// - The head of a request is not complete within 30 s of its first byte.
/// - The drain is over, and the head of a request that has started to arrive is still not complete 1 s later.
/// - The drain is over, the body of a request is not complete, and no byte has been read or written for 1 s.
/// - The drain is over, the connection uses HTTP/2, no complete request on it is waiting for its answer, and no byte
///   has been read or written for 1 s.
///
/// A complete request is never aborted, no matter how long its handler takes. Idle HTTP/1 connections are not closed by
/// the stream, because the server closes them itself. The stream also never closes an upgraded connection, a `CONNECT`
/// tunnel, or a connection that does not use HTTP.
/// or a connection that does not use HTTP.
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

    /// Returns a reference to the socket, for example to read its addresses or to call `set_nodelay`.
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

    /// Returns `true` if a read without data has waited for too long.
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
