//! Where the probes are.

use crate::spec::Probe;

/// The paths without a prefix, in the order of [`Probe::ALL`].
const PLAIN: [&str; 4] = ["/livez", "/readyz", "/startupz", "/health"];

/// What follows a prefix. The last one is empty, because with a prefix every other path is below that of `Health`.
const PREFIXED: [&str; 4] = ["/live", "/ready", "/startup", ""];

/// What a path asks for.
pub(super) enum Target<'a> {
    All(Probe),
    /// The text after the path of a probe and a `/`: the name of a check or of a nested struct, or an unknown name.
    Below(Probe, &'a str),
}

/// The path of each probe.
#[cfg(any(feature = "actix-web-4", feature = "axum", feature = "testing"))]
pub(crate) fn paths(prefix: Option<&str>) -> [(Probe, String); 4] {
    let path = |probe: Probe| match prefix {
        None => PLAIN[probe as usize].to_owned(),
        Some(prefix) => format!("{prefix}{}", PREFIXED[probe as usize]),
    };
    Probe::ALL.map(|probe| (probe, path(probe)))
}

/// The probe at this path, without building any path.
#[inline]
pub(super) fn target<'a>(prefix: Option<&str>, path: &'a str) -> Option<Target<'a>> {
    match prefix {
        None => find(&PLAIN, path),
        Some(prefix) => find(&PREFIXED, path.strip_prefix(prefix)?),
    }
}

#[inline]
fn find<'a>(paths: &[&str; 4], path: &'a str) -> Option<Target<'a>> {
    Probe::ALL.into_iter().zip(paths).find_map(|(probe, at)| {
        let rest = path.strip_prefix(at)?;
        match rest.strip_prefix('/') {
            Some(name) => Some(Target::Below(probe, name)),
            None => rest.is_empty().then_some(Target::All(probe)),
        }
    })
}
