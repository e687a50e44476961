//! Certificates that are made for a test, and a server that uses them.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{ALL_VERSIONS, RootCertStore, ServerConfig, SupportedProtocolVersion};

/// One day.
pub const DAY: Duration = Duration::from_hours(24);

/// Issues certificates.
#[derive(Debug)]
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its key.
#[derive(Debug)]
pub struct Issued {
    /// The certificate.
    pub pem: String,
    /// The private key.
    pub key: String,
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Authority {
    /// An authority that nobody trusts yet. No other one has its name.
    pub fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut params = CertificateParams::default();
        params
            .distinguished_name
            .push(DnType::CommonName, format!("authority {count}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("a certificate");
        Self { issuer }
    }

    /// The authority's own certificate.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate for this name, which is valid now.
    pub fn issue(&self, name: &str) -> Issued {
        let now = SystemTime::now();
        self.issue_for(name, now - DAY, now + 30 * DAY)
    }

    /// A certificate for this name, which is valid between the two times. Without a subject, if the name ends with
    /// `.unnamed`.
    pub fn issue_for(&self, name: &str, from: SystemTime, to: SystemTime) -> Issued {
        let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
        params.distinguished_name = DistinguishedName::new();
        if !name.ends_with(".unnamed") {
            params.distinguished_name.push(DnType::CommonName, name);
        }
        params.not_before = from.into();
        params.not_after = to.into();
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Issued {
            pem: certificate.pem(),
            key: key.serialize_pem(),
        }
    }
}

/// Starts a server that answers each TLS connection with `200 OK`. With an authority, clients need a certificate of it.
pub async fn serve(issued: &Issued, clients: Option<&Authority>) -> SocketAddr {
    let (listener, address) = listen().await;
    let acceptor = acceptor(issued, clients, ALL_VERSIONS);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut stream = acceptor.accept(stream).await?;
                let mut request = [0; 1024];
                while stream.read(&mut request).await? > 0 {
                    stream
                        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                        .await?;
                    stream.flush().await?;
                }
                io::Result::Ok(())
            });
        }
    });
    address
}

/// Starts a server for one handshake with this version of TLS only. The task ends with it, and returns
/// the error that the server would log.
pub async fn serve_once(
    issued: &Issued,
    version: &'static SupportedProtocolVersion,
) -> (SocketAddr, JoinHandle<io::Result<()>>) {
    let (listener, address) = listen().await;
    let acceptor = acceptor(issued, None, &[version]);
    let handshake = tokio::spawn(async move {
        let (stream, _) = listener.accept().await?;
        acceptor.accept(stream).await.map(drop)
    });
    (address, handshake)
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    (listener, address)
}

fn acceptor(
    issued: &Issued,
    clients: Option<&Authority>,
    versions: &[&'static SupportedProtocolVersion],
) -> TlsAcceptor {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(versions)
        .expect("the provider has suites");
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(clients) => {
            let mut roots = RootCertStore::empty();
            roots.add(clients.issuer.der().clone()).expect("a certificate");
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().expect("a verifier"))
        }
    };
    let chain = CertificateDer::pem_slice_iter(issued.pem.as_bytes()).collect::<Result<_, _>>();
    let key = PrivateKeyDer::from_pem_slice(issued.key.as_bytes()).expect("a key");
    let config = builder.with_single_cert(chain.expect("a chain"), key).expect("a pair");
    TlsAcceptor::from(Arc::new(config))
}
