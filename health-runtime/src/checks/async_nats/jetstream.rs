//! The check of a context of JetStream.

use async_nats_0_51::jetstream::Context;
use async_nats_0_51::jetstream::context::RequestErrorKind;
use serde::Deserialize;

use super::{ask, described, servers};
use crate::check::HealthCheck;
use crate::current_run::{patience, within};
use crate::outcome::CheckResult;

/// Checks that the NATS server works, and that JetStream answers.
///
/// A run first sends a message from the client to itself, like the check of the
/// [`Client`](HealthCheck#impl-HealthCheck-for-Client). It then requests the statistics of the account, `$JS.API.INFO`.
/// These are two round trips.
///
/// | what it finds | result |
/// |---|---|
/// | JetStream answers | healthy |
/// | JetStream is not enabled for the account, or it refuses the request | unhealthy, `error` |
/// | JetStream does not answer, for example because the cluster has no leader | unhealthy, `error` |
/// | anything that the check of the client finds | the result of that check |
///
/// Details: those of the client; `streams` and `consumers`, which are the numbers of both in the account; and
/// `memory_bytes` and `storage_bytes`, which are the sizes of all messages in memory and in files.
///
/// Feature: `async-nats-0_51-jetstream`.
///
/// # Permissions
///
/// The user needs the permissions that the check of the client needs, and must be allowed to publish to `$JS.API.INFO`.
/// If the context has a domain or a prefix, the subject has it too.
///
/// # Cost
///
/// Each of the two steps waits for at most 3/4 of the time that is left of the check's timeout, or for up to 1 s if the
/// check runs outside of an engine.
///
/// # What it does not detect
///
/// - Streams or consumers that are missing, or that have no leader.
/// - Limits of the account, of a stream or of the disk. Only a message that is stored would reveal them.
///
/// # Cancel safety
///
/// As for the check of the client. If JetStream does not answer while the server does, async-nats keeps an entry of a
/// few hundred bytes for each request, until the answer comes.
///
/// # Example
///
/// ```
/// use health_runtime::HealthState;
/// # use async_nats_0_51 as async_nats;
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check(critical)]
///     streams: async_nats::jetstream::Context,
/// }
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "async-nats-0_51-jetstream")))]
impl HealthCheck for Context {
    async fn check(&self) -> CheckResult {
        let client = self.client();
        let outcome = ask(&client).await?;
        servers::remember(&client).await;
        let patience = patience();
        match within(patience, self.request("INFO", "")).await {
            Some(Ok(Answer::Account(account))) => Ok(described(&client, outcome)
                .detail("streams", account.streams)
                .detail("consumers", account.consumers)
                .detail("memory_bytes", account.memory)
                .detail("storage_bytes", account.storage)),
            Some(Ok(Answer::Refused { error })) => Err(format!("JetStream: {}", error.description).into()),
            Some(Err(error)) if error.kind() == RequestErrorKind::NoResponders => {
                Err("the server answers, but JetStream is not enabled".into())
            }
            Some(Err(error)) => Err(format!("JetStream: {error}").into()),
            None => {
                let waited = patience.as_millis();
                Err(format!("the server answers, but JetStream did not within {waited} ms").into())
            }
        }
    }
}

/// What `$JS.API.INFO` answers. `Context::query_account` does not understand servers before 2.10.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Refused { error: Refusal },
    Account(Account),
}

#[derive(Deserialize)]
struct Refusal {
    description: String,
}

#[derive(Deserialize)]
struct Account {
    streams: u64,
    consumers: u64,
    memory: u64,
    storage: u64,
}
