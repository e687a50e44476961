//! Only a path is a path.

use health_runtime::{Flag, HealthState};

#[derive(Clone, HealthState)]
struct AppState {
    #[health_check(with = 3)]
    a: Flag,
    #[health_check(with = &ping)]
    b: Flag,
    #[health_check(with = a::)]
    c: Flag,
    #[health_check(with = f<u8>)]
    d: Flag,
    #[health_check(with = fn)]
    e: Flag,
    #[health_check(with = ping!())]
    f: Flag,
    #[health_check(with = a.b)]
    g: Flag,
    #[health_check(with = &ping)]
    y: Flag,
    #[health_check(with = self.ping)]
    z: Flag,
    #[health_check(with(ping))]
    y2: Flag,
}

fn main() {}
