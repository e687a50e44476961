//! A function that says `Self` belongs to a type.

use health_runtime::{health_check};

struct AppState;

impl AppState {
    #[health_check]
    async fn a(_state: &Self) -> bool {
        true
    }
}

fn main() {}
