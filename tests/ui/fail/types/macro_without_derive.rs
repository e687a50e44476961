//! The attribute on a field belongs to the derive.

use health_runtime::{Flag, health_check};

#[derive(Clone)]
struct AppState {
    #[health_check]
    flag: Flag,
}

fn main() {}
