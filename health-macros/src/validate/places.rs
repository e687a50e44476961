//! No two probes are at one path.

use proc_macro2::Ident;

use crate::model::{Setting, StateOptions, Text};
use crate::util::errors::Errors;

/// A probe, the option with its own paths, and its usual path: without a prefix, and after one.
struct Probe {
    name: &'static str,
    option: &'static str,
    plain: &'static str,
    prefixed: &'static str,
}

const LIVENESS: Probe = probe("liveness", "liveness_paths", "/livez", "/live");

const fn probe(name: &'static str, option: &'static str, plain: &'static str, prefixed: &'static str) -> Probe {
    Probe {
        name,
        option,
        plain,
        prefixed,
    }
}

/// A path that the user has written.
struct Declared<'a> {
    probe: &'static str,
    key: &'a Ident,
    path: &'a Text,
}

/// Reports a path that belongs to two probes, or twice to one.
pub(super) fn validate_places(options: &StateOptions, errors: &mut Errors) {
    let probes = [
        (LIVENESS, &options.liveness_paths),
        (
            probe("readiness", "readiness_paths", "/readyz", "/ready"),
            &options.readiness_paths,
        ),
        (
            probe("startup", "startup_paths", "/startupz", "/startup"),
            &options.startup_paths,
        ),
        (probe("health", "health_paths", "/health", ""), &options.health_paths),
    ];
    let own = probes.iter().map(|(probe, paths)| (probe.name, *paths));
    let beside = [(LIVENESS.name, &options.alias), (LIVENESS.name, &options.plain)];
    let mut seen: Vec<Declared<'_>> = Vec::new();
    for (probe, paths) in own.chain(beside) {
        let Setting::Given(key, paths) = paths else { continue };
        for path in paths {
            let declared = Declared { probe, key, path };
            let first = seen.iter().find(|first| first.path.text == path.text);
            if let Some(first) = first {
                errors.at(&path.literal, said_twice(first, &declared));
            } else if let Some((other, _)) = probes.iter().find(|(other, paths)| {
                paths.is_absent() && usual(other, &options.prefix).as_deref() == Some(&path.text)
            }) {
                errors.at(&path.literal, is_usual(other, &declared));
            }
            seen.push(declared);
        }
    }
}

/// The usual path of a probe. `None` if the prefix is unknown.
fn usual(probe: &Probe, prefix: &Setting<Text>) -> Option<String> {
    Some(match prefix {
        Setting::Absent => probe.plain.to_owned(),
        Setting::Refused(_) => return None,
        Setting::Given(_, prefix) if prefix.text.is_empty() && probe.prefixed.is_empty() => probe.plain.to_owned(),
        Setting::Given(_, prefix) => format!("{}{}", prefix.text, probe.prefixed),
    })
}

fn said_twice(first: &Declared<'_>, second: &Declared<'_>) -> String {
    let path = &second.path.text;
    if first.probe == second.probe {
        return format!("{path:?} is also in `{}`; remove one of them", first.key);
    }
    format!(
        "the {} probe is at {path:?} too, because of `{}`; remove one of them",
        first.probe, first.key
    )
}

fn is_usual(other: &Probe, declared: &Declared<'_>) -> String {
    let path = &declared.path.text;
    let (name, option) = (other.name, other.option);
    if name != declared.probe {
        return format!("{path:?} is the path of the {name} probe; move that one with `{option}(\"{path}/all\")`");
    }
    format!(
        "{path:?} is the path of the {name} probe anyway; remove it, or move the usual one with `{option}(\"...\")`"
    )
}
