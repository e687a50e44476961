//! The problems that were found, the worst first.

use crate::outcome::Outcome;

/// The message names at most this many findings.
const NAMED: usize = 4;

#[derive(Clone, Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

#[derive(Clone, Debug)]
struct Finding {
    severity: Severity,
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Severity {
    Unhealthy,
    Degraded,
    Saturated,
}

impl Findings {
    pub(super) fn unhealthy(&mut self, text: impl Into<String>) {
        self.add(Severity::Unhealthy, text.into());
    }

    pub(super) fn degraded(&mut self, text: impl Into<String>) {
        self.add(Severity::Degraded, text.into());
    }

    pub(super) fn saturated(&mut self, text: impl Into<String>) {
        self.add(Severity::Saturated, text.into());
    }

    fn add(&mut self, severity: Severity, text: String) {
        self.0.push(Finding { severity, text });
    }

    /// Adds the findings of one node of a cluster.
    pub(super) fn of_node(&mut self, node: &str, findings: Self) {
        let node: String = node.chars().take(64).collect();
        let named = |finding: Finding| Finding {
            text: format!("{node}: {}", finding.text),
            ..finding
        };
        self.0.extend(findings.0.into_iter().map(named));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The outcome of the worst finding, with the texts of all.
    pub(super) fn into_outcome(mut self) -> Outcome {
        self.0.sort_by_key(|finding| finding.severity); // stable
        let Some(worst) = self.0.first().map(|finding| finding.severity) else {
            return Outcome::healthy();
        };
        let texts: Vec<_> = self.0.iter().take(NAMED).map(|finding| &*finding.text).collect();
        let mut message = texts.join("; ");
        if let Some(more) = self.0.len().checked_sub(NAMED).filter(|more| *more > 0) {
            message = format!("{message}; and {more} more");
        }
        match worst {
            Severity::Unhealthy => Outcome::unhealthy(message),
            Severity::Degraded => Outcome::degraded(message),
            Severity::Saturated => Outcome::saturated(message),
        }
    }

    #[cfg(test)]
    pub(super) fn worst(&self) -> crate::outcome::Status {
        self.clone().into_outcome().status()
    }
}
