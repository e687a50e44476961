//! `with` takes only a path.

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
    #[health_check(with = Vec<u8>::ping)]
    d2: Flag,
    #[health_check(with = Map<u8, Vec<u8>>::ping, critical)]
    d3: Flag,
    #[health_check(with = self.db.ping())]
    d4: Flag,
    #[health_check(with = self.db.ping::<u8>().await)]
    d5: Flag,
    #[health_check(with = self.0)]
    d6: Flag,
    #[health_check(with = Vec<u8>::ping())]
    d7: Flag,
    #[health_check(with = f<[u8; 4]>)]
    d8: Flag,
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
