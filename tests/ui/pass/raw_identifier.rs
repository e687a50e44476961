//! `r#type` is reported as `type`, and clashes with nothing.
#![deny(warnings)]

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct r#AppState {
    #[health_check]
    r#type: Flag,
    #[health_check(with = r#match::r#loop)]
    r#fn: Flag,
}

mod r#match {
    pub fn r#loop(_: &health_runtime::Flag) {}
}

fn main() {
    let _ = || {
        AppState {
            r#type: Flag::healthy(),
            r#fn: Flag::healthy(),
        }
        .start_health()
    };
}
