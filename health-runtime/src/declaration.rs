//! [`Declaration`]: what a service declares about its health, without running it.

use std::sync::Arc;

use crate::engine::{Names, Plan};
use crate::health::planned::{Planned, planned};
use crate::health::{Health, HealthBuilder};
use crate::spec::ServiceSpec;
use crate::start_error::StartError;
use crate::state::{Checks, HealthState};

/// What a service declares about its health: its checks with all their times, its paths, its drain.
///
/// You get one without a state and without a running engine, from the type of the state. So a program can print its
/// probes, and a test can compare a manifest with the code, without a database:
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
/// let declaration = Declaration::of::<AppState>()?;
/// # Ok::<(), health_runtime::StartError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Declaration {
    pub(crate) service: ServiceSpec,
    pub(crate) plans: Arc<[Plan]>,
    pub(crate) names: Names,
    /// The service has startup tasks. Only a running service knows that.
    pub(crate) has_startup_tasks: bool,
}

impl Declaration {
    /// Returns what the type of the state declares. Startup tasks and what only a builder adds are not part of it.
    ///
    /// # Errors
    ///
    /// See [`StartError`]: the declaration is refused for the same reasons as a start.
    pub fn of<S: HealthState>() -> Result<Self, StartError> {
        let mut checks = Checks::<S>::new();
        S::register(&mut checks);
        Ok(Self::new(planned(checks)?))
    }

    pub(crate) fn new<S>(planned: Planned<S>) -> Self {
        let Planned {
            service, plans, nests, ..
        } = planned;
        Self {
            service,
            names: Names::new(&plans, nests, Box::default()),
            plans: plans.into(),
            has_startup_tasks: false,
        }
    }
}

impl<S: HealthState> HealthBuilder<S> {
    /// Returns what the builder declares, without starting anything.
    ///
    /// # Errors
    ///
    /// See [`StartError`]: the declaration is refused for the same reasons as a start.
    pub fn into_declaration(self) -> Result<Declaration, StartError> {
        Ok(Declaration::new(planned(self.checks)?))
    }
}

impl Health {
    /// Returns what the service declares about its health. Startup tasks that are not done yet are part of it.
    pub fn declaration(&self) -> Declaration {
        let engine = &self.engine;
        Declaration {
            service: engine.service.clone(),
            plans: Arc::clone(&engine.plans),
            names: engine.names.clone(),
            has_startup_tasks: engine.with(|core, _| !core.waits.tasks.is_empty()),
        }
    }
}
