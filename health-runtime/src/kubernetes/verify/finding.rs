//! [`Finding`]: something in a manifest that does not fit the service.

use std::fmt;

use super::rule::{Level, Rule};

/// A name from a manifest is cut after this many characters.
const SHOWN: usize = 80;

/// Something in a manifest that does not fit what the service declares.
///
/// Its `Display` is one line: the level, the place, what is wrong and the way out, and the name of the rule.
///
/// ```text
/// error: Deployment/orders, container `app`, line 23: `livenessProbe` asks `/readyz`, … [liveness-on-readiness]
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// An error or a warning.
    pub level: Level,
    /// The name of the rule, as [`ManifestCheck::allow`](crate::kubernetes::ManifestCheck::allow) takes it.
    pub rule: &'static str,
    /// The kind and the name of the document, such as `Deployment/orders`. In Compose, the service, such as
    /// `service/orders`. `None` if the finding is not about one document.
    pub document: Option<String>,
    /// The name of the container.
    pub container: Option<String>,
    /// The line, counted from 1. `None` if the finding is not about the text.
    pub line: Option<usize>,
    /// What is wrong, why, and the way out.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.level)?;
        let document = self.document.clone();
        let container = self.container.as_ref().map(|name| format!("container `{name}`"));
        let line = self.line.map(|line| format!("line {line}"));
        let place: Vec<_> = [document, container, line].into_iter().flatten().collect();
        if !place.is_empty() {
            write!(f, "{}: ", place.join(", "))?;
        }
        write!(f, "{} [{}]", self.message, self.rule)
    }
}

/// Where a finding is.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    pub(super) document: Option<String>,
    pub(super) container: Option<String>,
}

impl Place {
    pub(super) fn document(kind: &str, name: &str) -> Self {
        Self {
            document: Some(format!("{}/{}", shown(kind), shown(name))),
            container: None,
        }
    }

    pub(super) fn with_container(&self, name: &str) -> Self {
        Self {
            document: self.document.clone(),
            container: Some(shown(name)),
        }
    }

    pub(super) fn finding(&self, rule: Rule, line: impl Into<Option<usize>>, message: impl Into<String>) -> Finding {
        Finding {
            level: rule.level(),
            rule: rule.name(),
            document: self.document.clone(),
            container: self.container.clone(),
            line: line.into(),
            message: message.into(),
        }
    }
}

/// A text from a manifest on one line, escaped and cut.
pub(super) fn shown(text: &str) -> String {
    let mut line = String::new();
    let mut chars = text.chars();
    for c in chars.by_ref().take(SHOWN) {
        match c {
            '`' => line.push('\''), // a backtick would end the quotation
            c if c.is_ascii_graphic() || c == ' ' || c.is_alphanumeric() => line.push(c),
            c => line.extend(c.escape_default()),
        }
    }
    if chars.next().is_some() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_a_manifest_is_bounded_and_on_one_line() {
        assert_eq!(shown("a\nb\u{202e}c`é"), r"a\nb\u{202e}c'é");
        assert!(shown(&"x".repeat(1_000)).chars().count() <= SHOWN + 1);
    }
}
