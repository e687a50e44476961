//! A function that uses `Self` is an associated function, and cannot be a check.

use health_runtime::{health_check};

struct AppState;

impl AppState {
    #[health_check]
    async fn a(_state: &Self) -> bool {
        true
    }

    #[health_check]
    fn b<S>(_: &S)
    where
        Self: Sized,
    {
    }

    #[health_check]
    fn c() -> Option<Self> {
        None
    }
}

fn main() {}
