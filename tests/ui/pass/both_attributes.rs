//! The derive's attribute and the macro of the same name in one module, imported in several ways.
#![deny(warnings)]

use health_runtime::{Flag, HealthState, health_check};

#[derive(Clone, HealthState)]
#[health(checks(one, two))]
struct AppState {
    #[health_check(critical)]
    flag: Flag,
    #[health_check]
    other: Flag,
}

#[health_check(critical)]
fn one(_: &AppState) {}

#[health_runtime::health_check]
fn two(_: &AppState) {}

mod glob {
    use health_runtime::*;

    #[derive(Clone, HealthState)]
    #[health(checks(three))]
    pub(crate) struct Globbed {
        #[health_check]
        pub(crate) flag: Flag,
    }

    #[health_check]
    fn three(_: &Globbed) {}
}

fn main() {
    let flag = Flag::healthy();
    let _ = || AppState { flag: flag.clone(), other: flag.clone() }.start_health();
    let _ = || glob::Globbed { flag: flag.clone() }.start_health();
}
