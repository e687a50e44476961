//! Where the probes are: the usual paths, and those that a service declares.

use std::borrow::Cow;

use crate::naming;
use crate::spec::Probe;

/// The usual paths, in the order of [`Probe::ALL`].
const PLAIN: [&str; 4] = ["/livez", "/readyz", "/startupz", "/health"];

/// What follows a prefix. The last one is empty, because with a prefix every other path is below that of `Health`.
const PREFIXED: [&str; 4] = ["/live", "/ready", "/startup", ""];

/// With the prefix `""`, the health probe would have no path.
const WITHOUT_PREFIX: &str = "/health";

/// A path and its probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) path: Cow<'static, str>,
    pub(crate) probe: Probe,
    pub(crate) body: Body,
}

/// What the answer at a path contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// The JSON body that every probe has.
    Usual,
    /// `OK`, or why the probe fails.
    Plain,
    /// A body that a function of the service renders: the index of the function, and the content type.
    Own(usize, &'static str),
}

/// The paths that a service declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Paths {
    pub(crate) prefix: Option<Cow<'static, str>>,
    /// For each probe: the paths that it has instead of the usual one. Empty if it has the usual one.
    pub(crate) own: [Vec<Cow<'static, str>>; 4],
    /// More paths, in addition to those.
    pub(crate) more: Vec<Route>,
}

impl Paths {
    pub(crate) const fn new() -> Self {
        Self {
            prefix: None,
            own: [const { Vec::new() }; 4],
            more: Vec::new(),
        }
    }

    /// Adds a path beside the usual ones.
    pub(crate) fn add(&mut self, path: Cow<'static, str>, probe: Probe, body: Body) {
        self.more.push(Route { path, probe, body });
    }

    /// Every path with its probe. The first four are the main paths of the probes, in the order of [`Probe::ALL`].
    pub(crate) fn routes(&self) -> Vec<Route> {
        let usual = |probe: Probe, path: Cow<'static, str>| Route {
            path,
            probe,
            body: Body::Usual,
        };
        let main = Probe::ALL.map(|probe| {
            let own = self.own[probe as usize].first().cloned();
            usual(probe, own.unwrap_or_else(|| self.usual(probe)))
        });
        let further = Probe::ALL.into_iter().flat_map(|probe| {
            let further = self.own[probe as usize].iter().skip(1);
            further.map(move |path| usual(probe, path.clone()))
        });
        main.into_iter()
            .chain(further)
            .chain(self.more.iter().cloned())
            .collect()
    }

    fn usual(&self, probe: Probe) -> Cow<'static, str> {
        match self.prefix.as_deref() {
            None => PLAIN[probe as usize].into(),
            Some("") if probe == Probe::Health => WITHOUT_PREFIX.into(),
            Some(prefix) => format!("{prefix}{}", PREFIXED[probe as usize]).into(),
        }
    }

    /// What is wrong with the paths, except for the prefix.
    pub(crate) fn problem(&self) -> Option<String> {
        let routes = self.routes();
        if let Some(Route { path, .. }) = routes.iter().find(|route| !naming::is_path(&route.path)) {
            return Some(format!(
                "{path:?} is not a valid path for a probe; it begins with `/`, does not end with `/`, and consists of letters, digits, `/`, `_`, `-`, `.` and `~`, without `//` and without `.` or `..` between two `/`"
            ));
        }
        let is_type = |of: &str| !of.is_empty() && of.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let types = routes.iter().filter_map(|route| match route.body {
            Body::Own(_, content_type) => Some((&route.path, content_type)),
            Body::Usual | Body::Plain => None,
        });
        for (path, content_type) in types {
            if !is_type(content_type) {
                return Some(format!(
                    "{content_type:?} is not a valid content type for {path:?}; write for example \"application/json\""
                ));
            }
        }
        routes.iter().enumerate().find_map(|(index, route)| {
            let first = routes[..index].iter().find(|first| first.path == route.path)?;
            let (path, probe) = (&route.path, route.probe.as_str());
            Some(if first.probe == route.probe {
                format!("the {probe} probe is at {path:?} twice; remove one of them")
            } else {
                let other = first.probe;
                format!(
                    "the {other} probe and the {probe} probe are both at {path:?}; move one of them, for example by `.paths(Probe::{other:?}, [\"{path}/{other}\"])`"
                )
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(paths: &Paths) -> Vec<(String, Probe)> {
        let routes = paths.routes().into_iter();
        routes.map(|route| (route.path.into_owned(), route.probe)).collect()
    }

    #[test]
    fn a_prefix_moves_every_usual_path() {
        let paths = |prefix: Option<&'static str>| {
            let mut paths = Paths::new();
            paths.prefix = prefix.map(Cow::Borrowed);
            listed(&paths).into_iter().map(|(path, _)| path).collect::<Vec<_>>()
        };
        assert_eq!(paths(None), ["/livez", "/readyz", "/startupz", "/health"]);
        assert_eq!(paths(Some("/ops")), ["/ops/live", "/ops/ready", "/ops/startup", "/ops"]);
        assert_eq!(paths(Some("")), ["/live", "/ready", "/startup", "/health"]);
    }

    #[test]
    fn own_paths_take_the_place_of_the_usual_one_and_others_are_added() {
        let mut paths = Paths::new();
        paths.own[Probe::Readiness as usize] = vec!["/ready".into(), "/readyz".into()];
        paths.add("/ping".into(), Probe::Liveness, Body::Plain);
        let expected = [
            ("/livez", Probe::Liveness),
            ("/ready", Probe::Readiness),
            ("/startupz", Probe::Startup),
            ("/health", Probe::Health),
            ("/readyz", Probe::Readiness),
            ("/ping", Probe::Liveness),
        ];
        assert_eq!(listed(&paths), expected.map(|(path, probe)| (path.to_owned(), probe)));
        assert_eq!(paths.problem(), None);
    }

    #[test]
    fn two_probes_on_one_path_and_a_strange_path_are_refused() {
        let problem = |path: &'static str, probe| {
            let mut paths = Paths::new();
            paths.add(path.into(), probe, Body::Usual);
            paths.problem()
        };
        assert_eq!(
            problem("/health", Probe::Liveness).unwrap(),
            "the health probe and the liveness probe are both at \"/health\"; move one of them, for example by \
             `.paths(Probe::Health, [\"/health/health\"])`"
        );
        assert_eq!(
            problem("/livez", Probe::Liveness).unwrap(),
            "the liveness probe is at \"/livez\" twice; remove one of them"
        );
        for strange in ["", "/", "ping", "/ping/", "/a b", "/a//b", "/../a"] {
            assert!(
                problem(strange, Probe::Liveness)
                    .unwrap()
                    .contains("is not a valid path"),
                "{strange:?}"
            );
        }
    }
}
