//! Groups are names in parentheses, each once.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(groups = "db")]
    a: Flag,
    #[health_check(groups = ["db", "core"])]
    b: Flag,
    #[health_check(groups("Core DB"))]
    c: Flag,
    #[health_check(groups("db", "db"))]
    d: Flag,
    #[health_check(groups())]
    e: Flag,
    #[health_check(groups)]
    f: Flag,
    #[health_check(groups["db"])]
    g: Flag,
    #[health_check(groups(db))]
    h: Flag,
    #[health_check(groups("db" "core"))]
    i: Flag,
    #[health_check(groups("db",, "core"))]
    j: Flag,
    #[health_check(groups(""))]
    k: Flag,
}

fn main() {}
