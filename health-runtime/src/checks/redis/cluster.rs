//! The check of a connection to a cluster.

use std::collections::HashMap;

use futures_util::future::join;

use crate::checks::redis::driver::{Connection, Failure};
use crate::checks::redis::findings::Findings;
use crate::checks::redis::greeting;
use crate::checks::redis::info::{ClusterInfo, Info, number};
use crate::checks::redis::judge;
use crate::current_run::{patience, timed};
use crate::outcome::{BoxError, CheckResult, Outcome};

/// Checks a cluster: one node reports whether all slots are served, and each primary reports its own state.
///
/// If a node does not answer, the driver tries it again. So both commands are sent at the same time: then the answer of
/// one node can show why another one does not answer.
#[doc(hidden)]
pub async fn cluster<C: Connection>(connection: &C) -> CheckResult {
    let patience = patience();
    let state = timed(patience, connection.text(&["CLUSTER", "INFO"]));
    let nodes = timed(patience, connection.pairs(&["INFO"]));
    let (state, nodes) = join(state, nodes).await;
    let (state, mut nodes) = (given(state), given(nodes));
    // The driver names a node to which it has no connection, but not why it has none.
    if let Err(Missing::Failed(error)) = &mut nodes
        && let Some(cause) = greeting::look_at_node(&error.to_string()).await
    {
        *error = cause;
    }
    judged(state, nodes)
}

/// Why a command has no usable answer.
enum Missing {
    /// The server has answered with an error: it has no such command, or does not permit it.
    Refused(BoxError),
    Failed(BoxError),
}

fn given<T>(answer: Result<Result<T, Failure>, u128>) -> Result<T, Missing> {
    match answer {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(failure)) if failure.code() == Some("NOPERM") => Err(Missing::Refused(failure.into_error())),
        Ok(Err(failure)) => Err(Missing::Failed(failure.into_error())),
        Err(waited) => Err(Missing::Failed(format!("no answer within {waited} ms").into())),
    }
}

fn judged(state: Result<String, Missing>, nodes: Result<HashMap<String, String>, Missing>) -> CheckResult {
    let mut found = Findings::default();
    let mut outcome = Outcome::healthy();
    let mut is_permitted = false;
    let mut failed = None;
    match state {
        Ok(text) => {
            is_permitted = true;
            judge::cluster(&ClusterInfo::read(&text), &mut found);
        }
        Err(Missing::Refused(error)) => failed = Some(error),
        Err(Missing::Failed(error)) => found.unhealthy(format!("no node says how the cluster is: {error}")),
    }
    match nodes {
        Ok(nodes) => {
            is_permitted = true;
            for (node, text) in sorted(&nodes) {
                found.of_node(node, judge::server(&Info::read(text)));
            }
            outcome = described(&nodes, outcome);
        }
        Err(Missing::Refused(_)) => outcome = outcome.detail("info", "not permitted"),
        Err(Missing::Failed(error)) => found.unhealthy(format!("a primary does not answer: {error}")),
    }
    match failed {
        Some(error) if !is_permitted && found.is_empty() => Err(error),
        _ => Ok(found.into_outcome().taking_details_of(outcome)),
    }
}

fn sorted(nodes: &HashMap<String, String>) -> Vec<(&String, &String)> {
    let mut nodes: Vec<_> = nodes.iter().collect();
    nodes.sort();
    nodes
}

/// Adds the details of all nodes together.
fn described(nodes: &HashMap<String, String>, outcome: Outcome) -> Outcome {
    let infos: Vec<_> = sorted(nodes).into_iter().map(|(_, text)| Info::read(text)).collect();
    let mut outcome = outcome.detail("nodes", nodes.len());
    if let Some(version) = infos.iter().find_map(|info| info.redis_version) {
        outcome = outcome.detail("version", version);
    }
    let used = infos.iter().filter_map(|info| number(info.used_memory));
    outcome = outcome.detail("used_memory", used.fold(0, u64::saturating_add));
    // Only primaries are asked. Each of them has its own part of the keys.
    let read_only: Option<Vec<bool>> = infos.iter().map(judge::is_read_only).collect();
    match read_only {
        Some(read_only) if !read_only.is_empty() => {
            let is_read_only = read_only.contains(&true);
            outcome.detail("read_only", is_read_only).read_only(is_read_only)
        }
        _ => outcome,
    }
}
