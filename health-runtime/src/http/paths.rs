//! Finds the probe that a path asks for.

use crate::spec::Route;

/// What a path asks for: a whole probe, or something below it.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    /// The index of the route.
    pub(crate) route: usize,
    /// The text after the path of the route and a `/`: the name of a check or of a nested struct, or an unknown name.
    pub(crate) below: Option<&'a str>,
}

impl Target<'_> {
    /// A whole probe.
    pub(super) const fn all(route: usize) -> Self {
        Self { route, below: None }
    }
}

/// The probe at this path. One path may be below another, as with a prefix. Then the longest one counts.
#[inline]
pub(crate) fn target<'a>(routes: &[Route], path: &'a str) -> Option<Target<'a>> {
    let mut found: Option<(usize, Target<'a>)> = None;
    for (index, route) in routes.iter().enumerate() {
        let Some(rest) = path.strip_prefix(&*route.path) else {
            continue;
        };
        if rest.is_empty() {
            return Some(Target::all(index));
        }
        let length = route.path.len();
        if let Some(below) = rest.strip_prefix('/')
            && found.is_none_or(|(longest, _)| longest < length)
        {
            let below = Some(below);
            found = Some((length, Target { route: index, below }));
        }
    }
    found.map(|(_, target)| target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Body, Probe};

    fn at(paths: &[&'static str], path: &str) -> Option<(usize, Option<String>)> {
        let route = |path: &&'static str| Route {
            path: (*path).into(),
            probe: Probe::Liveness,
            body: Body::Usual,
        };
        let routes: Vec<_> = paths.iter().map(route).collect();
        target(&routes, path).map(|target| (target.route, target.below.map(str::to_owned)))
    }

    #[test]
    fn the_whole_path_counts_before_a_longer_one_and_a_longer_one_before_a_shorter_one() {
        let paths = ["/health", "/health/live", "/healthz"];
        assert_eq!(at(&paths, "/health"), Some((0, None)));
        assert_eq!(at(&paths, "/health/live"), Some((1, None)));
        assert_eq!(at(&paths, "/health/live/db"), Some((1, Some("db".into()))));
        assert_eq!(at(&paths, "/health/lively"), Some((0, Some("lively".into()))));
        assert_eq!(at(&paths, "/healthz"), Some((2, None)));
        assert_eq!(at(&paths, "/healthzz"), None);
        assert_eq!(at(&paths, "/health/"), Some((0, Some(String::new()))));
        assert_eq!(at(&["/health/live", "/health"], "/health/live"), Some((0, None)));
        assert_eq!(
            at(&["/health/live", "/health"], "/health/live/"),
            Some((0, Some(String::new())))
        );
    }
}
