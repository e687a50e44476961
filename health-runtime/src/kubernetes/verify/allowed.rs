//! [`Allowed`]: the rules that a manifest may break.

use super::finding::{Finding, Place, shown};
use super::rule::{Level, Rule};
use super::text::near;

/// The names of rules, each with the reason why a manifest may break it.
#[derive(Clone, Debug, Default)]
pub(super) struct Allowed(Vec<(String, String)>);

impl Allowed {
    pub(super) fn add(&mut self, rule: String, reason: String) {
        self.0.push((rule, reason));
    }

    /// The findings that are not allowed, in the order of their lines, after what is wrong with the exceptions.
    pub(super) fn applied(&self, mut findings: Vec<Finding>) -> Vec<Finding> {
        let mut wrong = Vec::new();
        for (name, reason) in &self.0 {
            let report = |level, message: String| Finding {
                level,
                ..Place::default().finding(Rule::Allow, None, message)
            };
            match allowable(name, reason) {
                Err(problem) => wrong.push(report(Level::Error, problem)),
                Ok(rule) => {
                    let before = findings.len();
                    findings.retain(|finding| finding.rule != rule.name());
                    if findings.len() == before {
                        let message = format!("`{}` is allowed, but finds nothing; remove the exception", rule.name());
                        wrong.push(report(Level::Warning, message));
                    }
                }
            }
        }
        findings.sort_by_key(|finding| finding.line);
        wrong.append(&mut findings);
        wrong
    }
}

/// The rule of this name, or why it cannot be allowed.
fn allowable(name: &str, reason: &str) -> Result<Rule, String> {
    let shown = shown(name);
    let Some(rule) = Rule::named(name) else {
        return Err(match near(name, Rule::ALL.iter().map(|rule| rule.name())) {
            Some(near) => format!("no rule is named `{shown}`; did you mean `{near}`?"),
            None => format!("no rule is named `{shown}`; the name stands at the end of each finding"),
        });
    };
    if matches!(rule, Rule::Allow | Rule::Syntax | Rule::Template | Rule::NothingToCheck) {
        return Err(format!(
            "`{shown}` cannot be allowed, because nothing would be compared; remove it"
        ));
    }
    if reason.trim().is_empty() {
        return Err(format!(
            "`{shown}` is allowed without a reason; say why, as in `.allow(\"{shown}\", \"…\")`"
        ));
    }
    Ok(rule)
}
