//! Decides which problems the answers of a server show.

use crate::checks::redis::findings::Findings;
use crate::checks::redis::info::{ClusterInfo, Info, number};
use crate::outcome::Outcome;

/// The number of slots of a cluster.
const SLOTS: u64 = 16_384;

/// The problems that the answer to `INFO` shows. A field that is missing shows none.
pub(super) fn server(info: &Info<'_>) -> Findings {
    let mut found = Findings::default();
    if [info.mode, info.server_mode].contains(&Some("sentinel")) {
        found.unhealthy("this is a Sentinel, which stores nothing");
    }
    if info.loading == Some("1") {
        found.unhealthy("the server is loading its data");
    }
    if info.aof_enabled == Some("1") && info.aof_last_write_status == Some("err") {
        found.unhealthy("the server refuses writes, because it cannot write its append-only file");
    }
    if number(info.good_replicas) == Some(0) {
        found
            .unhealthy("the server refuses writes, because it has fewer replicas than `min-replicas-to-write` demands");
    }
    memory(info, &mut found);
    if let (Some(clients), Some(most)) = (number(info.connected_clients), number(info.max_clients))
        && most > 0
        && clients >= most
    {
        found.saturated(format!(
            "the server accepts no more connections: {clients} of {most} are in use"
        ));
    }
    found
}

/// Redis compares these numbers before each write. The replicas' buffers are not counted.
fn memory(info: &Info<'_>, found: &mut Findings) {
    let (Some(used), Some(most)) = (number(info.used_memory), number(info.max_memory)) else {
        return;
    };
    let counted = used.saturating_sub(number(info.not_counted).unwrap_or(0));
    // A replica evicts nothing by itself. It repeats what its primary does.
    if most == 0 || counted <= most || info.role == Some("slave") {
        return;
    }
    match info.max_memory_policy {
        Some("noeviction") => found.unhealthy(format!(
            "the server refuses writes, because its memory is full ({counted} of {most} bytes, `noeviction`)"
        )),
        _ => found.degraded(format!(
            "the server's memory is full, and it has not evicted enough ({counted} of {most} bytes)"
        )),
    }
}

/// Whether a replica has lost its primary.
pub(super) fn has_lost_its_primary(info: &Info<'_>) -> bool {
    info.role == Some("slave") && info.primary_link_status == Some("down")
}

/// For a replica that has lost its primary, but still answers.
pub(super) fn serves_old_data(info: &Info<'_>, found: &mut Findings) {
    match number(info.primary_link_down_since) {
        Some(seconds) => found.degraded(format!(
            "the replica has lost its primary {seconds} s ago, so its data become old"
        )),
        None => found.degraded("the replica has lost its primary, so its data become old"),
    }
}

/// Whether the last save failed. By default, the server then refuses writes.
pub(super) fn could_not_save(info: &Info<'_>) -> bool {
    info.rdb_last_bgsave_status == Some("err")
}

/// Whether the server refuses writes after a failed save. This depends on two settings, which are read with `CONFIG
/// GET`. `None` if they could not be read.
pub(super) fn save(stops_writes: Option<&str>, points: Option<&str>, found: &mut Findings) {
    let is_harmless = stops_writes == Some("no") || points == Some("");
    if is_harmless {
        found.degraded("the server's last background save failed");
    } else {
        found.unhealthy(
            "the server's last background save failed, so it refuses writes (`stop-writes-on-bgsave-error`)",
        );
    }
}

/// Adds the details from `INFO` to the outcome.
pub(super) fn describe(info: &Info<'_>, mut outcome: Outcome) -> Outcome {
    let version = match (info.valkey_version, info.dragonfly_version) {
        (Some(version), _) => Some(format!("valkey {version}")),
        (None, Some(version)) => Some(format!("dragonfly {version}")),
        (None, None) => info.redis_version.map(str::to_owned),
    };
    if let Some(version) = version {
        outcome = outcome.detail("version", version);
    }
    outcome = match info.role {
        Some("master") => outcome.detail("role", "primary"),
        Some("slave") => outcome.detail("role", "replica"),
        Some(other) => outcome.detail("role", other),
        None => outcome,
    };
    if let Some(read_only) = is_read_only(info) {
        outcome = outcome.detail("read_only", read_only).read_only(read_only);
    }
    if let Some(status) = info.primary_link_status {
        outcome = outcome.detail("primary_link", status);
    }
    for (name, value) in [
        ("used_memory", info.used_memory),
        ("max_memory", info.max_memory),
        ("clients", info.connected_clients),
        ("max_clients", info.max_clients),
    ] {
        if let Some(value) = number(value) {
            outcome = outcome.detail(name, value);
        }
    }
    outcome
}

/// `None` if the server is neither a primary nor a replica, or does not report it.
pub(super) fn is_read_only(info: &Info<'_>) -> Option<bool> {
    match info.role? {
        "master" => Some(false),
        "slave" => Some(info.replica_read_only != Some("0")),
        _ => None,
    }
}

/// The problems that `CLUSTER INFO` shows. If a slot is not served, its keys can be neither read nor written, so the
/// cluster cannot be used as a whole.
pub(super) fn cluster(info: &ClusterInfo<'_>, found: &mut Findings) {
    let unserved = SLOTS - number(info.assigned).unwrap_or(SLOTS).min(SLOTS);
    let failed = number(info.fail).unwrap_or(0);
    let silent = number(info.pfail).unwrap_or(0);
    if info.state.is_some_and(|state| state != "ok") {
        found.unhealthy("the cluster is down: its nodes refuse all keys");
    }
    if unserved > 0 {
        found.unhealthy(format!("no node serves {unserved} of {SLOTS} slots"));
    }
    if failed > 0 {
        found.unhealthy(format!("the nodes of {failed} of {SLOTS} slots have failed"));
    }
    if silent > 0 {
        found.degraded(format!("the nodes of {silent} of {SLOTS} slots do not answer"));
    }
}
