//! `checks::TlsExpiry` with files and with servers.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};
use std::{fs, io};

use health_runtime::checks::TlsExpiry;
use health_runtime::{HealthCheck, Outcome, Reason, Status};
use health_services::tls::{Authority, DAY, Issued, serve, serve_once};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_rustls::rustls::version::{TLS12, TLS13};

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn file(&self, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join("tls.crt");
        fs::write(&path, content).expect("it can be written");
        path
    }
}

/// A certificate that expires after this many days, and an hour.
fn expiring(authority: &Authority, name: &str, days: u32) -> Issued {
    let now = SystemTime::now();
    authority.issue_for(name, now - DAY, now + days * DAY + Duration::from_hours(1))
}

async fn outcome(check: TlsExpiry) -> Outcome {
    check.check().await.expect("there are certificates")
}

async fn error(check: TlsExpiry) -> String {
    check.check().await.expect_err("there is no certificate").to_string()
}

fn details(outcome: &Outcome) -> (f64, &str) {
    let [days, subject] = outcome.details() else {
        panic!("{outcome:?}")
    };
    assert_eq!((&*days.name, &*subject.name), ("expires_in_days", "subject"));
    let days = days.value.as_f64().expect("a number");
    (days, subject.value.as_str().expect("a text"))
}

#[tokio::test]
async fn a_file_is_judged_by_the_certificate_that_expires_first() {
    let (folder, authority) = (Folder::new(), Authority::new());
    let (long, short) = (
        expiring(&authority, "a.example", 90),
        expiring(&authority, "b.example", 20),
    );
    let chain = format!("a comment\n{}{}{}{}", long.key, long.pem, short.pem, authority.pem());
    let check = TlsExpiry::file(folder.file(chain));
    let healthy = outcome(check.clone()).await;
    assert_eq!(healthy.status(), Status::Healthy);
    assert_eq!(details(&healthy), (20.0, "CN=b.example"));

    let degraded = outcome(check.degraded_within(21 * DAY)).await;
    assert_eq!(
        (degraded.status(), degraded.reason()),
        (Status::Degraded, Some(Reason::Reported))
    );

    // The file is read again by each run.
    let check = TlsExpiry::file(folder.file(&short.pem));
    assert_eq!(outcome(check.clone()).await.status(), Status::Healthy);
    folder.file(expiring(&authority, "c.example", 13).pem);
    let renewed = outcome(check).await;
    assert_eq!(renewed.status(), Status::Degraded);
    assert_eq!(details(&renewed), (13.0, "CN=c.example"));
}

#[tokio::test]
async fn a_certificate_outside_of_its_dates_is_unhealthy() {
    let (folder, authority) = (Folder::new(), Authority::new());
    let now = SystemTime::now();
    for (from, to, hint) in [
        (
            now - 9 * DAY,
            now - DAY - Duration::from_hours(1),
            "has expired 25 hours ago",
        ),
        (now + DAY, now + 90 * DAY, "is not valid yet"),
    ] {
        let issued = authority.issue_for("a.example", from, to);
        let found = outcome(TlsExpiry::file(folder.file(issued.pem))).await;
        assert_eq!(
            (found.status(), found.reason()),
            (Status::Unhealthy, Some(Reason::Reported))
        );
        let message = found.message().expect("it has a cause");
        assert!(
            message.contains(hint) && message.contains("`CN=a.example`"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn a_certificate_without_a_subject_is_named_by_its_first_dns_name() {
    let (folder, authority) = (Folder::new(), Authority::new());
    let found = outcome(TlsExpiry::file(folder.file(authority.issue("a.unnamed").pem))).await;
    assert_eq!(details(&found).1, "a.unnamed");
}

#[tokio::test]
async fn a_file_without_certificates_is_an_error_with_the_cause() {
    let (folder, authority) = (Folder::new(), Authority::new());
    let missing = fs::read(folder.0.path().join("missing")).expect_err("it is missing");
    let found = error(TlsExpiry::file(folder.0.path().join("missing"))).await;
    assert_eq!(found, format!("cannot read the file of the certificates: {missing}"));
    let issued = authority.issue("a.example");
    let broken = issued.pem.replace("MII", "MI!");
    for (content, hint) in [
        (String::new(), "contains no certificate"),
        (issued.key.clone(), "contains no certificate"),
        (broken, "is not PEM"),
        (
            "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n".to_owned(),
            "cannot be parsed",
        ),
        (issued.pem.clone() + &"\n".repeat(1024 * 1024), "larger than 1 MiB"),
    ] {
        let found = error(TlsExpiry::file(folder.file(content))).await;
        assert!(found.contains(hint), "{found}");
    }
    let folder_itself = error(TlsExpiry::file(folder.0.path())).await;
    assert!(folder_itself.starts_with("cannot read the file"), "{folder_itself}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_hangs_is_reported() {
    let folder = Folder::new();
    let path = folder.0.path().join("pipe"); // opening it waits for a writer
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    let found = error(TlsExpiry::file(&path)).await;
    assert_eq!(found, "the file system has not answered within 1000 ms");
    fs::OpenOptions::new()
        .write(true)
        .open(&path)
        .expect("the reader waits");
}

#[tokio::test]
async fn the_certificates_of_a_server_are_read_without_trusting_them() {
    let authority = Authority::new();
    let address = serve(&expiring(&authority, "a.example", 10), None).await;
    let check = TlsExpiry::server(address.to_string()).expect("an address");
    let found = outcome(check.clone()).await;
    assert_eq!(found.status(), Status::Degraded);
    assert_eq!(details(&found), (10.0, "CN=a.example"));
    let shorter = outcome(check.degraded_within(9 * DAY)).await;
    assert_eq!(shorter.status(), Status::Healthy);

    let past = SystemTime::now() - DAY;
    let expired = serve(&authority.issue_for("a.example", past - DAY, past), None).await;
    let expired = TlsExpiry::server(format!("localhost:{}", expired.port())).expect("an address");
    assert_eq!(outcome(expired).await.status(), Status::Unhealthy);
}

#[tokio::test]
async fn a_server_that_asks_for_a_certificate_of_the_client_shows_its_own_first() {
    let authority = Authority::new();
    let address = serve(&expiring(&authority, "a.example", 10), Some(&authority)).await;
    let check = TlsExpiry::server(address.to_string()).expect("an address");
    assert_eq!(details(&outcome(check).await), (10.0, "CN=a.example"));
}

/// A server logs a handshake that a client breaks off, each time.
#[tokio::test]
async fn the_handshake_is_completed_with_each_version_of_tls() {
    let authority = Authority::new();
    for version in [&TLS12, &TLS13] {
        let (address, handshake) = serve_once(&expiring(&authority, "a.example", 10), version).await;
        let check = TlsExpiry::server(address.to_string()).expect("an address");
        assert_eq!(details(&outcome(check).await), (10.0, "CN=a.example"), "{version:?}");
        let completed = handshake.await.expect("no panic");
        assert!(completed.is_ok(), "{version:?}: {completed:?}");
    }
}

#[tokio::test]
async fn a_server_without_a_certificate_is_an_error_with_the_cause() {
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let check = |address: io::Result<std::net::SocketAddr>| {
        TlsExpiry::server(address.expect("bound").to_string()).expect("an address")
    };
    let found = error(check(silent.local_addr())).await;
    assert_eq!(found, "connected, but no TLS handshake within 1000 ms");

    let closing = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = closing.local_addr();
    tokio::spawn(async move { while closing.accept().await.is_ok() {} });
    let found = error(check(address)).await;
    assert!(
        found.starts_with("connected, but the TLS handshake failed: "),
        "{found}"
    );

    let closed = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = closed.local_addr();
    drop(closed);
    let found = error(check(address)).await;
    assert!(found.starts_with("cannot connect: 127.0.0.1:"), "{found}");
}

#[test]
fn an_address_that_cannot_work_is_refused_at_once() {
    for bad in ["a.example", "a.example:0", "https://a.example:443", "a..example:443"] {
        TlsExpiry::server(bad).expect_err(bad);
    }
    for good in ["a.example:443", "127.0.0.1:443", "[::1]:443"] {
        TlsExpiry::server(good).expect(good);
    }
}
