//! Finds the pods in a stream of documents.

use crate::kubernetes::verify::finding::Place;
use crate::kubernetes::verify::yaml::Yaml;

/// Where each kind has the template of its pods.
const KINDS: [(&str, &[&str]); 8] = [
    ("CronJob", &["spec", "jobTemplate", "spec", "template"]),
    ("DaemonSet", &["spec", "template"]),
    ("Deployment", &["spec", "template"]),
    ("Job", &["spec", "template"]),
    ("Pod", &[]),
    ("ReplicaSet", &["spec", "template"]),
    ("ReplicationController", &["spec", "template"]),
    ("StatefulSet", &["spec", "template"]),
];

/// Something that runs pods.
#[derive(Clone, Debug)]
pub(super) struct Workload<'a> {
    pub(super) place: Place,
    /// The spec of the pod.
    pub(super) pod: Yaml<'a>,
    /// The labels of the pod.
    pub(super) labels: Option<Yaml<'a>>,
    pub(super) namespace: Option<&'a str>,
    /// Whether the pods take traffic. Those of a job end by themselves.
    pub(super) serves: bool,
}

/// All workloads, in the order of the text.
pub(super) fn workloads<'a>(roots: &[Yaml<'a>]) -> Vec<Workload<'a>> {
    objects(roots).filter_map(workload).collect()
}

/// All objects, also those in lists.
pub(super) fn objects<'a>(roots: &[Yaml<'a>]) -> impl Iterator<Item = Yaml<'a>> {
    roots.iter().flat_map(|root| {
        let is_list = kind(*root).is_some_and(|kind| kind.ends_with("List"));
        let items = root.get("items").filter(|_| is_list);
        let objects: Vec<_> = match items {
            Some(items) => items.items().collect(),
            None => vec![*root],
        };
        objects
    })
}

pub(super) fn kind(object: Yaml<'_>) -> Option<&str> {
    object.get("kind").and_then(Yaml::text)
}

pub(super) fn name(object: Yaml<'_>) -> &str {
    let name = |key| object.at(&["metadata", key]).and_then(Yaml::text);
    name("name").or_else(|| name("generateName")).unwrap_or("(no name)")
}

fn workload(object: Yaml<'_>) -> Option<Workload<'_>> {
    let kind = kind(object)?;
    let (_, path) = KINDS.iter().find(|(known, _)| *known == kind)?;
    let template = object.at(path)?;
    Some(Workload {
        place: Place::document(kind, name(object)),
        pod: template.get("spec")?,
        labels: template.at(&["metadata", "labels"]),
        namespace: object.at(&["metadata", "namespace"]).and_then(Yaml::text),
        serves: !kind.ends_with("Job"),
    })
}
