//! The certificates in a PEM file.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::BoxError;
use crate::checks::look::Looks;
use crate::checks::tls_expiry::certificate::Certificate;
use crate::current_run::patience;

/// A file with more bytes is not read to its end. A chain has a few KiB.
const LONGEST: u64 = 1024 * 1024;

/// Reads the file on a thread of its own, because a file system may hang.
pub(super) async fn read(path: &Path) -> Result<Vec<Certificate>, BoxError> {
    static READS: Looks<PathBuf, Vec<Certificate>> = Looks::new("health file");

    let limit = patience();
    let file = path.to_owned();
    match READS.look(path.to_owned(), limit, move || find(&file)).await {
        Some(found) => found,
        None => Err(format!("the file system has not answered within {} ms", limit.as_millis()).into()),
    }
}

fn find(path: &Path) -> Result<Vec<Certificate>, BoxError> {
    let unreadable = |error| format!("cannot read the file of the certificates: {error}");
    let mut pem = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(LONGEST + 1).read_to_end(&mut pem).map_err(unreadable)?;
    if u64::try_from(pem.len()).is_ok_and(|length| length > LONGEST) {
        return Err("the file of the certificates is larger than 1 MiB".into());
    }
    let mut certificates = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| format!("the file of the certificates is not PEM: {error}"))?;
        certificates.push(Certificate::parse(&certificate)?);
    }
    if certificates.is_empty() {
        return Err("the file contains no certificate; it must contain `-----BEGIN CERTIFICATE-----`".into());
    }
    Ok(certificates)
}
