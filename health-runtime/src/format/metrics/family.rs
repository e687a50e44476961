//! The names, types and texts of all metrics. `docs/metrics.md` has the same table for users.

/// What is common to all series of one name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Family {
    /// The name without the suffix that belongs to its type, such as `_total`.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// `seconds`, if it has a unit. Then the name ends with it.
    pub(crate) unit: Option<&'static str>,
    pub(crate) help: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Counter,
    Gauge,
    /// A gauge that is always 1. What it says is in its labels.
    Info,
    /// A series for each state, with the value 1 for the present state and 0 for the others. The state is the value of
    /// the label that has the name of the metric.
    StateSet,
    Histogram,
}

impl Family {
    /// What the name of each series has after the name of the family.
    pub(crate) const fn suffix(&self) -> &'static str {
        match self.kind {
            Kind::Counter => "_total",
            Kind::Info => "_info",
            Kind::Gauge | Kind::StateSet | Kind::Histogram => "",
        }
    }

    const fn new(name: &'static str, kind: Kind, help: &'static str) -> Self {
        let unit = None;
        Self { name, kind, unit, help }
    }

    const fn seconds(mut self) -> Self {
        self.unit = Some("seconds");
        self
    }
}

pub(super) const BUILD: Family = Family::new("health_build", Kind::Info, "The name and the version of the service.");

pub(super) const PHASE: Family = Family::new("health_phase", Kind::StateSet, "The phase that the service is in.");

pub(super) const STATUS: Family = Family::new("health_status", Kind::StateSet, "The status of a probe.");

pub(super) const REASON: Family = Family::new(
    "health_reason",
    Kind::Gauge,
    "Why the service itself fails a probe, regardless of its checks.",
);

pub(super) const REQUESTS: Family = Family::new(
    "health_probe_requests",
    Kind::Counter,
    "The requests for a probe, by the status code of the answer.",
);

pub(super) const DRAIN: Family = Family::new(
    "health_drain_seconds",
    Kind::Gauge,
    "How long the listener stays open after the drain has begun.",
)
.seconds();

pub(super) const LAG: Family = Family::new(
    "health_runtime_lag_seconds",
    Kind::Gauge,
    "How long the runtime takes to run a new task, if it is watched.",
)
.seconds();

pub(super) const STALLED: Family = Family::new(
    "health_runtime_stalled",
    Kind::Gauge,
    "Whether the runtime runs no task at all, if it is watched.",
);

pub(super) const CHECK_STATUS: Family = Family::new(
    "health_check_status",
    Kind::StateSet,
    "The status of a check, and the failing check that causes its failure.",
);

pub(super) const CHECK_REASON: Family =
    Family::new("health_check_reason", Kind::Gauge, "Why a check is not simply healthy.");

pub(crate) const DURATION: Family = Family::new(
    "health_check_duration_seconds",
    Kind::Histogram,
    "How long the runs of a check took.",
)
.seconds();

pub(super) const RUNS: Family = Family::new(
    "health_check_runs",
    Kind::Counter,
    "The runs of a check, before thresholds, by how they ended.",
);

pub(super) const TRANSITIONS: Family = Family::new(
    "health_check_transitions",
    Kind::Counter,
    "The changes of the published status or reason of a check.",
);

pub(super) const FLAPS: Family = Family::new(
    "health_check_flaps",
    Kind::Counter,
    "How often the published status of a check changed from passing to failing.",
);

pub(super) const LAST_SUCCESS: Family = Family::new(
    "health_check_last_success_timestamp_seconds",
    Kind::Gauge,
    "When a run of a check last passed, since 1970.",
)
.seconds();

pub(super) const DETAIL: Family = Family::new(
    "health_check_detail",
    Kind::Gauge,
    "A number that a check reports beside its status, such as the size of a pool.",
);
