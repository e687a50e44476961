//! The check of a connection to a cluster.

use super::checks;
use super::redis::cluster_async::ClusterConnection;
use crate::check::HealthCheck;
use crate::outcome::CheckResult;

/// Checks that every slot of a Redis cluster is served, and that each primary can be used.
///
/// A run sends `CLUSTER INFO` to one node and `INFO` to each primary, at the same time, over the open connections of
/// the driver. The answers have about 6 KiB for each primary. The check never writes.
///
/// | what it finds | result |
/// |---|---|
/// | all slots are served, and all primaries answer | healthy |
/// | the cluster is down, or a slot is not served | unhealthy, `reported` |
/// | a primary does not answer, loads its data, or refuses writes | unhealthy, `reported` |
/// | some nodes suspect that a node has failed | degraded, `reported` |
/// | the memory of a primary is full, but the primary still takes writes | degraded, `reported` |
/// | a primary accepts no more connections | degraded, `saturated` |
/// | no node can be reached, or no node answers | unhealthy, `reported` |
/// | the user may run neither `CLUSTER INFO` nor `INFO` | unhealthy, `error` |
///
/// One slot that is not served makes the check unhealthy, because the keys of a service are usually spread over all
/// slots.
///
/// If the user may run `CLUSTER INFO` but not `INFO`, the check only detects what `CLUSTER INFO` reports, and has the
/// detail `info = "not permitted"`.
///
/// The driver does not report why it has no connection to a node. If a run gets no answer for this reason, it connects to
/// that node once more, without the driver. So the message shows whether the node is down or refuses the client. Before
/// the driver has been connected to the cluster for the first time, it names no node, and the message has no cause.
///
/// Details: `nodes`, which is the number of primaries; `version`; `used_memory` of all primaries together, in bytes;
/// and `read_only`.
///
/// Feature: `redis-0_32-cluster` for redis 0.32, `redis-1-cluster` for redis 1. For any other version,
/// [`redis_checks!`](crate::redis_checks) creates the same check.
///
/// # Cost
///
/// A run waits for at most 3/4 of the check's timeout, or for up to 1 s if it runs outside of an engine.
///
/// # What it does not detect
///
/// - A node that has just failed, if the driver has not used it since. The other nodes notice it within
///   `cluster-node-timeout`, which is 15 seconds by default.
/// - Failed replicas, and primaries without a replica.
/// - Failed saves of single nodes.
///
/// # Cancel safety
///
/// If a run is aborted while it waits for an answer, the connections stay usable: their own tasks read each answer to
/// the end and drop it.
///
/// # Example
///
/// ```
/// # use health_runtime::{CheckResult, HealthCheck, HealthState, Outcome};
/// # #[derive(Clone)] struct ClusterConnection;
/// # impl HealthCheck for ClusterConnection { async fn check(&self) -> CheckResult { Ok(Outcome::healthy()) } }
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check(timeout = "500ms")]
///     cache: ClusterConnection, // `redis::cluster_async::ClusterConnection`
/// }
/// ```
impl HealthCheck for ClusterConnection {
    async fn check(&self) -> CheckResult {
        checks::cluster(self).await
    }
}
