//! A manifest in a file. Comments at its begin say which service it is for, and with which options it is compared:
//!
//! ```yaml
//! # service: orders
//! # container: app
//! # allow: tcp-probe: why
//! ```

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use health_runtime::kubernetes::{Finding, ManifestCheck, Port};

use crate::services;

/// A manifest in a file.
pub(crate) struct Fixture {
    /// Where it is.
    pub(crate) path: PathBuf,
    text: String,
}

/// The manifests in the folder, by name.
pub(crate) fn fixtures(folder: &str) -> Vec<Fixture> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = fs::read_dir(folder).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    let mut paths: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension != "txt"))
        .collect();
    paths.sort();
    let read = |path: PathBuf| Fixture {
        text: fs::read_to_string(&path).expect("it is a text"),
        path,
    };
    paths.into_iter().map(read).collect()
}

impl Fixture {
    /// `yaml` or `Dockerfile`.
    pub(crate) fn extension(&self) -> &str {
        self.path
            .extension()
            .and_then(|extension| extension.to_str())
            .unwrap_or_default()
    }

    /// The manifest.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// What does not fit.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let check = self.check();
        let name = self.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.ends_with(".Dockerfile") {
            check.verify_dockerfile(&self.text)
        } else if name.ends_with(".compose.yaml") {
            check.verify_compose(&self.text)
        } else {
            check.verify_manifest(&self.text)
        }
    }

    fn check(&self) -> ManifestCheck {
        let mut options = self
            .text
            .lines()
            .map_while(|line| line.strip_prefix("# ")?.split_once(':'));
        let service = options.next().filter(|(key, _)| *key == "service");
        let (_, service) = service.expect("the first line names the service");
        let check = ManifestCheck::new(&services::named(service.trim()));
        options.fold(check, |check, (key, value)| {
            let value = value.trim();
            match key {
                "container" => check.container(value),
                "public-port" => check.public_port(port(value)),
                "internal-port" => check.internal_port(port(value)),
                "start-within" => check.start_within(Duration::from_secs(value.parse().expect("it is a number"))),
                "grpc-service" => check.grpc_service(value),
                "allow" => {
                    let (rule, reason) = value.split_once(':').expect("a rule has a reason");
                    check.allow(rule, reason.trim())
                }
                other => panic!("{} has the unknown option {other}", self.path.display()),
            }
        })
    }
}

fn port(text: &str) -> Port {
    text.parse::<u16>().map_or_else(|_| text.to_owned().into(), Port::from)
}
