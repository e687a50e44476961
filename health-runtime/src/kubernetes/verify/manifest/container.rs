//! Picks the container of the service.

use super::workload::Workload;
use crate::kubernetes::verify::finding::{Finding, shown};
use crate::kubernetes::verify::options::ManifestCheck;
use crate::kubernetes::verify::rule::Rule;
use crate::kubernetes::verify::text::list;
use crate::kubernetes::verify::yaml::Yaml;

/// The container of the service. `None`: the workload does not run the service.
pub(super) fn pick<'a>(check: &ManifestCheck, workload: &Workload<'a>) -> Result<Option<Yaml<'a>>, Finding> {
    let pod = workload.pod;
    let list_of = |key| pod.get(key).into_iter().flat_map(Yaml::items);
    let containers: Vec<_> = list_of("containers").collect();
    let Some(wanted) = &check.container else {
        return match containers.as_slice() {
            [one] => Ok(Some(*one)),
            [] => Err(workload.place.finding(
                Rule::Container,
                pod.line(),
                "the pod has no `containers`; add the one of the service",
            )),
            _ => Err(several(workload, &containers)),
        };
    };
    let is_wanted = |container: &Yaml<'_>| container.get("name").and_then(Yaml::text) == Some(wanted);
    if let Some(found) = containers.into_iter().find(is_wanted) {
        return Ok(Some(found));
    }
    let Some(init) = list_of("initContainers").find(is_wanted) else {
        return Ok(None);
    };
    // With this policy it runs as long as the pod: a sidecar.
    if init.get("restartPolicy").and_then(Yaml::text) == Some("Always") {
        return Ok(Some(init));
    }
    let message = format!(
        "`{}` is an init container, which ends before the others start and has no probes; move it to `containers`, or write `restartPolicy: Always`",
        shown(wanted)
    );
    Err(workload.place.finding(Rule::Container, init.line(), message))
}

/// The names of the containers of all workloads, each once.
pub(super) fn names(workloads: &[Workload<'_>]) -> Vec<String> {
    let containers = workloads.iter().filter_map(|workload| workload.pod.get("containers"));
    let names = containers
        .flat_map(Yaml::items)
        .filter_map(|container| container.get("name")?.text());
    let mut names: Vec<_> = names.map(shown).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn several(workload: &Workload<'_>, containers: &[Yaml<'_>]) -> Finding {
    let names = containers
        .iter()
        .map(|container| container.get("name").and_then(Yaml::text));
    let names: Vec<_> = names.map(|name| shown(name.unwrap_or("(no name)"))).collect();
    let first = names.first().map_or("", String::as_str);
    let message = format!(
        "the pod has the containers {}; name the one of the service, as in `.container(\"{first}\")`",
        list(&names, "and")
    );
    let line = containers.first().map(|container| container.line());
    workload.place.finding(Rule::Container, line, message)
}
