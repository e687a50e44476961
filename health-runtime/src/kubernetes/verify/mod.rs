//! Compares manifests with what a service declares: those of Kubernetes, of Compose, and Dockerfiles.
//!
//! ```text
//! options      what the code does not know
//! allowed      the rules that a manifest may break
//! rule         the names of the rules
//! finding      what is returned
//! manifest     Kubernetes
//! compose      Compose
//! dockerfile   Dockerfiles
//! healthcheck  the rules for the last two
//! question     what a path asks this service
//! command      what a command asks
//! yaml         the documents, with the line of each node
//! duration     durations of Docker
//! text         how lists and near misses read
//! ```

mod allowed;
mod command;
mod compose;
mod dockerfile;
mod duration;
mod finding;
mod healthcheck;
mod manifest;
mod options;
mod question;
mod rule;
mod text;
mod yaml;

pub use self::finding::Finding;
use self::finding::{Place, shown};
pub use self::options::ManifestCheck;
pub use self::rule::Level;
use self::rule::Rule;
use self::yaml::YamlError;
use crate::declaration::Declaration;

impl Declaration {
    /// Compares a manifest with the declaration, and returns what does not fit. [`ManifestCheck`] has options.
    ///
    /// ```
    /// use health_runtime::{Declaration, Flag, HealthState};
    ///
    /// #[derive(HealthState)]
    /// struct AppState {
    ///     #[health_check(critical)]
    ///     db: Flag,
    /// }
    ///
    /// let manifest = "
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: orders}
    /// spec:
    ///   containers:
    ///     - name: app
    ///       readinessProbe:
    ///         httpGet: {path: /ready, port: 8080}
    ///         periodSeconds: 1
    /// ";
    /// let findings = Declaration::of::<AppState>()?.verify_manifest(manifest);
    /// assert_eq!(findings.len(), 1);
    /// assert_eq!(
    ///     findings[0].to_string(),
    ///     "error: Pod/orders, container `app`, line 9: `readinessProbe` asks `/ready`, but this service answers at \
    ///      `/livez`, `/readyz`, `/startupz` and `/health`; write `/readyz` [unknown-path]"
    /// );
    /// # Ok::<(), health_runtime::StartError>(())
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "kubernetes")))]
    pub fn verify_manifest(&self, yaml: &str) -> Vec<Finding> {
        ManifestCheck::new(self).verify_manifest(yaml)
    }

    /// Compares the `healthcheck` of each service in a Compose file with the declaration, and returns what does not
    /// fit. [`ManifestCheck`] has options, such as which service it is.
    #[cfg_attr(docsrs, doc(cfg(feature = "kubernetes")))]
    pub fn verify_compose(&self, yaml: &str) -> Vec<Finding> {
        ManifestCheck::new(self).verify_compose(yaml)
    }

    /// Compares the `HEALTHCHECK` of a Dockerfile with the declaration, and returns what does not fit.
    #[cfg_attr(docsrs, doc(cfg(feature = "kubernetes")))]
    pub fn verify_dockerfile(&self, dockerfile: &str) -> Vec<Finding> {
        ManifestCheck::new(self).verify_dockerfile(dockerfile)
    }
}

/// A text that is not YAML. If it is a template, that is the reason.
fn unreadable(text: &str, error: &YamlError) -> Finding {
    let templated = text.lines().position(|line| line.contains("{{"));
    if let Some(line) = templated {
        return template(line + 1);
    }
    let message = format!("the text is not YAML: {}", shown(&error.problem));
    Place::default().finding(Rule::Syntax, error.line, message)
}

fn template(line: usize) -> Finding {
    let message = "`{{` is a template, whose values are not known here; pass what `helm template` writes";
    Place::default().finding(Rule::Template, line, message)
}
