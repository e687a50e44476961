//! `checks::Http` with TLS: which certificates it trusts, and the one that it shows.

use health_runtime::checks::{Http, HttpBuilder};
use health_runtime::{HealthCheck, Status};
use health_services::tls::{Authority, serve};

fn get(address: impl std::fmt::Display) -> HttpBuilder {
    Http::get(format!("https://{address}/HUNTER2"))
}

async fn is_healthy(builder: HttpBuilder) {
    let outcome = builder.build().expect("it is valid").check().await;
    assert_eq!(outcome.expect("it answers").status(), Status::Healthy);
}

async fn error(builder: HttpBuilder) -> String {
    let outcome = builder.build().expect("it is valid").check().await;
    outcome.expect_err("it fails").to_string()
}

#[tokio::test]
async fn an_authority_of_ones_own_is_trusted_only_if_it_is_given() {
    let authority = Authority::new();
    let address = serve(&authority.issue("127.0.0.1"), None).await;
    is_healthy(get(address).root_certificate(authority.pem())).await;
    let unknown = error(get(address).root_certificate(Authority::new().pem())).await;
    assert_eq!(unknown, "cannot connect: invalid peer certificate: UnknownIssuer");
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let authority = Authority::new();
    let address = serve(&authority.issue("a.example"), None).await;
    let other = error(get(address).root_certificate(authority.pem())).await;
    assert!(
        other.starts_with("cannot connect: invalid peer certificate: certificate not valid for name"),
        "{other}"
    );
}

#[tokio::test]
async fn a_client_identity_is_shown_to_the_server() {
    let authority = Authority::new();
    let address = serve(&authority.issue("127.0.0.1"), Some(&authority)).await;
    let client = authority.issue("client.example");
    let identity = format!("{}{}", client.pem, client.key);
    let trusting = || get(address).root_certificate(authority.pem());
    is_healthy(trusting().client_identity(&identity)).await;
    let without = error(trusting()).await;
    assert!(without.contains("CertificateRequired"), "{without}");

    let mixed = format!("{}{}", client.pem, authority.issue("other.example").key);
    for (identity, hint) in [
        (mixed.as_str(), "cannot be used"),
        (&client.pem, "no private key"),
        (&client.key, "no certificate"),
    ] {
        let problem = trusting().client_identity(identity).build().expect_err("it is refused");
        assert!(problem.to_string().contains(hint), "{problem}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls_is_an_error_with_the_cause() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        use tokio::io::AsyncWriteExt as _;
        let (mut stream, _) = listener.accept().await.expect("it connects");
        stream.write_all(b"220 mail.example.com\r\n").await.expect("it reads");
        std::future::pending::<()>().await;
    });
    let plain = error(get(address).root_certificate(Authority::new().pem())).await;
    assert_eq!(
        plain,
        "cannot connect: received corrupt message of type InvalidContentType"
    );
}

#[test]
fn certificates_without_https_are_refused() {
    let pem = Authority::new().pem();
    let problem = Http::get("http://localhost").root_certificate(pem).build();
    let problem = problem.expect_err("it is refused").to_string();
    assert!(problem.contains("use `https`"), "{problem}");
}
