//! [`Planned`]: what is declared, checked against the rules and with all defaults filled in. No state is needed for it.

use crate::engine::{Plan, StateType};
use crate::naming;
use crate::spec::{Dependencies, Nest, ServiceSpec, dependencies, rules, unique};
use crate::start_error::StartError;
use crate::state::{Checks, Declared, StateCheck};

pub(crate) struct Planned<S> {
    pub(crate) service: ServiceSpec,
    pub(crate) plans: Vec<Plan>,
    pub(super) checks: Vec<Box<dyn StateCheck<S>>>,
    pub(crate) nests: Vec<Nest>,
    pub(super) state: StateType,
}

/// Fills in the defaults.
///
/// # Errors
///
/// If the derive would refuse an option.
pub(crate) fn planned<S>(mut checks: Checks<S>) -> Result<Planned<S>, StartError> {
    let dependencies = validated(&mut checks)?;
    let Checks {
        service,
        list,
        nests,
        state,
        ..
    } = checks;
    let count = list.len();
    let plan = |(Declared { spec, defaults, check }, depends_on)| {
        let plan = Plan::new(spec, defaults.unwrap_or(service.defaults));
        let plan = Plan { depends_on, ..plan };
        (plan.among(count), check)
    };
    let (plans, checks) = list.into_iter().zip(dependencies).map(plan).unzip();
    Ok(Planned {
        service: service.completed(),
        plans,
        checks,
        nests,
        state,
    })
}

/// Returns what each check depends on, or an error if the derive would refuse an option.
fn validated<S>(checks: &mut Checks<S>) -> Result<Vec<Dependencies>, StartError> {
    let service = &checks.service;
    let prefix = service.paths.prefix.as_deref();
    if let Some(prefix) = prefix.filter(|prefix| !naming::is_prefix(prefix)) {
        return Err(StartError::Prefix(prefix.to_owned()));
    }
    if let Some(error) = checks.refused.take() {
        return Err(error);
    }
    rules::validate_service(service)?;
    unique(checks.list.iter().map(|declared| declared.spec.name()), &checks.nests)?;
    for Declared { spec, defaults, .. } in &checks.list {
        rules::validate_check(spec, defaults.unwrap_or(service.defaults))?;
    }
    let specs: Vec<_> = checks.list.iter().map(|declared| &declared.spec).collect();
    dependencies(&specs, &checks.nests)
}
