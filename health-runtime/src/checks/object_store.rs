//! The check of the stores of the crate `object_store`.

use object_store::path::Path;
use object_store::{Error, GetOptions, ObjectStore};

use crate::BoxError;
use crate::check::HealthCheck;
use crate::current_run::{patience, within};
use crate::outcome::{CheckResult, Outcome};

/// The path of an object that does not exist in the stores of applications.
const PATH: &str = "health-runtime/no-such-object";

/// The error codes of S3, Google Cloud Storage and Azure if the bucket or the container does not exist. The status is
/// 404, as for an object that does not exist.
const GONE: [&str; 3] = ["NoSuchBucket", "ContainerNotFound", "ContainerBeingDeleted"];

/// Checks that the object store answers and accepts the credentials.
///
/// A run sends one GET request for the first byte of an object that does not exist, `health-runtime/no-such-object`.
/// The check never writes.
///
/// The check is implemented for `dyn ObjectStore`, so a field of the type `Arc<dyn ObjectStore>` is a check.
///
/// | what it finds | result |
/// |---|---|
/// | the store answers that the object does not exist | healthy |
/// | the object exists | healthy |
/// | the bucket or the container does not exist | unhealthy, `error` |
/// | the store rejects the credentials, or refuses access (401, 403) | unhealthy, `error` |
/// | the store fails, cannot be reached, or redirects to another region | unhealthy, `error` |
/// | there is no answer within 3/4 of the check's timeout | unhealthy, `error` |
///
/// There are no details.
///
/// Feature: `object_store-0_14`.
///
/// # Cost
///
/// Cloud stores charge for the request as for any other. If the store has a limit of requests, the request waits in the
/// same queue as all others.
///
/// If the check runs outside of an engine, it waits for up to 1 s. `LocalFileSystem` reads in the blocking pool of the
/// runtime, so the check also waits while that pool is used up.
///
/// The store itself repeats a request that fails, by default up to 10 times within 3 minutes, which is longer than a
/// check usually waits. In that case, the message says that there was no answer in time, even if the store has answered
/// with errors. To see the error, configure a `RetryConfig` with a shorter `retry_timeout`.
///
/// # Permissions
///
/// The credentials need the permission to read objects. On S3 and Google Cloud Storage, they also need the permission
/// to list the bucket (`s3:ListBucket`, `storage.objects.list`). Without it, the store answers 403 for every object
/// that does not exist. The check cannot distinguish this from credentials that were revoked, so it fails.
///
/// If the credentials of your service cannot list the bucket, do not use this check. Write a function that requests an
/// object that exists, and use `with = path` instead.
///
/// # What it does not detect
///
/// - Whether the store takes writes.
/// - That the folder of a `LocalFileSystem` was removed, because each object is then simply not found. For a local
///   folder, the check only proves that the file system answers.
/// - Anything about an `InMemory` store, for which the check always passes.
///
/// # Example
///
/// ```
/// use std::sync::Arc;
///
/// use health_runtime::HealthState;
/// use object_store::ObjectStore;
/// use object_store::memory::InMemory;
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check(interval = "30s", timeout = "5s")]
///     invoices: Arc<dyn ObjectStore>,
/// }
///
/// let state = AppState { invoices: Arc::new(InMemory::new()) };
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "object_store-0_14")))]
impl HealthCheck for dyn ObjectStore {
    async fn check(&self) -> CheckResult {
        let limit = patience();
        let options = GetOptions::new().with_range(Some(0..1_u64));
        match within(limit, self.get_opts(&Path::from(PATH), options)).await {
            Some(Ok(_)) => Ok(Outcome::healthy()),
            Some(Err(error)) => judge(error),
            None => Err(format!(
                "no answer from the store within {} ms; it may be repeating a request that failed",
                limit.as_millis()
            )
            .into()),
        }
    }
}

fn judge(error: Error) -> CheckResult {
    match error {
        // Only the text of the cause shows whether the bucket or the object is missing.
        Error::NotFound { source, .. } if GONE.iter().any(|gone| source.to_string().contains(gone)) => {
            Err(format!("the bucket or the container does not exist: {source}").into())
        }
        Error::NotFound { .. } => Ok(Outcome::healthy()),
        Error::PermissionDenied { source, .. } => Err(BoxError::from(format!(
            "the store refuses access; if the credentials are right, they need the permission to list the bucket: {source}"
        ))),
        Error::Unauthenticated { source, .. } => {
            Err(BoxError::from(format!("the store rejects the credentials: {source}")))
        }
        // The text of the error only adds the name of the store to the text of the source.
        Error::Generic { source, .. } => Err(source),
        error => Err(error.into()),
    }
}
