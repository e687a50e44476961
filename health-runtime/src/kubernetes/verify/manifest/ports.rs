//! Reads the ports of a container.

use crate::kubernetes::verify::options::ManifestPort;
use crate::kubernetes::verify::yaml::Yaml;

/// The ports that the container declares.
pub(super) struct Ports<'a>(Vec<(Option<&'a str>, Option<u16>)>);

impl<'a> Ports<'a> {
    pub(super) fn of(container: Yaml<'a>) -> Self {
        let ports = container.get("ports").into_iter().flat_map(Yaml::items);
        let port = |port: Yaml<'a>| {
            let number = port.get("containerPort").and_then(Yaml::plain);
            let name = port.get("name").and_then(Yaml::text);
            (name, number.and_then(|number| number.parse().ok()))
        };
        Self(ports.map(port).collect())
    }

    pub(super) fn are_declared(&self) -> bool {
        !self.0.is_empty()
    }

    pub(super) fn declare(&self, port: &ManifestPort) -> bool {
        self.0.iter().any(|(name, number)| match port {
            ManifestPort::Number(wanted) => *number == Some(*wanted),
            ManifestPort::Name(wanted) => *name == Some(wanted),
        })
    }

    /// The number of the port, if it is known.
    fn number(&self, port: &ManifestPort) -> Option<u16> {
        match port {
            ManifestPort::Number(number) => Some(*number),
            ManifestPort::Name(wanted) => self
                .0
                .iter()
                .find(|(name, _)| *name == Some(wanted))
                .and_then(|port| port.1),
        }
    }

    pub(super) fn are_same(&self, a: &ManifestPort, b: &ManifestPort) -> bool {
        a == b || self.number(a).is_some_and(|number| self.number(b) == Some(number))
    }

    /// `http` (8080)
    pub(super) fn texts(&self) -> Vec<String> {
        let text = |(name, number): &(Option<&str>, Option<u16>)| match (name, number) {
            (Some(name), _) => crate::kubernetes::verify::finding::shown(name),
            (None, Some(number)) => number.to_string(),
            (None, None) => "(no number)".into(),
        };
        self.0.iter().map(text).collect()
    }
}
