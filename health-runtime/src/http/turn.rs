//! A turn of the runtime. After it, the runtime has seen everything that had arrived at its sockets before, and has run
//! tasks since.

use std::io;

use tokio::runtime::Handle;

pub(in crate::http) async fn turn() {
    let _ = heard().await; // without a file descriptor a turn proves less
    if let Ok(runtime) = Handle::try_current() {
        let _ = runtime.spawn(tokio::task::yield_now()).await;
    }
}

/// Resolves when the runtime has seen the event of a socket that becomes readable now. Sockets that were readable
/// before come first.
#[cfg(unix)]
async fn heard() -> io::Result<()> {
    use std::os::unix::net::UnixStream;

    let (reader, writer) = UnixStream::pair()?;
    reader.set_nonblocking(true)?;
    drop(writer); // makes `reader` readable
    tokio::net::UnixStream::from_std(reader)?.readable().await
}

#[cfg(not(unix))]
async fn heard() -> io::Result<()> {
    Ok(())
}
