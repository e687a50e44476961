//! The generated type of a function raises no lint, even in a strict crate where `allow` is forbidden.
#![forbid(nonstandard_style, missing_docs, unreachable_pub, unused, missing_debug_implementations, missing_copy_implementations)]
#![deny(warnings)]

use health_runtime::{Flag, HealthState, health_check};

/// A state.
#[derive(Clone, Debug, HealthState)]
#[health(checks(public, in_crate, private, module::deep))]
pub struct AppState {
    /// A flag.
    #[health_check]
    pub flag: Flag,
}

/// Public.
#[health_check]
pub fn public(state: &AppState) -> bool {
    state.flag.outcome().status().passes()
}

#[health_check]
pub(crate) async fn in_crate(state: &AppState) -> bool {
    state.flag.outcome().status().passes()
}

#[health_check]
async fn private<S>(_: &S) {}

mod module {
    #[health_runtime::health_check]
    pub(super) fn deep() {}
}

fn main() {
    let state = AppState { flag: Flag::healthy() };
    let _ = (public(&state), in_crate(&state));
    let _ = || state.start_health();
}
