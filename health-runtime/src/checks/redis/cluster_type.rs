//! The check of a connection to a cluster.

use super::checks;
use super::redis::cluster_async::ClusterConnection;
use crate::check::HealthCheck;
use crate::outcome::CheckResult;

/// Checks that all slots of a Redis cluster are served, and that each of its primaries has what the service needs.
///
/// | what it finds | result |
/// |---|---|
/// | all slots are served, and all primaries answer | healthy |
/// | the cluster is down, or a slot is not served | unhealthy |
/// | a primary does not answer, is loading its data, or refuses writes | unhealthy |
/// | some nodes suspect that a node has failed | degraded |
/// | a primary whose memory is full, but that takes writes | degraded |
/// | a primary accepts no more connections | degraded, `saturated` |
/// | no node is reachable, or answers | unhealthy |
///
/// One slot that is not served is enough, because the keys of a service are usually spread over all slots.
///
/// The driver does not report why it has no connection to a node. A run that gets no answer for this reason connects to
/// that node once more, without the driver, so that the message tells a node that is down from one that refuses the
/// client. This needs the address of the node, which the driver reports only after it has been connected to the cluster
/// once.
///
/// Details: `nodes` (the number of primaries), `version`, `used_memory` (of all primaries together), and `read_only`.
///
/// # Cost
///
/// A run sends `CLUSTER INFO` to one node and `INFO` to each primary, at the same time, over the connections that there
/// are. The answers have about 6 KiB for each primary.
///
/// # What it does not detect
///
/// - A node that has just failed and is not used by the driver yet. The other nodes notice it within
///   `cluster-node-timeout`, which is 15 seconds by default.
/// - Failed replicas, and primaries without a replica.
/// - Failed saves of single nodes.
///
/// # Cancel safety
///
/// If a run is cut off while it waits for an answer, the connections stay usable: their tasks read each answer to its
/// end and drop it.
impl HealthCheck for ClusterConnection {
    async fn check(&self) -> CheckResult {
        checks::cluster(self).await
    }
}
