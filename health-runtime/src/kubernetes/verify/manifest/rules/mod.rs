//! What must fit between a container and the service. Each rule has one finding for one mistake.
//!
//! ```text
//! presence  which probes there are
//! asked     what each probe asks: its path, or its service of gRPC
//! port      where it asks
//! handler   how it asks
//! times     how often, and how long it waits
//! shutdown  how the pod ends
//! service   what a Service sends to the pods
//! ```

mod asked;
mod handler;
mod port;
mod presence;
mod service;
mod shutdown;
mod times;

pub(super) use self::service::services;
use super::super::finding::Finding;
use super::Context;

/// The findings about a container and its pod.
pub(super) fn all(context: &Context<'_>) -> Vec<Finding> {
    let rules: [fn(&Context<'_>) -> Vec<Finding>; 6] = [
        presence::check,
        asked::check,
        port::check,
        handler::check,
        times::check,
        shutdown::check,
    ];
    rules.into_iter().flat_map(|rule| rule(context)).collect()
}
