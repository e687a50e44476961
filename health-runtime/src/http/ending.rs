//! Connections that end with the engine, whatever their clients do: one that is never asked anything, or read, would
//! otherwise stay for as long as the pacemaker does. And there are only so many of them, so that no client uses up the
//! files of the process: the next one takes the place of the oldest.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::serve::Listener;
use futures_util::future::{BoxFuture, Fuse, FusedFuture, FutureExt as _, Shared};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot::{Receiver, Sender, channel};

/// So many connections are open at once.
const MOST: usize = 256;

type Ended = Shared<BoxFuture<'static, ()>>;

pub(super) struct EndingListener {
    listener: TcpListener,
    ended: Ended,
    /// Of each open connection, the oldest first. What is dropped here makes room.
    places: VecDeque<Sender<()>>,
}

impl EndingListener {
    pub(super) fn new(listener: TcpListener, ended: impl Future<Output = ()> + Send + 'static) -> Self {
        let ended = ended.boxed().shared();
        Self {
            listener,
            ended,
            places: VecDeque::new(),
        }
    }

    /// A place for one more connection: it is gone once this resolves.
    fn place(&mut self) -> Fuse<Receiver<()>> {
        self.places.retain(|place| !place.is_closed());
        if self.places.len() == MOST {
            self.places.pop_front();
        }
        let (place, lost) = channel();
        self.places.push_back(place);
        lost.fuse()
    }
}

impl Listener for EndingListener {
    type Io = EndingStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (EndingStream, SocketAddr) {
        let (stream, peer) = Listener::accept(&mut self.listener).await;
        let (ended, lost) = (self.ended.clone(), self.place());
        (EndingStream { stream, ended, lost }, peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// Fails where it would wait for its client once the engine has ended or its place is lost. What needs no wait is still
/// read and written.
pub(super) struct EndingStream {
    stream: TcpStream,
    ended: Ended,
    lost: Fuse<Receiver<()>>,
}

impl EndingStream {
    fn unless_ended<T>(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        poll: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let polled = poll(Pin::new(&mut self.stream), context);
        if polled.is_pending() && (is_over(&mut self.ended, context) || is_over(&mut self.lost, context)) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        polled
    }
}

fn is_over(future: &mut (impl FusedFuture + Unpin), context: &mut Context<'_>) -> bool {
    future.is_terminated() || future.poll_unpin(context).is_ready()
}

impl AsyncRead for EndingStream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.unless_ended(context, |stream, context| stream.poll_read(context, buffer))
    }
}

impl AsyncWrite for EndingStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        self.unless_ended(context, |stream, context| stream.poll_write(context, buffer))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.unless_ended(context, |stream, context| stream.poll_write_vectored(context, buffers))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.unless_ended(context, TcpStream::poll_flush)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.unless_ended(context, TcpStream::poll_shutdown)
    }
}
