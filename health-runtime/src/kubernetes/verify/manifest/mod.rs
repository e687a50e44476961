//! Compares Kubernetes manifests with the service.
//!
//! ```text
//! workload  finds the pods in a stream of documents
//! container picks the container of the service
//! probe     reads the probes of a container, with the defaults of Kubernetes
//! ports     reads the ports of a container
//! rules     what must fit
//! ```

mod container;
mod ports;
mod probe;
mod rules;
mod workload;

use self::probe::{Number, Probed, Role};
use self::workload::Workload;
use super::finding::{Finding, Place};
use super::options::ManifestCheck;
use super::rule::Rule;
use super::text::list;
use super::yaml::{self, Yaml};
use super::{template, unreadable};
use crate::declaration::Declaration;

/// The fields of a container that are compared. Others may contain `{{`, such as a template of Vault.
const COMPARED: [&str; 6] = [
    "name",
    "ports",
    "lifecycle",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
];

/// How long Kubernetes waits by default before it kills a pod, in seconds.
const DEFAULT_GRACE: u32 = 30;

/// The container of the service in a workload.
struct Context<'a> {
    check: &'a ManifestCheck,
    place: Place,
    workload: Workload<'a>,
    container: Yaml<'a>,
    probes: Vec<Probed<'a>>,
    /// `terminationGracePeriodSeconds`; `None` if it has no valid value.
    grace: Option<Number>,
}

impl Context<'_> {
    fn declaration(&self) -> &Declaration {
        &self.check.declaration
    }

    fn probe(&self, role: Role) -> Option<&Probed<'_>> {
        self.probes.iter().find(|probe| probe.role == role)
    }
}

pub(super) fn verify(check: &ManifestCheck, text: &str) -> Vec<Finding> {
    let documents = match yaml::read(text) {
        Ok(documents) => documents,
        Err(error) => return vec![unreadable(text, &error)],
    };
    if let Some(line) = documents.iter().find_map(yaml::Document::mapping_as_key) {
        return vec![template(line)];
    }
    let roots: Vec<_> = documents.iter().filter_map(yaml::Document::root).collect();
    let workloads = workload::workloads(&roots);
    let mut findings = Vec::new();
    let mut compared = Vec::new();
    for workload in workloads {
        match container::pick(check, &workload) {
            Err(finding) => findings.push(finding),
            Ok(None) => {}
            Ok(Some(container)) => compared.push((workload, container)),
        }
    }
    if compared.is_empty() && findings.is_empty() {
        findings.push(nothing(check, &roots));
    }
    findings.extend(rules::services(&roots, &compared));
    for (workload, container) in compared {
        findings.extend(compare(check, workload, container));
    }
    findings
}

fn compare(check: &ManifestCheck, workload: Workload<'_>, container: Yaml<'_>) -> Vec<Finding> {
    let name = container.get("name").and_then(Yaml::text).unwrap_or_default();
    let place = workload.place.with_container(name);
    let mut scalars = COMPARED
        .into_iter()
        .filter_map(|key| container.get(key))
        .flat_map(Yaml::scalars);
    if let Some(scalar) = scalars.find(|scalar| scalar.text().is_some_and(|text| text.contains("{{"))) {
        return vec![template(scalar.line())];
    }
    let mut findings = Vec::new();
    let probes = Role::ALL
        .into_iter()
        .filter_map(|role| Probed::read(role, container, &place, &mut findings));
    let probes = probes.collect();
    let (field, pod) = ("terminationGracePeriodSeconds", workload.pod);
    let grace = probe::number(pod, field, DEFAULT_GRACE, &workload.place, &mut findings);
    let context = Context {
        check,
        place,
        workload,
        container,
        probes,
        grace,
    };
    findings.extend(rules::all(&context));
    findings
}

fn nothing(check: &ManifestCheck, roots: &[Yaml<'_>]) -> Finding {
    let message = match &check.container {
        Some(name) => {
            let name = super::finding::shown(name);
            match container::names(&workload::workloads(roots)) {
                names if names.is_empty() => format!("no workload has a container `{name}`; pass the manifest that runs the service"),
                names => format!("no workload has a container `{name}`; the containers are {}", list(&names, "and")),
            }
        }
        None if roots.is_empty() => "the text has no YAML document; pass the manifest itself, not its path".into(),
        None => "the text has no Deployment, StatefulSet, DaemonSet, ReplicaSet, Pod, Job or CronJob; pass the manifest that runs the service".into(),
    };
    Place::default().finding(Rule::NothingToCheck, None, message)
}
