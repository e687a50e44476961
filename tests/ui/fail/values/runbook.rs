//! A runbook is a link that a browser can follow.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(runbook = "")]
    a: Flag,
    #[health_check(runbook = "wiki.example/db")]
    b: Flag,
    #[health_check(runbook = "the wiki")]
    c: Flag,
    #[health_check(runbook = "javascript:alert(1)")]
    d: Flag,
    #[health_check(runbook = "https://")]
    e: Flag,
    #[health_check(runbook = "https://me:secret@wiki.example/db")]
    f: Flag,
    #[health_check(runbook = "/runbooks/db")]
    g: Flag,
    #[health_check(runbook = wiki)]
    h: Flag,
}

fn main() {}
