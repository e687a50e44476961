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

/// Checks that Redis, or each primary of a cluster, answers over the connection of the client, and has what the service
/// needs.
///
/// | what it finds | result |
/// |---|---|
/// | an answer from a primary, or from a replica that is connected to its primary | healthy |
/// | a server that was a primary and is a replica now (after a failover) | unhealthy, `read_only` |
/// | a replica that has lost its primary, but still answers | degraded |
/// | a server that is loading its data, that refuses writes, or that is a Sentinel | unhealthy |
/// | a failed save or a full memory, but the server takes writes | degraded |
/// | all connections that the server accepts are in use | degraded, `saturated` |
/// | a slot of a cluster is not served, or a primary of the cluster does not answer or is unhealthy | unhealthy |
/// | no answer, or no connection | unhealthy, `error` |
///
/// While the client is not connected, the run also tries to connect by itself, so that the message contains the cause:
/// connection refused, a wrong password, or no answer.
///
/// The page of [`redis_checks!`](crate::redis_checks) describes what Redis is asked, and the details.
///
/// # Cost
///
/// A run sends `INFO` over the connection of the client, which is one round trip. The answer has about 6 KiB. For a
/// cluster, it sends `INFO` to each primary and `CLUSTER INFO` to one of them, at the same time. While the client is
/// not connected, a run opens one connection and closes it again.
///
/// # What it does not detect
///
/// - Missing permissions for keys or commands.
/// - A full disk, before Redis notices it.
/// - Lost data, for example after a restart without persistence.
///
/// # Cancel safety
///
/// If a run is cut off while it waits for an answer, the connection stays usable: the task of the client reads the
/// answer to its end and drops it.
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

/// Checks one client of the pool after the other. All of them connect to the same place, so the pool is as healthy as
/// its worst client. See the check of [`Client`].
impl HealthCheck for Pool {
    async fn check(&self) -> CheckResult {
        self.next().check().await
    }
}

/// Why the client is not connected. It tries again and again, and does not report the cause to its callers.
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
