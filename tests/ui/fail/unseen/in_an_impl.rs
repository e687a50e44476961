//! A function in an `impl` cannot be a check.

use health_runtime::health_check;

struct AppState;

impl AppState {
    #[health_check]
    fn look(_: &AppState) -> bool {
        true
    }
}

fn main() {}
