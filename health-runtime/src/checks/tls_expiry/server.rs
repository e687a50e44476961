//! The certificates that a server sends.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use tokio_rustls::TlsConnector;

use crate::BoxError;
use crate::checks::tcp::Target;
use crate::checks::tls_expiry::certificate::Certificate;
use crate::current_run::{patience, within};

/// Connects, takes the certificates of the server, and closes the connection.
pub(super) async fn ask(target: &Target, name: &ServerName<'static>) -> Result<Vec<Certificate>, BoxError> {
    let (stream, _) = target.connect().await?;
    let shown = Arc::new(Shown::new());
    let verifier = Arc::clone(&shown);
    let config = ClientConfig::builder_with_provider(Arc::clone(&shown.provider))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    let limit = patience();
    let handshake = TlsConnector::from(Arc::new(config)).connect(name.clone(), stream);
    let ended = within(limit, handshake).await;
    let certificates = shown.take();
    if !certificates.is_empty() {
        // The handshake may have failed later, for example because the server requires a client certificate.
        return certificates.iter().map(Certificate::parse).collect();
    }
    match ended {
        None => Err(format!("connected, but no TLS handshake within {} ms", limit.as_millis()).into()),
        Some(Err(error)) => Err(format!("connected, but the TLS handshake failed: {error}").into()),
        Some(Ok(_)) => Err("the server has shown no certificate".into()),
    }
}

/// Keeps the certificates that the server sends, and accepts all of them. No data is sent to the server, so this is not
/// a risk.
#[derive(Debug)]
struct Shown {
    provider: Arc<CryptoProvider>,
    certificates: Mutex<Vec<CertificateDer<'static>>>,
}

impl Shown {
    /// With the cryptography that the application has installed for the process, or else the default of rustls.
    fn new() -> Self {
        let installed = CryptoProvider::get_default();
        Self {
            provider: installed.map_or_else(|| Arc::new(aws_lc_rs::default_provider()), Arc::clone),
            certificates: Mutex::default(),
        }
    }

    fn take(&self) -> Vec<CertificateDer<'static>> {
        let mut certificates = self.certificates.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *certificates)
    }
}

impl ServerCertVerifier for Shown {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let mut certificates = self.certificates.lock().unwrap_or_else(PoisonError::into_inner);
        *certificates = std::iter::once(own)
            .chain(others)
            .map(|certificate| certificate.clone().into_owned())
            .collect();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
