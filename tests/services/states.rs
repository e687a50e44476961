//! The states of nine public services, rebuilt from the types of their fields, with their annotations: at most one line
//! for each field, and `with` functions of at most three lines. A tenth state replaces a registry by hand. They are
//! never connected: what counts is that they compile, and that each check has the expected name.

mod states {
    mod arc_of_state;
    mod boxed_clients;
    mod channel_to_a_thread;
    mod enum_state;
    mod from_ref;
    mod generic_database;
    mod registry;
    mod tenants;
    mod worker;
    mod wrapper;
}

use health_runtime::testing::TestHealth;
use health_runtime::{HealthState, Probe};

/// The names of the checks, sorted.
fn names(state: impl HealthState) -> Vec<String> {
    let report = TestHealth::new(state).report(Probe::Health);
    let mut names: Vec<_> = report.checks.into_iter().map(|check| check.name.into_owned()).collect();
    names.sort();
    names
}
