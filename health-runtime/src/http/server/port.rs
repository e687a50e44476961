//! A small HTTP server that only uses hyper. It runs on its own thread with its own runtime, so it depends neither on
//! the runtime of the application nor on the pacemaker.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{join_all, select};
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::task::AbortHandle;

/// At most this many connections are open at once, so that no client uses up the descriptors of the process. The next
/// connection closes the oldest one.
const MAX_CONNECTIONS: usize = 256;

/// How long a connection may take to send the head of a request, including the wait for its first byte. So it is also
/// how long a connection may be idle between two requests.
const HEAD: Duration = Duration::from_secs(30);

/// A request with a larger head gets 431. A probe needs a few hundred bytes, and hyper would buffer 400 KB for each
/// connection.
const MAX_HEAD: usize = 16 * 1024;

/// How long the server pauses after an error of `accept`, such as when the process has no descriptor left.
const REST: Duration = Duration::from_millis(100);

/// Binds all of these addresses, because a name such as `localhost` may resolve to two. Addresses that the machine does
/// not have (for example without IPv6) are skipped if at least one is bound. Port 0 becomes the same port for all.
pub(super) fn bind(addresses: &[SocketAddr]) -> io::Result<Vec<StdListener>> {
    let mut bound: Vec<StdListener> = Vec::new();
    let mut missing = None;
    for (index, address) in addresses.iter().enumerate() {
        if addresses[..index].contains(address) {
            continue; // a name may resolve to the same address twice
        }
        let mut address = *address;
        if let Some(first) = bound.first().filter(|_| address.port() == 0) {
            address.set_port(first.local_addr()?.port());
        }
        match StdListener::bind(address) {
            Ok(listener) => {
                listener.set_nonblocking(true)?;
                bound.push(listener);
            }
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(error),
            Err(error) => missing = Some(error),
        }
    }
    match missing {
        Some(error) if bound.is_empty() => Err(error),
        _ if bound.is_empty() => Err(io::Error::new(io::ErrorKind::InvalidInput, "no address")),
        _ => Ok(bound),
    }
}

/// Serves on a thread of this name until `ended`. Then it closes the listeners and all connections.
pub(super) fn serve<A, F>(
    name: &str,
    listeners: Vec<StdListener>,
    answer: A,
    ended: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()>
where
    A: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Response<Full<Bytes>>> + Send + 'static,
{
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let listeners: Vec<_> = {
        let _context = runtime.enter();
        listeners
            .into_iter()
            .map(TcpListener::from_std)
            .collect::<Result<_, _>>()?
    };
    let run = move || {
        let places = Places::default();
        let accepts = listeners
            .into_iter()
            .map(|listener| accept(listener, answer.clone(), places.clone()));
        runtime.block_on(async {
            select(pin!(ended), pin!(join_all(accepts))).await;
        });
    };
    thread::Builder::new().name(name.into()).spawn(run)?;
    Ok(())
}

async fn accept<A, F>(listener: TcpListener, answer: A, places: Places)
where
    A: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Response<Full<Bytes>>> + Send + 'static,
{
    loop {
        match listener.accept().await {
            Ok((stream, _)) => places.take(tokio::spawn(connection(stream, answer.clone())).abort_handle()),
            Err(_) => tokio::time::sleep(REST).await,
        }
    }
}

async fn connection<A, F>(stream: TcpStream, answer: A)
where
    A: Fn(Request<Incoming>) -> F + Send,
    F: Future<Output = Response<Full<Bytes>>> + Send,
{
    // The body of a request is not read, except that of the form for the token. If a request has another one, hyper
    // closes the connection after the answer.
    let service = service_fn(move |request: Request<Incoming>| {
        let answer = answer(request);
        async { Ok::<_, Infallible>(answer.await) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .half_close(true) // some probers close their side once they have sent the request
        .header_read_timeout(HEAD)
        .max_buf_size(MAX_HEAD);
    // An error of one connection affects only its client.
    let _ = http.serve_connection(TokioIo::new(stream), service).await;
}

/// The open connections, the oldest first.
#[derive(Clone, Default)]
struct Places(Arc<Mutex<VecDeque<AbortHandle>>>);

impl Places {
    fn take(&self, connection: AbortHandle) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|connection| !connection.is_finished());
        if open.len() == MAX_CONNECTIONS
            && let Some(oldest) = open.pop_front()
        {
            oldest.abort();
        }
        open.push_back(connection);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(addresses: &[&str]) -> io::Result<Vec<SocketAddr>> {
        let addresses: Vec<_> = addresses
            .iter()
            .map(|address| address.parse().expect("an address"))
            .collect();
        bind(&addresses)?.iter().map(StdListener::local_addr).collect()
    }

    #[test]
    fn all_addresses_of_a_name_are_bound_with_one_port() {
        if StdListener::bind("[::1]:0").is_err() {
            eprintln!("skipped: this machine has no IPv6 loopback");
            return;
        }
        let bound = bound(&["127.0.0.1:0", "[::1]:0"]).expect("both are free");
        assert_eq!(bound.len(), 2);
        assert_eq!(bound[0].port(), bound[1].port());
    }

    #[test]
    fn an_unavailable_address_is_skipped_and_an_address_in_use_is_an_error() {
        let documentation = "[2001:db8::1]:0"; // reserved for documentation: no machine has it
        assert_eq!(
            bound(&[documentation, "127.0.0.1:0"])
                .expect("one address is bound")
                .len(),
            1
        );
        assert!(bound(&[documentation]).is_err());
        assert!(bound(&[]).is_err());
        let taken = StdListener::bind("127.0.0.1:0").expect("a free port");
        let address = taken.local_addr().expect("it is bound").to_string();
        let error = bound(&["127.0.0.2:0", &address]).expect_err("it is taken");
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    }
}
