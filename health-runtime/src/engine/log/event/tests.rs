//! The level, the message and the fields of each event.

use std::fmt::{Debug, Write as _};
use std::sync::{Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Metadata, Subscriber};

use super::*;
use crate::spec::{CheckSpec, Defaults};

/// A subscriber that keeps each event as a line: its level, its message, its fields.
#[derive(Default)]
struct Ear(Arc<Mutex<Vec<String>>>);

#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            name => write!(self.fields, " {name}={value:?}").unwrap(),
        }
    }
}

impl Subscriber for Ear {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        let level = event.metadata().level();
        assert_eq!(event.metadata().target(), "health");
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push(format!("{level} {}{}", line.message, line.fields));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The line that the log shows for this event; empty if it shows none. The event is about the checks below.
fn heard(event: &Event) -> String {
    let specs = [
        CheckSpec::new("db").critical(),
        CheckSpec::new("cache"),
        CheckSpec::new("worker").liveness(),
    ];
    let plans = specs.map(|spec| Plan::new(spec, Defaults::default()));
    let ear = Ear::default();
    let lines = Arc::clone(&ear.0);
    tracing::subscriber::with_default(ear, || event.log(&plans));
    let lines = lines.lock().unwrap();
    assert!(lines.len() <= 1, "{lines:?}");
    lines.concat()
}

const DEGRADED: State = State {
    status: Status::Degraded,
    reason: Some(Reason::Slow),
};

const PENDING: State = State::unhealthy(Reason::Pending);

const FAILED: State = State::unhealthy(Reason::Error);

#[test]
fn a_failure_is_logged_as_an_error_if_it_fails_a_probe_and_otherwise_as_a_warning() {
    let said = |index, from, to| {
        let (message, cause) = (None, None);
        heard(&Event::Check {
            index,
            from,
            to,
            message,
            cause,
        })
    };
    let level = |index, from, to| said(index, from, to).split(' ').next().unwrap().to_owned();
    let check = Event::Check {
        index: 0,
        from: State::HEALTHY,
        to: FAILED,
        message: Some("refused".into()),
        cause: None,
    };
    assert_eq!(
        heard(&check),
        "ERROR check is unhealthy check=\"db\" critical=true from=healthy to=unhealthy to_reason=\"error\" error=\"refused\""
    );
    assert!(
        said(2, State::HEALTHY, FAILED).contains("check=\"worker\" critical=true"),
        "as in the report"
    );
    assert!(said(1, State::HEALTHY, FAILED).contains("check=\"cache\" critical=false"));
    for (index, from, to, expected) in [
        (1, State::HEALTHY, FAILED, "WARN"),
        (2, State::HEALTHY, FAILED, "ERROR"),
        (0, State::HEALTHY, DEGRADED, "WARN"),
        (2, State::HEALTHY, DEGRADED, "WARN"),
        (0, FAILED, State::HEALTHY, "INFO"),
        (0, PENDING, State::HEALTHY, "DEBUG"),
        (0, PENDING, FAILED, "ERROR"),
    ] {
        assert_eq!(level(index, from, to), expected, "{index} {from:?} {to:?}");
    }
}

#[test]
fn a_failure_with_a_cause_is_logged_one_level_lower_and_names_the_cause() {
    let said = |index, to| {
        heard(&Event::Check {
            index,
            from: State::HEALTHY,
            to,
            message: None,
            cause: Some(2),
        })
    };
    assert_eq!(
        said(0, FAILED),
        "WARN check is unhealthy check=\"db\" critical=true from=healthy to=unhealthy to_reason=\"error\" cause=\"worker\""
    );
    assert!(said(1, FAILED).starts_with("INFO check is unhealthy check=\"cache\""));
    let reminded = |index| {
        heard(&Event::Reminder {
            index,
            state: FAILED,
            lasts: Duration::from_mins(5),
            message: None,
            cause: Some(2),
        })
    };
    assert!(reminded(0).starts_with("WARN") && reminded(0).ends_with("cause=\"worker\""));
    assert!(reminded(1).starts_with("INFO"));
}

#[test]
fn a_reminder_has_the_log_level_of_its_state() {
    let said = |index, state| {
        heard(&Event::Reminder {
            index,
            state,
            lasts: Duration::from_mins(5),
            message: Some("refused".into()),
            cause: None,
        })
    };
    assert_eq!(
        said(0, FAILED),
        "ERROR check is still unhealthy check=\"db\" critical=true status=unhealthy reason=\"error\" seconds=300 error=\"refused\""
    );
    assert!(said(1, FAILED).starts_with("WARN check is still unhealthy"));
    assert!(said(2, FAILED).starts_with("ERROR check is still unhealthy check=\"worker\" critical=true"));
    assert!(said(0, DEGRADED).starts_with("WARN"));
}

#[test]
fn a_readiness_failure_is_logged_as_an_error_unless_it_is_expected() {
    let failing_for = |from, to, expected, failing| {
        heard(&Event::Readiness {
            from,
            to,
            expected,
            failing,
            headline: "not ready: held".into(),
        })
    };
    let said = |from, to, expected| failing_for(from, to, expected, Vec::new());
    assert_eq!(
        failing_for(State::HEALTHY, State::unhealthy(Reason::Held), false, vec![0, 1]),
        "ERROR readiness is unhealthy from=healthy to=unhealthy to_reason=\"held\" failing=\"db, cache\" headline=\"not ready: held\""
    );
    let held = State::unhealthy(Reason::Held);
    assert_eq!(
        said(State::HEALTHY, held, false),
        "ERROR readiness is unhealthy from=healthy to=unhealthy to_reason=\"held\" headline=\"not ready: held\""
    );
    assert_eq!(said(State::HEALTHY, held, true), "", "it is expected");
    for reason in [Reason::Draining, Reason::Starting] {
        assert!(said(State::HEALTHY, State::unhealthy(reason), false).starts_with("INFO"));
    }
    assert!(said(held, State::HEALTHY, false).starts_with("INFO readiness is healthy"));
    assert!(said(held, DEGRADED, false).starts_with("INFO readiness is degraded"));
}

#[test]
fn each_service_event_has_its_log_level_and_text() {
    let error = || io::Error::other("none left");
    let second = Duration::from_secs(1);
    for (event, expected) in [
        (Event::Stalled { stalled: true }, "ERROR the runtime is stalled"),
        (
            Event::Stalled { stalled: false },
            "INFO the runtime is no longer stalled",
        ),
        (Event::Started { after: second }, "INFO started after=1s"),
        (
            Event::TaskDropped { name: "warm".into() },
            "WARN the startup task `warm` was dropped",
        ),
        (
            Event::Held {
                reason: "backup".into(),
            },
            "INFO readiness is held hold=\"backup\"",
        ),
        (
            Event::Released {
                reason: "backup".into(),
            },
            "INFO a hold has ended hold=\"backup\"",
        ),
        (Event::Draining { drain: Some(second) }, "INFO draining: readiness"),
        (Event::Draining { drain: None }, "INFO draining without a wait"),
        (
            Event::NoServer,
            "WARN readiness waits for the server of the application",
        ),
        (Event::NoShutdown, "WARN nothing has called `shutdown_signal()`"),
        (Event::SignalIgnored, "WARN a signal asked"),
        (Event::Closing, "INFO the drain is over"),
        (
            Event::Frozen { lost: second },
            "WARN the process did not run for a while",
        ),
        (
            Event::SecondEngine { state: "App" },
            "WARN a second health engine runs for the same state",
        ),
        (
            Event::Lost { count: 3 },
            "WARN events were lost: the log does not keep up count=3",
        ),
        (Event::PanicsAbort, "WARN compiled with `panic = \"abort\"`"),
        (
            Event::NoThread {
                index: 0,
                error: error(),
            },
            "ERROR no thread to run a blocking check on check=\"db\" error=none left",
        ),
        (Event::NoSignals { error: error() }, "ERROR no signal handlers"),
        (
            Event::Exit {
                why: "a third signal".into(),
                code: 143,
            },
            "ERROR exiting: a third signal code=143",
        ),
    ] {
        let said = heard(&event);
        assert!(said.starts_with(expected), "{said}");
    }
}
