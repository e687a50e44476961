//! The events for the log and the subscribers: one for each change, none for a probe.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::{Plan, State, Time};
use crate::outcome::{Reason, Status};
use crate::panics;
use crate::spec::Probe;

#[derive(Debug)]
pub(crate) enum Event {
    /// A check's published state has changed.
    Check {
        index: usize,
        from: State,
        to: State,
        message: Option<Arc<str>>,
        /// The failing check that causes this failure.
        cause: Option<usize>,
    },
    /// A check still fails. Its state has not changed for `lasts`.
    Reminder {
        index: usize,
        state: State,
        lasts: Duration,
        message: Option<Arc<str>>,
        cause: Option<usize>,
    },
    /// The state of a probe has changed. Contains the states of all probes, in the order of [`Probe::ALL`]. Not for the
    /// log.
    Verdicts([State; 4]),
    /// The state of the readiness probe has changed. For the log.
    Readiness {
        from: State,
        to: State,
        /// Readiness fails only because first results are missing. Then the log does not show the event.
        expected: bool,
        /// The first checks that make readiness fail, at most 10.
        failing: Vec<usize>,
        /// One sentence for people. The engine adds it when it has a view.
        headline: String,
    },
    /// The runtime has stalled, or runs again.
    Stalled {
        stalled: bool,
    },
    Started {
        after: Time,
    },
    TaskDropped {
        name: Arc<str>,
    },
    Held {
        reason: Arc<str>,
    },
    Released {
        reason: Arc<str>,
    },
    /// The drain has begun: readiness fails from now on.
    Draining {
        /// How long the service still serves; `None` if it does not wait.
        drain: Option<Duration>,
    },
    Closing,
    /// The process did not run for this long.
    Frozen {
        lost: Duration,
    },
    /// This many events were thrown away while a subscriber blocked.
    Lost {
        count: usize,
    },
    /// A state type has more than one live engine.
    SecondEngine {
        state: &'static str,
    },
    PanicsAbort,
    /// No thread could be spawned for a run of a `blocking` check.
    NoThread {
        index: usize,
        error: io::Error,
    },
    NoSignals {
        error: io::Error,
    },
    /// Readiness has waited for a server for 10 s.
    NoServer,
    /// A server runs, and nothing in the process has called `shutdown_signal()` or `drain_finished()`.
    NoShutdown,
    /// A signal came, and nothing in the process has called `shutdown_signal()` or `drain_finished()`.
    SignalIgnored,
    /// The socket of systemd cannot be used.
    #[cfg(all(unix, feature = "systemd"))]
    NoNotices {
        error: io::Error,
    },
    /// systemd is told about another engine of this process.
    #[cfg(all(unix, feature = "systemd"))]
    SecondNotifier,
    Exit {
        why: String,
        code: i32,
    },
}

impl Event {
    /// Whether the log shows this event.
    pub(in crate::engine) const fn is_logged(&self) -> bool {
        !matches!(self, Self::Verdicts(_) | Self::Readiness { expected: true, .. })
    }

    /// Gives the event to `tracing`. Its subscriber is user code and may panic.
    pub(crate) fn log(&self, plans: &[Plan]) {
        if self.is_logged() {
            panics::run(|| self.emit(plans));
        }
    }

    fn emit(&self, plans: &[Plan]) {
        match self {
            Self::Check {
                index,
                from,
                to,
                message,
                cause,
            } => check(plans, *index, [*from, *to], message.as_deref(), *cause),
            Self::Reminder {
                index,
                state,
                lasts,
                message,
                cause,
            } => reminder(plans, *index, *state, *lasts, message.as_deref(), *cause),
            Self::Verdicts(_) => {}
            Self::Readiness {
                from,
                to,
                failing,
                headline,
                ..
            } => {
                let names: Vec<_> = failing.iter().map(|index| plans[*index].spec.name()).collect();
                readiness(*from, *to, &names.join(", "), headline);
            }
            Self::Stalled { stalled: true } => {
                tracing::error!(target: "health", "the runtime is stalled: all its workers are blocked, so liveness and readiness fail");
            }
            Self::Stalled { stalled: false } => tracing::info!(target: "health", "the runtime is no longer stalled"),
            Self::Started { after } => {
                tracing::info!(target: "health", after = ?after, "started");
            }
            Self::TaskDropped { name } => {
                tracing::warn!(target: "health", task = &**name, "the startup task `{name}` was dropped without `done()`: the startup probe fails for good");
            }
            Self::Held { reason } => tracing::info!(target: "health", hold = &**reason, "readiness is held"),
            Self::Released { reason } => {
                tracing::info!(target: "health", hold = &**reason, "a hold has ended");
            }
            Self::Draining { drain: Some(drain) } => {
                tracing::info!(target: "health", ?drain, "draining: readiness fails from now on");
            }
            Self::Draining { drain: None } => {
                tracing::info!(target: "health", "draining without a wait: readiness fails from now on");
            }
            Self::Closing => tracing::info!(target: "health", "the drain is over: listeners close"),
            Self::Frozen { lost } => {
                tracing::warn!(target: "health", ?lost, "the process did not run for a while: stopped, suspended or starved");
            }
            Self::Lost { count } => {
                tracing::warn!(target: "health", count, "events were lost: the log does not keep up");
            }
            Self::SecondEngine { state } => {
                tracing::warn!(target: "health", state, "a second health engine runs for the same state: its checks run twice; start one, and clone its `Health`");
            }
            Self::PanicsAbort => {
                tracing::warn!(target: "health", "compiled with `panic = \"abort\"`: a check that panics ends the process");
            }
            Self::NoThread { index, error } => {
                let check = plans[*index].spec.name();
                tracing::error!(target: "health", check, %error, "no thread to run a blocking check on");
            }
            Self::NoSignals { error } => {
                tracing::error!(target: "health", %error, "no signal handlers: SIGTERM will end the process without a drain");
            }
            Self::NoServer => {
                tracing::warn!(target: "health", "readiness waits for the server of the application: its listener does not accept connections yet, or it has answered no probe yet; with `serve_axum()` or `listener()`, readiness follows the server");
            }
            Self::NoShutdown => {
                tracing::warn!(target: "health", "nothing has called `shutdown_signal()`: SIGTERM ends this process without a drain; a service that handles its signals itself awaits `drain_finished()`");
            }
            Self::SignalIgnored => {
                tracing::warn!(target: "health", "a signal asked the process to end: readiness fails, but nothing waits for `shutdown_signal()`");
            }
            #[cfg(all(unix, feature = "systemd"))]
            Self::NoNotices { error } => {
                tracing::warn!(target: "health", %error, "cannot notify systemd: it ends a unit with `Type=notify` that does not report its start");
            }
            #[cfg(all(unix, feature = "systemd"))]
            Self::SecondNotifier => {
                tracing::warn!(target: "health", "another engine of this process notifies systemd, so this one does not; call `notify_systemd()` on one of them");
            }
            Self::Exit { why, code } => {
                tracing::error!(target: "health", code, "exiting: {why}");
            }
        }
    }
}

fn check(plans: &[Plan], index: usize, [from, to]: [State; 2], error: Option<&str>, cause: Option<usize>) {
    let spec = &plans[index].spec;
    let (check, critical) = (spec.name(), spec.is_critical_in(Probe::Health));
    let cause = cause.map(|cause| plans[cause].spec.name());
    let [from_reason, to_reason] = [from, to].map(|state| state.reason.map(Reason::as_str));
    macro_rules! event {
        ($level:ident) => {
            tracing::$level!(
                target: "health",
                check, critical, from = %from.status, from_reason, to = %to.status, to_reason, cause, error,
                "check is {}", to.status
            )
        };
    }
    match to.status {
        // The event of the cause has the full level.
        Status::Unhealthy if critical && cause.is_some() => event!(warn),
        Status::Unhealthy if critical => event!(error),
        Status::Unhealthy | Status::Degraded if cause.is_some() => event!(info),
        Status::Unhealthy | Status::Degraded => event!(warn),
        Status::Healthy if from.reason == Some(Reason::Pending) => event!(debug),
        Status::Healthy => event!(info),
    }
}

fn reminder(plans: &[Plan], index: usize, state: State, lasts: Duration, error: Option<&str>, cause: Option<usize>) {
    let spec = &plans[index].spec;
    let (check, critical) = (spec.name(), spec.is_critical_in(Probe::Health));
    let cause = cause.map(|cause| plans[cause].spec.name());
    let (reason, seconds) = (state.reason.map(Reason::as_str), lasts.as_secs());
    macro_rules! event {
        ($level:ident) => {
            tracing::$level!(
                target: "health",
                check, critical, status = %state.status, reason, seconds, cause, error,
                "check is still {}", state.status
            )
        };
    }
    match (critical && state.status == Status::Unhealthy, cause) {
        (true, None) => event!(error),
        (true, Some(_)) | (false, None) => event!(warn),
        (false, Some(_)) => event!(info),
    }
}

fn readiness(from: State, to: State, failing: &str, headline: &str) {
    let [from_reason, to_reason] = [from, to].map(|state| state.reason.map(Reason::as_str));
    let failing = (!failing.is_empty()).then_some(failing);
    macro_rules! event {
        ($level:ident) => {
            tracing::$level!(
                target: "health",
                from = %from.status, from_reason, to = %to.status, to_reason, failing, headline,
                "readiness is {}", to.status
            )
        };
    }
    // Draining and starting are not incidents.
    if to.passes() || matches!(to.reason, Some(Reason::Draining | Reason::Starting)) {
        event!(info);
    } else {
        event!(error);
    }
}

#[cfg(test)]
mod tests;
