//! The check of `dyn ObjectStore`: with the stores that need no server, and with the clients of three clouds against a
//! server that answers like each of them.

use std::net::SocketAddr;
use std::sync::Arc;

use health_runtime::{CheckResult, HealthCheck, HealthState, Probe, Status};
use health_tests::until;
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt as _, RetryConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

type Store = Arc<dyn ObjectStore>;

/// Answers each request with this status and body. Returns the first line of each request.
async fn server(status: &str, body: &str) -> (SocketAddr, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let length = body.len();
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
    let (sender, requests) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 8192];
            let read = stream.read(&mut request).await.unwrap_or_default();
            let request = String::from_utf8_lossy(&request[..read]).into_owned();
            let _ = sender.send(request.lines().next().unwrap_or_default().to_owned());
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (address, requests)
}

fn no_retry() -> RetryConfig {
    RetryConfig {
        max_retries: 0,
        ..RetryConfig::default()
    }
}

fn s3(address: SocketAddr, retry: RetryConfig) -> Store {
    let store = AmazonS3Builder::new()
        .with_endpoint(format!("http://{address}"))
        .with_allow_http(true)
        .with_bucket_name("invoices")
        .with_region("eu-central-1")
        .with_access_key_id("key")
        .with_secret_access_key("HUNTER2")
        .with_retry(retry);
    Arc::new(store.build().expect("it is valid"))
}

fn azure(address: SocketAddr) -> Store {
    let store = MicrosoftAzureBuilder::new()
        .with_endpoint(format!("http://{address}"))
        .with_allow_http(true)
        .with_account("account")
        .with_access_key("SFVOVEVSMg==")
        .with_container_name("invoices")
        .with_retry(no_retry());
    Arc::new(store.build().expect("it is valid"))
}

fn google(address: SocketAddr) -> Store {
    let account = format!(
        r#"{{"gcs_base_url":"http://{address}","disable_oauth":true,"client_email":"","private_key":"","private_key_id":""}}"#
    );
    let store = GoogleCloudStorageBuilder::new()
        .with_service_account_key(account)
        .with_client_options(object_store::ClientOptions::new().with_allow_http(true))
        .with_bucket_name("invoices")
        .with_retry(no_retry());
    Arc::new(store.build().expect("it is valid"))
}

fn error(result: CheckResult) -> String {
    result.expect_err("it fails").to_string()
}

async fn is_healthy(store: &Store) {
    let outcome = store.check().await.expect("it answers");
    assert_eq!((outcome.status(), outcome.message()), (Status::Healthy, None));
}

#[tokio::test]
async fn a_missing_object_proves_that_the_store_answers() {
    for body in [
        "<Error><Code>NoSuchKey</Code></Error>",
        "<Error><Code>BlobNotFound</Code></Error>",
        "",
    ] {
        let (address, mut requests) = server("404 Not Found", body).await;
        for store in [s3(address, no_retry()), azure(address), google(address)] {
            is_healthy(&store).await;
            let request = requests.recv().await.expect("one request");
            let request = request.replace("%2D", "-").replace("%2F", "/");
            assert!(request.starts_with("GET "), "{request}");
            assert!(
                request.contains("/invoices/health-runtime/no-such-object "),
                "{request}"
            );
        }
    }
}

#[tokio::test]
async fn a_missing_bucket_is_not_taken_for_a_missing_object() {
    let s3_body = "<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message></Error>";
    let (address, _requests) = server("404 Not Found", s3_body).await;
    for store in [s3(address, no_retry()), google(address)] {
        let found = error(store.check().await);
        assert!(
            found.starts_with("the bucket or the container does not exist: "),
            "{found}"
        );
    }
    for code in ["ContainerNotFound", "ContainerBeingDeleted"] {
        let (address, _requests) = server("404 Not Found", &format!("<Error><Code>{code}</Code></Error>")).await;
        let found = error(azure(address).check().await);
        assert!(
            found.starts_with("the bucket or the container does not exist: "),
            "{found}"
        );
    }
}

#[tokio::test]
async fn refused_access_is_an_error_that_names_the_permission() {
    let (address, _requests) = server("403 Forbidden", "<Error><Code>AccessDenied</Code></Error>").await;
    let found = error(s3(address, no_retry()).check().await);
    assert!(
        found.contains("the permission to list the bucket") && found.contains("AccessDenied"),
        "{found}"
    );
    let (address, _requests) = server("401 Unauthorized", "").await;
    let found = error(s3(address, no_retry()).check().await);
    assert!(found.starts_with("the store rejects the credentials: "), "{found}");
    assert!(!found.contains("HUNTER2"), "{found}");
}

#[tokio::test]
async fn a_store_that_fails_or_cannot_be_reached_is_an_error() {
    let (address, _requests) = server("500 Internal Server Error", "<Error><Code>InternalError</Code></Error>").await;
    let found = error(s3(address, no_retry()).check().await);
    assert!(found.contains("500") && found.contains("InternalError"), "{found}");
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = closed.local_addr().expect("bound");
    drop(closed);
    error(s3(address, no_retry()).check().await);
    let retried = error(s3(address, RetryConfig::default()).check().await);
    assert_eq!(
        retried,
        "no answer from the store within 1000 ms; it may be repeating a request that failed"
    );
}

#[tokio::test]
async fn stores_without_a_server_pass_whether_the_object_exists_or_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let local = LocalFileSystem::new_with_prefix(folder.path()).expect("it exists");
    let stores: [Store; 2] = [Arc::new(InMemory::new()), Arc::new(local)];
    for store in stores {
        is_healthy(&store).await;
        let path = object_store::path::Path::from("health-runtime/no-such-object");
        store.put(&path, "it exists".into()).await.expect("it is stored");
        is_healthy(&store).await;
    }
}

#[derive(Clone, HealthState)]
#[health(name = "store", version = "1")]
struct AppState {
    #[health_check(timeout = "1s")]
    invoices: Arc<dyn ObjectStore>,
}

#[tokio::test]
async fn a_field_that_is_a_shared_store_is_a_check() {
    let state = AppState {
        invoices: Arc::new(InMemory::new()),
    };
    let health = state.start_health();
    let is_healthy = async || {
        let report = health.report(Probe::Health);
        (report.checks[0].status == Status::Healthy).then_some(())
    };
    until("it passes", is_healthy).await;
}
