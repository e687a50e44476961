//! The schemas of the public bodies, for OpenAPI. An integration test compares them with real answers.

use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat, SchemaType,
};
use utoipa::openapi::{Components, ComponentsBuilder, Ref, RefOr, Schema, Type};

use crate::format::Format;
use crate::format::limit::most_checks;
use crate::outcome::{Reason, Status};
use crate::report::{Audience, Phase};
use crate::spec::Public;

// The names begin with `health.`, because a document of the service may have a `Report` or a `Status` of its own. When
// utoipa merges two documents, it keeps only one of two schemas with the same name.
const CHECK: &str = "health.Check";
const ERROR: &str = "health.Error";
const PHASE: &str = "health.Phase";
const REASON: &str = "health.Reason";
const REPORT: &str = "health.Report";
const STATUS: &str = "health.Status";
const STATUS_ONLY: &str = "health.StatusOnly";

impl Format {
    /// The media type, without its parameters.
    pub(crate) fn media_type(self) -> &'static str {
        essence(self.content_type())
    }

    /// The schema of a public body.
    pub(crate) fn schema(self, public: Public) -> RefOr<Schema> {
        match self {
            Self::Json if public == Public::StatusOnly => reference(STATUS_ONLY),
            Self::Json => reference(REPORT),
            Self::Text => {
                let description = "Text for people. Without `verbose`, it is `ok` if the probe passes.";
                typed(Type::String, description).into()
            }
            Self::HealthJson => dialect(
                &["pass", "warn", "fail"],
                "The response of draft-inadarei-api-health-check-06.",
            ),
            Self::Spring => dialect(
                &["UP", "DOWN", "OUT_OF_SERVICE", "UNKNOWN"],
                "What Spring Boot Actuator answers at `/actuator/health`.",
            ),
            Self::MicroProfile => dialect(&["UP", "DOWN"], "A response of MicroProfile Health 4.0."),
            Self::AspNet => dialect(
                &["Healthy", "Degraded", "Unhealthy"],
                "What the UI of the health checks of ASP.NET Core reads.",
            ),
            #[cfg(feature = "page")]
            Self::Page => typed(Type::String, "A page for a browser.").into(),
            #[cfg(feature = "page")]
            Self::Events => typed(Type::String, "The events that keep the page up to date.").into(),
        }
    }

    /// The schema of the body of a request that is refused.
    pub(crate) fn refusal_schema() -> RefOr<Schema> {
        reference(ERROR)
    }

    /// The names of all formats, for the query.
    pub(crate) fn all_names() -> impl Iterator<Item = &'static str> {
        Self::ALL.into_iter().map(|format| format.names()[0])
    }
}

/// The media type without its parameters: `text/plain` for `text/plain; charset=utf-8`.
pub(crate) fn essence(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

/// The schemas that the others refer to.
pub(crate) fn components(public: Public) -> Components {
    let statuses = Status::ALL.map(Status::as_str);
    let components = ComponentsBuilder::new().schema(ERROR, error()).schema(
        STATUS,
        words(&statuses, "`healthy` and `degraded` pass, `unhealthy` fails."),
    );
    if public == Public::StatusOnly {
        let body = ObjectBuilder::new()
            .property("status", reference(STATUS))
            .required("status");
        return components.schema(STATUS_ONLY, body).build();
    }
    let phases = Phase::ALL.map(Phase::as_str);
    let reasons = Reason::ALL.map(Reason::as_str);
    components
        .schema(CHECK, check(public))
        .schema(
            PHASE,
            words(&phases, "The phase of the service, from its start to its end."),
        )
        .schema(
            REASON,
            words(
                &reasons,
                "Why a status is not simply healthy. Later versions may add reasons.",
            ),
        )
        .schema(REPORT, report())
        .build()
}

fn report() -> ObjectBuilder {
    let most = most_checks(Audience::Public);
    let checks = ArrayBuilder::new()
        .items(Ref::from_schema_name(CHECK))
        .max_items(Some(most))
        .description(Some("The checks of the probe, the failing ones first."));
    required(["status", "service", "version", "phase", "since", "uptime_s", "checks"])
        .description(Some(
            "The state of a probe. Ignore keys that you do not know: later versions may add some.",
        ))
        .property("status", reference(STATUS))
        .property("service", typed(Type::String, "The name of the service."))
        .property("version", typed(Type::String, "The version of the service."))
        .property("phase", reference(PHASE))
        .property("since", date("Since when the service has been in this phase."))
        .property("uptime_s", count("How long the service has run, in seconds.", 0))
        .property(
            "reason",
            described(
                REASON,
                "Why the service itself fails the probe, whatever its checks are.",
            ),
        )
        .property("checks", checks)
        .property("omitted", count("How many more checks there are.", 1))
}

fn check(public: Public) -> ObjectBuilder {
    let check = required(["name", "status", "critical"])
        .property("name", typed(Type::String, "The name of the check."))
        .property("status", reference(STATUS))
        .property(
            "critical",
            typed(Type::Boolean, "Whether the probe fails if this check fails."),
        )
        .property(
            "latency_ms",
            typed(Type::Number, "How long the last run took, in milliseconds.").minimum(Some(0.0)),
        )
        .property("reason", reference(REASON))
        .property(
            "cause",
            typed(Type::String, "The name of the failing check that causes this failure."),
        );
    if public != Public::Details {
        return check;
    }
    let value: SchemaType = [Type::Boolean, Type::Number, Type::String].into_iter().collect();
    let value = Schema::from(ObjectBuilder::new().schema_type(value));
    check
        .property(
            "message",
            typed(Type::String, "The message of the last run, with credentials masked."),
        )
        .property(
            "details",
            ObjectBuilder::new()
                .description(Some("The details of the last run."))
                .additional_properties(Some(AdditionalProperties::from(value))),
        )
}

/// A body that another specification describes. Only its status is described here.
fn dialect(statuses: &[&str], description: &str) -> RefOr<Schema> {
    required(["status"])
        .description(Some(description))
        .property("status", words(statuses, "The status."))
        .additional_properties(Some(AdditionalProperties::FreeForm(true)))
        .into()
}

fn error() -> ObjectBuilder {
    required(["error"]).property("error", typed(Type::String, "Why the request is refused, for people."))
}

fn required<const N: usize>(keys: [&str; N]) -> ObjectBuilder {
    keys.into_iter().fold(ObjectBuilder::new(), ObjectBuilder::required)
}

fn typed(of: Type, description: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(of).description(Some(description))
}

/// A string that is one of these words.
fn words(words: &[&str], description: &str) -> ObjectBuilder {
    typed(Type::String, description).enum_values(Some(words.iter().copied()))
}

fn date(description: &str) -> ObjectBuilder {
    typed(Type::String, description).format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
}

fn count(description: &str, least: u8) -> ObjectBuilder {
    typed(Type::Integer, description).minimum(Some(f64::from(least)))
}

fn reference(name: &str) -> RefOr<Schema> {
    Ref::from_schema_name(name).into()
}

fn described(name: &str, description: &str) -> RefOr<Schema> {
    let mut reference = Ref::from_schema_name(name);
    description.clone_into(&mut reference.description);
    reference.into()
}

#[cfg(test)]
mod tests {
    use std::iter::successors;

    use serde_json::{Value, json};

    use super::*;

    /// The variant after this one. A new variant does not compile until it has its place here.
    fn next_reason(reason: Reason) -> Option<Reason> {
        Some(match reason {
            Reason::Disabled => Reason::Stuck,
            Reason::Stuck => Reason::BreakerOpen,
            Reason::BreakerOpen => Reason::Pending,
            Reason::Pending => Reason::Stale,
            Reason::Stale => Reason::Error,
            Reason::Error => Reason::Timeout,
            Reason::Timeout => Reason::Panic,
            Reason::Panic => Reason::Cancelled,
            Reason::Cancelled => Reason::Reported,
            Reason::Reported => Reason::Saturated,
            Reason::Saturated => Reason::Exhausted,
            Reason::Exhausted => Reason::ReadOnly,
            Reason::ReadOnly => Reason::Slow,
            Reason::Slow => Reason::Draining,
            Reason::Draining => Reason::Stalled,
            Reason::Stalled => Reason::Held,
            Reason::Held => Reason::Starting,
            Reason::Starting => Reason::NotServing,
            Reason::NotServing => return None,
        })
    }

    fn next_status(status: Status) -> Option<Status> {
        match status {
            Status::Healthy => Some(Status::Degraded),
            Status::Degraded => Some(Status::Unhealthy),
            Status::Unhealthy => None,
        }
    }

    fn next_phase(phase: Phase) -> Option<Phase> {
        match phase {
            Phase::Starting => Some(Phase::Running),
            Phase::Running => Some(Phase::Draining),
            Phase::Draining => None,
        }
    }

    #[test]
    fn every_variant_is_a_word_of_its_schema() {
        let components = serde_json::to_value(components(Public::CheckStates)).unwrap();
        let listed = |name: &str| components["schemas"][name]["enum"].clone();
        let reasons = successors(Some(Reason::Disabled), |reason| next_reason(*reason)).map(Reason::as_str);
        let statuses = successors(Some(Status::Healthy), |status| next_status(*status)).map(Status::as_str);
        let phases = successors(Some(Phase::Starting), |phase| next_phase(*phase)).map(Phase::as_str);
        assert_eq!(listed(REASON), reasons.collect::<Value>());
        assert_eq!(listed(STATUS), statuses.collect::<Value>());
        assert_eq!(listed(PHASE), phases.collect::<Value>());
    }

    #[test]
    fn nothing_of_the_checks_is_described_if_only_the_status_is_public() {
        let components = serde_json::to_value(components(Public::StatusOnly)).unwrap();
        let names: Vec<_> = components["schemas"].as_object().unwrap().keys().collect();
        assert_eq!(json!(names), json!([ERROR, STATUS, STATUS_ONLY]));
    }
}
