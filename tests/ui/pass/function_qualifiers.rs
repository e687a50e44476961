//! `const` functions, and functions with another calling convention, can be checks.
#![deny(warnings)]

use health_runtime::{HealthState, health_check};

#[derive(Clone, HealthState)]
#[health(checks(constant, foreign, both))]
struct AppState;

#[health_check]
const fn constant(_: &AppState) -> bool {
    true
}

#[health_check(blocking)]
extern "C" fn foreign(_: &AppState) -> bool {
    true
}

#[health_check]
pub const extern "C" fn both() {}

/// Named like a type and a field that are no business of the function.
#[health_check]
fn char(state: &Text) -> bool {
    state.char > 0
}

struct Text {
    char: u32,
}

mod crates {
    use health_runtime::health_check;

    #[health_check]
    pub fn tokio() -> bool {
        ::tokio::runtime::Handle::try_current().is_ok()
    }

    #[health_check]
    pub fn std<T>(_: &T) -> bool {
        tokio::<>(); // a call of a function, and no path that begins with a crate
        true
    }
}

#[derive(Clone, HealthState)]
#[health(checks(crates::tokio, crates::std))]
struct Crates;

fn main() {
    assert!(constant(&AppState) && foreign(&AppState) && char(&Text { char: 1 }));
    both();
    let _ = || (AppState.start_health(), Crates.start_health());
}
