//! The check of the client of the crate `fred`.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::future::join_all;

use fred_10::clients::{Client, Pool};
use fred_10::error::{Error, ErrorKind};
use fred_10::interfaces::{ClientLike, ClusterInterface};
use fred_10::types::config::{Options, Server};
use fred_10::types::{ClusterHash, CustomCommand};

use crate::check::HealthCheck;
use crate::checks::redis::cluster::cluster;
use crate::checks::redis::connection::connection;
use crate::checks::redis::driver::{Connection, Failure};
use crate::current_run::{patience, timed};
use crate::outcome::{BoxError, CheckResult};

/// Checks that Redis, or each primary of a cluster, answers over the connection of the client and can be used.
///
/// A run sends `INFO` over the connection of the client, which is one round trip. For a cluster, it sends `INFO` to
/// each primary and `CLUSTER INFO` to one node, at the same time. Each answer to `INFO` has about 6 KiB. The check
/// never writes.
///
/// | what it finds | result |
/// |---|---|
/// | the server is a primary, or a replica that is connected to its primary | healthy |
/// | the server was a primary in a run before, and is a replica now (after a failover) | unhealthy, `read_only` |
/// | a replica has lost its primary, but still answers | degraded, `reported` |
/// | the server loads its data, refuses writes, or is a Sentinel | unhealthy, `reported` |
/// | the last save failed, or the memory is full, but the server still takes writes | degraded, `reported` |
/// | every connection that the server accepts is in use | degraded, `saturated` |
/// | a slot of a cluster is not served, or a primary of the cluster does not answer or is unhealthy | unhealthy, `reported` |
/// | there is no connection, or no answer | unhealthy, `error` |
///
/// The documentation of [`redis_checks!`](crate::redis_checks) describes each of these results, and the details.
///
/// While the client is not connected, the run also connects by itself, so that the message contains the cause: a
/// refused connection, a wrong password, or no answer.
///
/// Feature: `fred-10`.
///
/// # Cost
///
/// While the client is not connected, each run opens one connection and closes it again.
///
/// Each step of a run (to connect, to query) waits for at most 3/4 of the time that is left of the check's timeout, or
/// for up to 1 s if the check runs outside of an engine.
///
/// # What it does not detect
///
/// - Missing permissions for keys or commands.
/// - A full disk, before Redis notices it.
/// - Lost data, for example after a restart without persistence.
///
/// # Cancel safety
///
/// If a run is aborted while it waits for an answer, the connection stays usable: the task of the client reads the
/// answer to the end and drops it.
///
/// # Example
///
/// ```
/// use health_runtime::HealthState;
/// # use fred_10 as fred;
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check(timeout = "500ms")]
///     cache: fred::clients::Client,
/// }
/// ```
impl HealthCheck for Client {
    async fn check(&self) -> CheckResult {
        let asked = Asked {
            client: self.clone(),
            timeout: patience(),
        };
        let address = std::ptr::from_ref(self).addr();
        let result = if self.is_clustered() {
            Box::pin(cluster(&asked)).await // the driver's futures are large
        } else {
            Box::pin(connection(&asked, address)).await
        };
        match result {
            Err(error) if !self.is_connected() => Err(Box::pin(cause(self)).await.unwrap_or(error)),
            result => result,
        }
    }
}

/// Checks one client of the pool in each run: the one that the pool would use for its next command.
///
/// All clients connect to the same servers, so one of them is enough to detect that a server fails. If only one client
/// has lost its connection, only the runs that use this client fail. The results, the details, the cost and the feature
/// are those of the check of [`Client`].
impl HealthCheck for Pool {
    async fn check(&self) -> CheckResult {
        self.next().check().await
    }
}

/// Why the client is not connected. The client tries again and again, and does not report the cause to its callers.
async fn cause(client: &Client) -> Option<BoxError> {
    let settings = (
        client.client_config(),
        client.perf_config(),
        client.connection_config().clone(),
    );
    let (config, perf, connection) = settings;
    let own = Client::new(config, Some(perf), Some(connection), None); // it tries once
    let opened = timed(patience(), own.init()).await;
    let _ = timed(patience(), own.quit()).await;
    match opened {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(failure(&error).into_open_error()),
        Err(waited) => Some(format!("no connection within {waited} ms").into()),
    }
}

#[derive(Clone)]
struct Asked {
    client: Client,
    timeout: Duration,
}

impl Asked {
    /// Sends a command to this node, or to any node.
    async fn ask<T>(&self, command: &'static [&'static str], node: Option<Server>) -> Result<T, Failure>
    where
        T: fred_10::types::FromValue,
    {
        let options = Options {
            max_attempts: Some(1),
            timeout: Some(self.timeout),
            cluster_node: node,
            // Otherwise, the client would keep the commands of all runs until it is connected again.
            fail_fast: true,
            ..Options::default()
        };
        let Some((name, arguments)) = command.split_first() else {
            return Err(Failure::new(None, false, false, false, "a command has a name"));
        };
        let command = CustomCommand::new_static(name, ClusterHash::Random, false);
        let asked = self.client.with_options(&options);
        asked
            .custom(command, arguments.to_vec())
            .await
            .map_err(|error| failure(&error))
    }
}

impl Connection for Asked {
    async fn text(&self, command: &'static [&'static str]) -> Result<String, Failure> {
        self.ask(command, None).await
    }

    async fn pairs(&self, command: &'static [&'static str]) -> Result<HashMap<String, String>, Failure> {
        let Some(cluster) = self.client.cached_cluster_state() else {
            return self.ask(command, None).await;
        };
        let ask = async |node: Server| {
            let name = node.to_string();
            Ok((name, self.ask(command, Some(node)).await?))
        };
        let answers = join_all(cluster.unique_primary_nodes().into_iter().map(ask)).await;
        answers.into_iter().collect()
    }
}

fn failure(error: &Error) -> Failure {
    let first = error.details().split(' ').next().unwrap_or_default();
    // The answers of a server start with a code.
    let is_code = first.len() > 2 && first.bytes().all(|byte| byte.is_ascii_uppercase());
    let code = (is_code && *error.kind() != ErrorKind::IO).then_some(first);
    let is_lost = matches!(error.kind(), ErrorKind::IO | ErrorKind::Canceled);
    let is_refused = error.details().contains("refused");
    Failure::new(
        code,
        is_lost,
        *error.kind() == ErrorKind::Timeout,
        is_lost && is_refused,
        error.to_string(),
    )
}
