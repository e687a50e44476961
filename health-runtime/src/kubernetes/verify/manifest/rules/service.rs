//! What a Service sends to the pods.

use super::super::workload::{Workload, kind, name, objects};
use crate::kubernetes::verify::finding::{Finding, Place};
use crate::kubernetes::verify::rule::Rule;
use crate::kubernetes::verify::yaml::Yaml;

/// The findings about every Service that selects one of these workloads.
pub(in super::super) fn services(roots: &[Yaml<'_>], compared: &[(Workload<'_>, Yaml<'_>)]) -> Vec<Finding> {
    let is_service = |object: &Yaml<'_>| {
        let version = object.get("apiVersion").and_then(Yaml::text);
        kind(*object) == Some("Service") && version == Some("v1")
    };
    let services = objects(roots).filter(is_service);
    services.filter_map(|service| publishes(service, compared)).collect()
}

fn publishes(service: Yaml<'_>, compared: &[(Workload<'_>, Yaml<'_>)]) -> Option<Finding> {
    let field = service
        .at(&["spec", "publishNotReadyAddresses"])
        .filter(|field| field.is_true())?;
    let selector = service.at(&["spec", "selector"])?;
    let namespace = service.at(&["metadata", "namespace"]).and_then(Yaml::text);
    let (workload, _) = compared.iter().find(|(workload, _)| {
        workload.namespace == namespace && workload.labels.is_some_and(|labels| selects(selector, labels))
    })?;
    let pods = workload.place.document.as_deref().unwrap_or_default();
    let message = format!(
        "`publishNotReadyAddresses` sends traffic to pods of `{pods}` that are not ready, also while they drain; remove it, or allow this rule if only the members of a cluster look each other up here"
    );
    let place = Place::document("Service", name(service));
    Some(place.finding(Rule::PublishNotReady, field.line(), message))
}

/// Whether the labels have every entry of the selector.
fn selects(selector: Yaml<'_>, labels: Yaml<'_>) -> bool {
    let mut entries = selector.entries().peekable();
    let is_empty = entries.peek().is_none();
    let mut has = entries.map(|(key, value)| {
        let label = key.text().and_then(|key| labels.get(key)).and_then(Yaml::text);
        label.is_some() && label == value.text()
    });
    !is_empty && has.all(|has| has)
}
