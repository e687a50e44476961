//! [`Rule`], the names and levels of all rules.

use std::fmt;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// It works, but not as well as it should.
    Warning,
    /// A probe fails, sees nothing, or restarts what a restart does not fix; or requests are lost.
    Error,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

macro_rules! rules {
    ($($(#[$doc:meta])* $rule:ident $name:literal $level:ident,)*) => {
        /// A rule that a manifest can break.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Rule {
            $($(#[$doc])* $rule,)*
        }

        impl Rule {
            pub(crate) const ALL: &[Self] = &[$(Self::$rule),*];

            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Self::$rule => $name,)*
                }
            }

            pub(crate) const fn level(self) -> Level {
                match self {
                    $(Self::$rule => Level::$level,)*
                }
            }
        }
    };
}

rules! {
    /// The text is not YAML, or not a Dockerfile.
    Syntax "syntax" Error,
    /// The text is a template of Helm.
    Template "template" Error,
    /// There is nothing to compare.
    NothingToCheck "nothing-to-check" Error,
    /// The container of the service is not known.
    Container "container" Error,
    /// A field has no valid value.
    InvalidField "invalid-field" Error,
    /// A probe has a field that does not exist.
    UnknownField "unknown-field" Error,
    /// The service does not answer at the path.
    UnknownPath "unknown-path" Error,
    /// No check of the probe has the name in the path.
    UnknownCheck "unknown-check" Error,
    /// No check of the probe is in the group.
    UnknownGroup "unknown-group" Error,
    /// `exclude` names no check, or excludes all.
    UnknownExclude "unknown-exclude" Error,
    /// The query is one that the service refuses.
    InvalidQuery "invalid-query" Error,
    /// The health service of gRPC does not know the name.
    UnknownGrpcService "unknown-grpc-service" Error,
    /// No port of the container has this name or number.
    UnknownPort "unknown-port" Error,
    /// The probes are not at this port.
    WrongPort "wrong-port" Error,
    /// The internal port asks for a token.
    InternalToken "internal-token" Error,
    /// Something that restarts the container asks the readiness probe.
    LivenessOnReadiness "liveness-on-readiness" Error,
    /// Liveness and readiness ask the same.
    SameProbe "same-probe" Error,
    /// The path belongs to another probe.
    WrongProbe "wrong-probe" Error,
    /// There is no readiness probe.
    NoReadiness "no-readiness" Error,
    /// There is no liveness probe, but checks for it.
    NoLiveness "no-liveness" Warning,
    /// There is no startup probe, but the start waits for something.
    NoStartup "no-startup" Error,
    /// There is no `healthcheck`.
    NoHealthcheck "no-healthcheck" Warning,
    /// The startup probe gives up before the service can have started.
    StartupBudget "startup-budget" Error,
    /// The prober gives up before the service answers.
    ProbeTimeout "probe-timeout" Error,
    /// The process is killed before it can have ended.
    TerminationGrace "termination-grace" Error,
    /// The drain ends before the last balancer has noticed.
    DrainTooShort "drain-too-short" Warning,
    /// A `preStop` sleep stands before a drain.
    PreStopSleep "pre-stop-sleep" Warning,
    /// Liveness restarts the container before the runtime counts as stalled.
    LivenessTooFast "liveness-too-fast" Warning,
    /// The probe runs a command.
    ExecProbe "exec-probe" Error,
    /// The probe only connects.
    TcpProbe "tcp-probe" Error,
    /// The command cannot see that a probe fails.
    BlindCommand "blind-command" Error,
    /// The probe speaks TLS.
    ProbeScheme "probe-scheme" Error,
    /// The probe asks another host.
    ProbeHost "probe-host" Error,
    /// Kubernetes refuses a `successThreshold` other than 1 here.
    SuccessThreshold "success-threshold" Error,
    /// A Service sends traffic to pods that are not ready.
    PublishNotReady "publish-not-ready" Warning,
    /// The container is stopped by a signal that the service does not drain on.
    StopSignal "stop-signal" Error,
    /// An `allow` has no effect.
    Allow "allow" Error,
}

impl Rule {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_docs_have_every_rule_with_its_level() {
        let page = include_str!("../../../docs/manifests.md");
        for rule in Rule::ALL {
            let row = format!("\n| `{}` | {} | ", rule.name(), rule.level());
            assert!(page.contains(&row), "{row}");
        }
    }
}
