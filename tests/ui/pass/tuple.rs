//! A tuple struct, with the option `name` on its fields.
#![deny(warnings)]

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState(
    #[health_check(name = "db", critical)] Flag,
    #[allow(dead_code)] u8,
    #[health_check(name = "cache", with = ping)] Flag,
);

async fn ping(_: &Flag) {}

fn main() {
    let _ = || AppState(Flag::healthy(), 0, Flag::healthy()).start_health();
}
