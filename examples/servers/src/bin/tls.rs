//! TLS by `axum-server`. Its shutdown begins when the drain is over.

use std::error::Error;
use std::net::TcpListener;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use health_runtime::Health;
use servers::AppState;

/// Requests in flight have this long. It is shorter than `shutdown_grace`.
const GRACE: Duration = Duration::from_secs(10);

async fn serve(health: Health, listener: TcpListener, tls: RustlsConfig) -> std::io::Result<()> {
    let app = Router::new()
        .route("/orders", get(|| async { "[]" }))
        .layer(health.drain_layer())
        .merge(health.router());
    listener.set_nonblocking(true)?; // the runtime requires it
    let (handle, stop) = (Handle::new(), health.shutdown_signal());
    let server = axum_server::from_tcp_rustls(listener, tls)?.handle(handle.clone());
    tokio::spawn(async move {
        stop.await;
        handle.graceful_shutdown(Some(GRACE));
    });
    server.serve(app.into_make_service()).await
}

/// A certificate for this run. A service reads its own from a file, with `RustlsConfig::from_pem_file`, and
/// `health_runtime::checks::TlsExpiry` tells when it expires.
fn certificate() -> Result<(String, String), rcgen::Error> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    Ok((made.cert.pem(), made.signing_key.serialize_pem()))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (certificate, key) = certificate()?;
    let tls = RustlsConfig::from_pem(certificate.into(), key.into()).await?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("https://{}/readyz", listener.local_addr()?);
    Ok(serve(AppState::start(), listener, tls).await?)
}

#[tokio::test]
async fn it_answers_and_ends_with_the_drain() -> Result<(), Box<dyn Error>> {
    use std::sync::Arc;
    use tokio_rustls::TlsConnector;
    use tokio_rustls::rustls::pki_types::CertificateDer;
    use tokio_rustls::rustls::pki_types::pem::PemObject as _;
    use tokio_rustls::rustls::{ClientConfig, RootCertStore};

    let (certificate, key) = certificate()?;
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(certificate.as_bytes())?)?;
    let client = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = TlsConnector::from(Arc::new(client));

    let health = AppState::start();
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let tls = RustlsConfig::from_pem(certificate.into(), key.into()).await?;
    let server = tokio::spawn(serve(health.clone(), listener, tls));
    for (path, status) in [
        ("/readyz", "HTTP/1.1 200"),
        ("/orders", "HTTP/1.1 200"),
        ("/readyz", "HTTP/1.1 503"),
    ] {
        let stream = tokio::net::TcpStream::connect(address).await?;
        let answer = servers::get(client.connect("localhost".try_into()?, stream).await?, path).await;
        assert!(answer.starts_with(status), "{answer}");
        if path == "/orders" {
            health.drain();
        }
    }
    Ok(server.await??)
}
