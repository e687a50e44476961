//! [`Port`]: the port of a probe, by its number or by its name.

use std::borrow::Cow;
use std::fmt;

/// The port that a probe asks: the number of a port, or the name of a port that the container declares.
///
/// ```
/// use health_runtime::kubernetes::Port;
///
/// assert_eq!(Port::from(3000).to_string(), "3000");
/// assert_eq!(Port::from("http").to_string(), "\"http\"");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port(Inner);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Inner {
    Number(u16),
    Name(Cow<'static, str>),
}

impl Port {
    /// `None`: it has a name.
    pub(super) fn number(&self) -> Option<u16> {
        match self.0 {
            Inner::Number(number) => Some(number),
            Inner::Name(_) => None,
        }
    }

    /// `None`: it has a number.
    pub(super) fn name(&self) -> Option<&str> {
        match &self.0 {
            Inner::Number(_) => None,
            Inner::Name(name) => Some(name),
        }
    }

    /// What is wrong with the port, by the rules of Kubernetes.
    pub(super) fn problem(&self) -> Option<String> {
        match &self.0 {
            Inner::Number(0) => {
                Some("port 0 is no port of a container; write the one that the service listens at".into())
            }
            Inner::Name(name) if !is_name(name) => Some(format!(
                "{name:?} is not a valid name for a port; it has at most 15 lowercase letters, digits and single `-`, and at least one letter"
            )),
            Inner::Number(_) | Inner::Name(_) => None,
        }
    }
}

/// Whether Kubernetes takes this as the name of a port: an `IANA_SVC_NAME`.
fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=15).contains(&name.len())
        && name.bytes().all(|byte| plain(byte) || byte == b'-')
        && name.bytes().any(|byte| byte.is_ascii_lowercase())
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
}

/// As in YAML. A name is in quotes, because without them, `on` and `no` are no texts.
impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Inner::Number(port) => write!(f, "{port}"),
            Inner::Name(name) => write!(f, "\"{name}\""),
        }
    }
}

impl From<u16> for Port {
    fn from(port: u16) -> Self {
        Self(Inner::Number(port))
    }
}

impl From<&'static str> for Port {
    fn from(name: &'static str) -> Self {
        Self(Inner::Name(name.into()))
    }
}

impl From<String> for Port {
    fn from(name: String) -> Self {
        Self(Inner::Name(name.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_the_form_that_kubernetes_takes() {
        for name in ["http", "on", "a-1", "http-probes-123"] {
            assert_eq!(Port::from(name).problem(), None, "{name}");
        }
        for name in [
            "",
            "-a",
            "a-",
            "a--b",
            "123",
            "Http",
            "http_probes",
            "http-probes-1234",
            "a\nb",
            "a\"b",
        ] {
            assert!(Port::from(name).problem().is_some(), "{name:?}");
        }
        assert!(Port::from(0).problem().is_some());
    }
}
