//! The attribute macro is for functions only.

use health_runtime::{health_check};

#[health_check]
struct AppState;

#[health_check]
enum Mode {
    On,
}

#[health_check]
mod checks {}

#[health_check(critical)]
pub const LIMIT: u8 = 0;

#[health_check]
impl AppState {}

#[health_check]
trait Ping {}

#[health_check]
pub use std::sync::Arc;

#[health_check]
const LAST: u8 = 0;

fn main() {}
