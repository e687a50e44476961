//! The certificates that a check trusts, and the one that it sends.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use crate::checks::config_error::ConfigError;

/// The certificates, as they were given.
#[derive(Default)]
pub(super) struct Certificates {
    roots: Vec<CertificateDer<'static>>,
    identity: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
}

impl Certificates {
    pub(super) fn is_empty(&self) -> bool {
        self.roots.is_empty() && self.identity.is_none()
    }

    pub(super) fn trust(&mut self, pem: &[u8]) -> Result<(), ConfigError> {
        self.roots.extend(read(pem, "the root certificate")?);
        Ok(())
    }

    pub(super) fn identify(&mut self, pem: &[u8]) -> Result<(), ConfigError> {
        let chain = read(pem, "the client identity")?;
        let key = PrivateKeyDer::from_pem_slice(pem)
            .map_err(|_| ConfigError::new("the PEM of the client identity has no private key that can be read"))?;
        self.identity = Some((chain, key));
        Ok(())
    }

    /// For `https`.
    pub(super) fn config(self) -> Result<ClientConfig, ConfigError> {
        let provider = provider();
        let verifier = Verifier::new_with_extra_roots(self.roots, Arc::clone(&provider))
            .map_err(|error| ConfigError::new(format!("no root certificate can be used: {error}")))?;
        let builder = versions(provider)
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        match self.identity {
            None => Ok(builder.with_no_client_auth()),
            Some((chain, key)) => builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| ConfigError::new(format!("the client identity cannot be used: {error}"))),
        }
    }
}

/// For `http`: the client needs a configuration, but never uses it.
pub(super) fn unused() -> ClientConfig {
    versions(provider())
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth()
}

/// The cryptography that the application has installed for the process, or else the default of rustls.
fn provider() -> Arc<CryptoProvider> {
    let installed = CryptoProvider::get_default();
    installed.map_or_else(|| Arc::new(aws_lc_rs::default_provider()), Arc::clone)
}

fn versions(provider: Arc<CryptoProvider>) -> rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier> {
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("each provider has suites for one of the versions")
}

fn read(pem: &[u8], what: &str) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(ConfigError::new(format!(
            "the PEM of {what} has no certificate; it must contain `-----BEGIN CERTIFICATE-----`"
        ))),
        Err(_) => Err(ConfigError::new(format!("the PEM of {what} cannot be read"))),
    }
}
