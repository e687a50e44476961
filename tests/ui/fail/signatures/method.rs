//! A method cannot be a check.

use health_runtime::{health_check};

struct AppState;

impl AppState {
    #[health_check]
    async fn a(&self) -> bool {
        true
    }

    #[health_check]
    fn b(self) {}

    #[health_check]
    fn c(&mut self, _other: u8) {}

    #[health_check]
    fn d(self: std::sync::Arc<Self>) {}
}

fn main() {}
