//! Reads the ports of a container.

use crate::kubernetes::port::Port;
use crate::kubernetes::verify::finding::shown;
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

    pub(super) fn declare(&self, port: &Port) -> bool {
        let is_number = |number: Option<u16>| number.is_some() && number == port.number();
        let is_name = |name: Option<&str>| name.is_some() && name == port.name();
        self.0.iter().any(|(name, number)| is_name(*name) || is_number(*number))
    }

    /// The number of the port, if it is known.
    fn number(&self, port: &Port) -> Option<u16> {
        let named = || {
            self.0
                .iter()
                .find(|(name, _)| name.is_some() && *name == port.name())?
                .1
        };
        port.number().or_else(named)
    }

    pub(super) fn are_same(&self, a: &Port, b: &Port) -> bool {
        a == b || self.number(a).is_some_and(|number| self.number(b) == Some(number))
    }

    /// The name of each port, or its number.
    pub(super) fn texts(&self) -> Vec<String> {
        let text = |(name, number): &(Option<&str>, Option<u16>)| match (name, number) {
            (Some(name), _) => shown(name),
            (None, Some(number)) => number.to_string(),
            (None, None) => "(no number)".into(),
        };
        self.0.iter().map(text).collect()
    }
}

/// The port as a message shows it.
pub(super) fn text(port: &Port) -> String {
    match port.name() {
        Some(name) => shown(name),
        None => port.to_string(),
    }
}
