//! [`ConfigError`], the error of a check that is created with an invalid setting.

use std::error::Error;
use std::fmt;

/// An error that occurs when a check is created with an invalid setting, for example with an address that has no port.
///
/// The message says what is wrong and how to fix it. It does not repeat the setting, because an address or a URL can
/// contain credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    problem: String,
}

impl ConfigError {
    pub(super) fn new(problem: impl Into<String>) -> Self {
        let problem = problem.into();
        Self { problem }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)
    }
}

impl Error for ConfigError {}
