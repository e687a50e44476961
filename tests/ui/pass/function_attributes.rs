//! Other attributes beside ours, above and below it.
#![deny(warnings)]

use health_runtime::{HealthState, health_check};

#[derive(Clone, HealthState)]
#[health(checks(documented, inlined, conditional, used))]
struct AppState;

/// What it checks.
///
/// And how.
#[health_check]
#[inline]
fn documented() {}

#[inline]
#[health_check]
/// Below.
fn inlined(#[allow(unused_variables)] state: &AppState) {}

#[cfg(any())]
#[health_check]
fn conditional(_: u8, _: u8) {}

#[cfg(not(any()))]
#[health_check]
fn conditional() {}

#[must_use]
#[cfg_attr(all(), health_check(critical, description = "by hand"))]
#[cfg_attr(any(), health_check(banana))]
/// By doc.
fn used() -> bool {
    true
}

#[deprecated]
pub struct Old;

#[health_check]
#[allow(deprecated)]
pub fn of_an_old_state(_: &Old) {}

#[health_check]
#[deprecated]
pub fn old() {}

fn main() {
    assert!(used());
    let _ = || AppState.start_health();
}
