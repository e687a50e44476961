//! [`Description`]: all checks of a service, and how long it takes to notice that one of them fails.

use std::fmt;
use std::time::Duration;

use crate::declaration::Declaration;
use crate::engine::Plan;
use crate::health::Health;
use crate::kubernetes::length::Length;
use crate::kubernetes::numbers::Numbers;
use crate::kubernetes::options::Kubernetes;
use crate::kubernetes::table::Table;
use crate::kubernetes::times::turns;
use crate::spec::{Probe, Refresh};

const NONE: &str = "–";

/// All checks of a service with what is declared about them, and how long it takes at most to notice that one of them
/// fails.
///
/// `Display` writes two tables, which are readable as text and as Markdown, at most 100 characters wide. A name that is
/// too long for its column is written out below the table.
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
/// let description = Declaration::of::<AppState>()?.describe();
/// println!("{description}");
/// // A test can assert a time that the team on call relies on:
/// let db = description.times("db").expect("the state has this check");
/// assert!(db.out_of_rotation.expect("it is critical").as_secs() < 20);
/// # Ok::<(), health_runtime::StartError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Description {
    declaration: Declaration,
    readiness: Numbers,
    liveness: Numbers,
    times: Vec<CheckTimes>,
}

/// How long it takes at most to notice that a check fails, and that it passes again. [The page on
/// Kubernetes](crate::_documentation::kubernetes#the-times-of-a-check) has the formulas.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckTimes {
    /// The full name of the check.
    pub name: String,
    /// How long it takes from the failure of what is checked until the check fails. `None` if the check ends when the
    /// service has started.
    pub detected: Option<Duration>,
    /// How long it takes from the failure of what is checked until the kubelet has taken the pod out of rotation.
    /// `None` if a failure of the check does not do this.
    pub out_of_rotation: Option<Duration>,
    /// How long it takes from the moment when what is checked works again until the check passes, and, if the pod was
    /// out of rotation, until it is back. `None` if the check ends when the service has started.
    pub back: Option<Duration>,
    /// How long it takes from the failure of what is checked until the kubelet restarts the container. `None` if the
    /// check is not in the liveness probe.
    pub restarted: Option<Duration>,
}

impl Declaration {
    /// Returns all checks, and how long it takes to notice that one of them fails. The times of the probes are those
    /// that [`kubernetes`](Self::kubernetes) writes by default. [`Kubernetes::describe`] takes others.
    pub fn describe(&self) -> Description {
        self.kubernetes(80).describe() // the port does not matter here
    }
}

impl Health {
    /// Like [`Declaration::describe`], for a running service.
    #[cfg_attr(docsrs, doc(cfg(feature = "kubernetes")))]
    pub fn describe(&self) -> Description {
        self.declaration().describe()
    }
}

impl Kubernetes {
    /// Returns all checks, and how long it takes to notice that one of them fails, with the times of these probes.
    pub fn describe(&self) -> Description {
        let (readiness, liveness) = (self.readiness(), self.liveness());
        let plans = &self.declaration.plans;
        let blocking = plans.iter().filter(|plan| plan.spec.blocking).count();
        let times = plans.iter().map(|plan| times(plan, readiness, liveness, blocking));
        Description {
            times: times.collect(),
            declaration: self.declaration.clone(),
            readiness,
            liveness,
        }
    }
}

fn times(plan: &Plan, readiness: Numbers, liveness: Numbers, blocking: usize) -> CheckTimes {
    let spec = &plan.spec;
    // A check with a `ttl` runs only when one of its probes asks. A probe that gets no answer delays the next one.
    let asks = if spec.is_in(Probe::Readiness) {
        readiness
    } else {
        liveness
    };
    let turns = turns(plan, asks.period.max(asks.timeout), blocking);
    let gates = spec.is_in(Probe::Readiness) && spec.critical && !spec.fail_open;
    let runs = !plan.is_startup_only();
    let back = turns.to_passing
        + if gates {
            readiness.passes_after()
        } else {
            Duration::ZERO
        };
    CheckTimes {
        name: spec.name().to_owned(),
        detected: runs.then_some(turns.to_failing),
        out_of_rotation: gates.then(|| turns.to_failing + readiness.noticed_after()),
        back: runs.then_some(back),
        restarted: spec
            .is_in(Probe::Liveness)
            .then(|| turns.to_failing + liveness.noticed_after()),
    }
}

impl Description {
    /// Returns the times of each check, in the order of declaration.
    pub fn checks(&self) -> &[CheckTimes] {
        &self.times
    }

    /// Returns the times of the check with this full name.
    pub fn times(&self, name: &str) -> Option<&CheckTimes> {
        self.times.iter().find(|times| times.name == name)
    }

    fn declared(&self) -> Table {
        let header = &["check", "probes", "critical", "runs", "timeout", "max_age", "fail/pass"];
        let row = |plan: &Plan| {
            let spec = &plan.spec;
            let critical = match (spec.critical, spec.fail_open) {
                (true, true) => "fail_open",
                (true, false) => "yes",
                _ => NONE,
            };
            vec![
                spec.name().to_owned(),
                probes(plan),
                critical.to_owned(),
                refresh(plan),
                Length(plan.timeout).to_string(),
                Length(plan.max_age).to_string(),
                format!("{} / {}", spec.failure_threshold, spec.success_threshold),
            ]
        };
        Table::new(header, self.declaration.plans.iter().map(row).collect())
    }

    fn promised(&self) -> Table {
        let header = &["check", "detected", "out of rotation", "back", "restarted"];
        let at_most = |time: Option<Duration>| time.map_or(NONE.into(), |time| Length::at_most(time).to_string());
        let row = |times: &CheckTimes| {
            vec![
                times.name.clone(),
                at_most(times.detected),
                at_most(times.out_of_rotation),
                at_most(times.back),
                at_most(times.restarted),
            ]
        };
        Table::new(header, self.times.iter().map(row).collect())
    }

    /// What few checks have.
    fn remarks(&self) -> impl Iterator<Item = String> {
        let plans = &self.declaration.plans;
        plans.iter().flat_map(move |plan| {
            let name = plan.spec.name();
            let on: Vec<_> = plan.depends_on.iter().map(|index| plans[*index].spec.name()).collect();
            let depends_on = (!on.is_empty()).then(|| format!("{name} depends on {}", on.join(", ")));
            let breaker = plan.spec.breaker.map(|breaker| {
                let (failures, reset, successes) = (breaker.failures, Length(breaker.reset), breaker.successes);
                format!(
                    "{name} has a breaker: open after {failures} failures, a trial after {reset}, closed after {successes} passed trials"
                )
            });
            let slow = plan.spec.degraded_after.map(|limit| format!("{name} is degraded after {}", Length(limit)));
            depends_on.into_iter().chain(breaker).chain(slow)
        })
    }
}

/// The probes of a check, in short words.
fn probes(plan: &Plan) -> String {
    let words = [
        (Probe::Liveness, "live"),
        (Probe::Readiness, "ready"),
        (Probe::Startup, "start"),
    ];
    let named = words.into_iter().filter(|(probe, _)| plan.spec.is_in(*probe));
    named.map(|(_, word)| word).collect::<Vec<_>>().join(" ")
}

fn refresh(plan: &Plan) -> String {
    match plan.refresh {
        Refresh::Interval(interval) => format!("every {}", Length(interval)),
        Refresh::Ttl(ttl) => format!("ttl {}", Length(ttl)),
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let service = &self.declaration.service;
        writeln!(f, "# {} {}\n", service.name, service.version)?;
        if self.times.is_empty() {
            return writeln!(f, "This service has no checks.");
        }
        writeln!(f, "{}", self.declared())?;
        let mut remarks = self.remarks().peekable();
        if remarks.peek().is_some() {
            remarks.by_ref().try_for_each(|remark| writeln!(f, "- {remark}"))?;
            writeln!(f)?;
        }
        writeln!(f, "At most, after what is checked has failed or works again:\n")?;
        writeln!(f, "{}", self.promised())?;
        let shown = |probe: &str, numbers: Numbers| {
            let Numbers {
                period,
                timeout,
                failure_threshold,
            } = numbers;
            format!("- {probe} probe: every {period} s, timeout {timeout} s, {failure_threshold} failures")
        };
        writeln!(f, "These times include the probes of Kubernetes:\n")?;
        writeln!(f, "{}", shown("readiness", self.readiness))?;
        if self.times.iter().any(|times| times.restarted.is_some()) {
            writeln!(f, "{}", shown("liveness", self.liveness))?;
        }
        Ok(())
    }
}
