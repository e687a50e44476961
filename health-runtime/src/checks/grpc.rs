//! [`Grpc`], a check that asks the health service of a gRPC server, and the check of tonic's `Channel`.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use http::uri::PathAndQuery;
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use tonic::{Code, Request, Status as GrpcStatus};

use crate::BoxError;
use crate::check::HealthCheck;
use crate::current_run::{patience, within};
use crate::grpc_health_v1::{HOPS, HealthCheckRequest, HealthCodec, ServingStatus};
use crate::outcome::{CheckResult, Outcome};

/// The method of the standard health service.
const CHECK: &str = "/grpc.health.v1.Health/Check";

/// The answer has two bytes. A later version of the protocol may have more.
const LONGEST: usize = 4096;

/// A check that asks a gRPC server for its health, with the standard method `grpc.health.v1.Health/Check` ([gRPC health
/// checking protocol]).
///
/// By default, the check asks for the server as a whole. To ask for one of its services, use
/// [`service`](Self::service). If the server as a whole is all you need, you can also use a [`Channel`] as a check.
///
/// | what it finds | result |
/// |---|---|
/// | `SERVING` | healthy |
/// | `NOT_SERVING`, or any other serving status | unhealthy, `reported` |
/// | `NOT_FOUND`, because the server does not know the service | unhealthy, `reported` |
/// | `UNIMPLEMENTED`, because the server has no health service | unhealthy, `reported` |
/// | any other gRPC status, such as `UNAUTHENTICATED` | unhealthy, `error` |
/// | the connection is refused or is lost, TLS fails, or the name does not resolve | unhealthy, `error` |
/// | there is no connection, or no answer, within 3/4 of the check's timeout | unhealthy, `error` |
///
/// Two services that ask each other do not keep each other down, if both use this crate: the check sends the metadata
/// `health-hops`, and the service that [`Health::grpc`](crate::Health::grpc) returns then leaves out the checks that ask
/// other services. This check is itself left out when another service asks a probe with `hops`.
///
/// If the connection fails, the message contains the cause, such as `Connection refused`, and not only
/// `transport error`.
///
/// There are no details.
///
/// Feature: `tonic-0_14`.
///
/// # Cost
///
/// Each run sends one request over the channel. The application uses the same channel, so a connection is only opened
/// if the channel has none. If the channel has a concurrency or rate limit, the request waits in the same queue as
/// other requests. The request and its answer are a few bytes each.
///
/// A run waits for at most 3/4 of the check's timeout. If the check runs outside of an engine, it waits for up to 1 s.
/// When the run ends, the request is cancelled.
///
/// # Example
///
/// ```
/// use health_runtime::HealthState;
/// use health_runtime::checks::Grpc;
/// use tonic::transport::Channel;
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check(timeout = "1s")]
///     ledger: Grpc,
/// }
///
/// # let runtime = tokio::runtime::Runtime::new().unwrap();
/// # let _guard = runtime.enter();
/// let channel = Channel::from_static("http://ledger.example.com:50051").connect_lazy();
/// let state = AppState { ledger: Grpc::new(channel).service("ledger.v1.Ledger") };
/// ```
///
/// [gRPC health checking protocol]: https://github.com/grpc/grpc/blob/master/doc/health-checking.md
#[cfg_attr(docsrs, doc(cfg(feature = "tonic-0_14")))]
#[derive(Clone)]
pub struct Grpc {
    channel: Channel,
    service: Arc<str>,
}

impl Grpc {
    /// Creates a check of the server at the other end of this channel. Clones of a channel share their connection, so
    /// pass a clone of the channel that the application uses.
    #[must_use]
    pub fn new(channel: Channel) -> Self {
        let service = "".into();
        Self { channel, service }
    }

    /// Sets the service to ask for, by its full name, such as `ledger.v1.Ledger`. The default is the empty name, which
    /// stands for the server as a whole.
    #[must_use]
    pub fn service(mut self, name: impl AsRef<str>) -> Self {
        self.service = name.as_ref().into();
        self
    }
}

impl HealthCheck for Grpc {
    fn asks_probe(&self) -> bool {
        true
    }

    async fn check(&self) -> CheckResult {
        ask(&self.channel, &self.service).await
    }
}

impl fmt::Debug for Grpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grpc")
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

/// Checks the health of the gRPC server at the other end, with the standard method `grpc.health.v1.Health/Check`. The
/// service name is empty, which stands for the server as a whole.
///
/// The results, the cost and the feature are those of [`checks::Grpc`](crate::checks::Grpc). To ask for one of the
/// server's services, use that type.
///
/// # Example
///
/// ```
/// use health_runtime::HealthState;
/// use tonic::transport::Channel;
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check(timeout = "1s")]
///     ledger: Channel,
/// }
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "tonic-0_14")))]
impl HealthCheck for Channel {
    fn asks_probe(&self) -> bool {
        true
    }

    async fn check(&self) -> CheckResult {
        ask(self, "").await
    }
}

async fn ask(channel: &Channel, service: &str) -> CheckResult {
    let limit = patience();
    let Some(answer) = within(limit, call(channel.clone(), service)).await else {
        let limit = limit.as_millis();
        return Err(format!("no connection, or no answer, within {limit} ms").into());
    };
    match answer {
        Ok(ServingStatus::SERVING) => Ok(Outcome::healthy()),
        Ok(status) => Ok(Outcome::unhealthy(format!("the server answered {status}"))),
        Err(status) => judge(&status, service),
    }
}

async fn call(channel: Channel, service: &str) -> Result<ServingStatus, GrpcStatus> {
    let mut client = tonic::client::Grpc::new(channel).max_decoding_message_size(LONGEST);
    client
        .ready()
        .await
        .map_err(|error| GrpcStatus::from_error(error.into()))?;
    let mut request = Request::new(HealthCheckRequest(service.to_owned()));
    request.metadata_mut().insert(HOPS, MetadataValue::from_static("1"));
    let codec = HealthCodec::<HealthCheckRequest, ServingStatus>::new();
    let answer = client.unary(request, PathAndQuery::from_static(CHECK), codec);
    Ok(answer.await?.into_inner())
}

fn judge(status: &GrpcStatus, service: &str) -> CheckResult {
    // Only an error of the transport has a source. Otherwise, the server has sent the status.
    if let Some(source) = status.source() {
        return Err(BoxError::from(deepest(source).to_string()));
    }
    let code = status.code();
    match code {
        Code::NotFound => Ok(Outcome::unhealthy(format!(
            "the health service of the server does not know the service `{service}`; register it there, or ask for another one"
        ))),
        Code::Unimplemented => Ok(Outcome::unhealthy(
            "the server has no health service; add `grpc.health.v1.Health` to it, for example with the crate `tonic-health`",
        )),
        _ => Err(format!(
            "the server answered {code:?} ({}): {}",
            i32::from(code),
            status.message()
        )
        .into()),
    }
}

/// The innermost error. The errors around it only say that the transport failed.
fn deepest<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    std::iter::successors(Some(error), |error| (*error).source())
        .last()
        .unwrap_or(error)
}
