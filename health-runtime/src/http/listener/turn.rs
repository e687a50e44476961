//! A turn of the runtime: it has heard of everything that had arrived at its sockets before, and has run tasks since.

use std::io;

use tokio::runtime::Handle;

pub(super) async fn turn() {
    let _ = heard().await; // without file descriptors a turn proves less
    if let Ok(runtime) = Handle::try_current() {
        let _ = runtime.spawn(tokio::task::yield_now()).await;
    }
}

/// Resolves when the runtime has heard of a socket that has had something to read from now on. Sockets that had it
/// before come before it.
#[cfg(unix)]
async fn heard() -> io::Result<()> {
    use std::os::unix::net::UnixStream;

    let (reader, writer) = UnixStream::pair()?;
    reader.set_nonblocking(true)?;
    drop(writer); // the end is something to read
    tokio::net::UnixStream::from_std(reader)?.readable().await
}

#[cfg(not(unix))]
async fn heard() -> io::Result<()> {
    Ok(())
}
