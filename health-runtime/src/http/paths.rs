//! Where the probes are.

use crate::spec::Probe;

/// The path of each probe without a prefix, and what follows the prefix if there is one.
const PATHS: [(Probe, &str, &str); 4] = [
    (Probe::Liveness, "/livez", "/live"),
    (Probe::Readiness, "/readyz", "/ready"),
    (Probe::Startup, "/startupz", "/startup"),
    // Last, because with a prefix every other path is below it.
    (Probe::Health, "/health", ""),
];

/// What a path asks for.
pub(super) enum Target<'a> {
    All(Probe),
    /// The text after the path of a probe and a `/`: the name of a check or of a nested struct, or an unknown name.
    Below(Probe, &'a str),
}

/// The path of each probe.
#[cfg(any(feature = "axum", feature = "testing"))]
pub(crate) fn paths(prefix: Option<&str>) -> [(Probe, String); 4] {
    PATHS.map(|(probe, plain, below)| {
        let path = prefix.map_or_else(|| plain.to_owned(), |prefix| format!("{prefix}{below}"));
        (probe, path)
    })
}

/// The probe at this path, without building any path.
pub(super) fn target<'a>(prefix: Option<&str>, path: &'a str) -> Option<Target<'a>> {
    let path = path.strip_prefix(prefix.unwrap_or_default())?;
    PATHS.into_iter().find_map(|(probe, plain, below)| {
        let rest = path.strip_prefix(if prefix.is_some() { below } else { plain })?;
        match rest.strip_prefix('/') {
            Some(name) => Some(Target::Below(probe, name)),
            None => rest.is_empty().then_some(Target::All(probe)),
        }
    })
}
