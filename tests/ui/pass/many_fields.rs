//! More fields than one generated function registers, with parameters, bounds, functions and nested states.
#![deny(warnings)]
#![forbid(nonstandard_style, unreachable_pub)]

use std::fmt::Debug;

use health_runtime::{Flag, HealthCheck, HealthState, health_check};

/// Many.
#[derive(Clone, HealthState)]
#[health(checks(one))]
pub struct AppState<T: Clone, const N: usize = 2>
where
    T: Debug,
{
    #[health_check]
    f0: Flag,
    #[health_check]
    f1: Flag,
    #[health_check]
    f2: Flag,
    #[health_check]
    f3: Flag,
    #[health_check]
    f4: Flag,
    #[health_check]
    f5: T,
    #[health_check]
    f6: Flag,
    #[health_check]
    f7: Flag,
    #[health_check]
    f8: Flag,
    #[health_check]
    f9: Flag,
    #[health_check]
    f10: Flag,
    #[health_check]
    f11: Flag,
    #[health_check]
    f12: Flag,
    #[health_check]
    f13: Flag,
    #[health_check]
    f14: Flag,
    #[health_check]
    f15: Flag,
    #[health_check]
    f16: Flag,
    #[health_check]
    f17: Flag,
    #[health_check]
    f18: Flag,
    #[health_check]
    f19: Flag,
    #[health_check]
    f20: Flag,
    #[health_check]
    f21: Flag,
    #[health_check]
    f22: Flag,
    #[health_check]
    f23: Flag,
    #[health_check]
    f24: Flag,
    #[health_check]
    f25: Flag,
    #[health_check]
    f26: Flag,
    #[health_check]
    f27: Flag,
    #[health_check]
    f28: Flag,
    #[health_check]
    f29: Flag,
    #[health_check]
    f30: Flag,
    #[health_check]
    f31: Flag,
    #[health_check]
    f32: Flag,
    #[health_check]
    f33: Flag,
    #[health_check]
    f34: Flag,
    #[health_check]
    f35: Flag,
    #[health_check]
    f36: Flag,
    #[health_check]
    f37: Flag,
    #[health_check]
    f38: Flag,
    #[health_check]
    f39: Flag,
    #[health_check(with = Self::look)]
    f40: [u8; N],
    #[health_check]
    f41: Flag,
    #[health_check]
    f42: Flag,
    #[health_check]
    f43: Flag,
    #[health_check]
    f44: Flag,
    #[health_check]
    f45: Flag,
    #[health_check]
    f46: Flag,
    #[health_check]
    f47: Flag,
    #[health_check]
    f48: Flag,
    #[health_check]
    f49: Flag,
    #[health_check(nested)]
    f50: Inner,
    #[health_check]
    f51: Flag,
    #[health_check]
    f52: Flag,
    #[health_check]
    f53: Flag,
    #[health_check]
    f54: Flag,
    #[health_check]
    f55: Flag,
    #[health_check]
    f56: Flag,
    #[health_check]
    f57: Flag,
    #[health_check]
    f58: Flag,
    #[health_check]
    f59: Flag,
    #[health_check]
    f60: Flag,
    #[health_check]
    f61: Flag,
    #[health_check]
    f62: Flag,
    #[health_check]
    f63: Flag,
    #[health_check]
    f64: Flag,
    #[health_check]
    f65: Flag,
    #[health_check]
    f66: Option<T>,
    #[health_check]
    f67: Flag,
    #[health_check(liveness)]
    f68: Flag,
    #[health_check]
    f69: Flag,
}

#[derive(Clone, HealthState)]
struct Inner {
    #[health_check]
    flag: Flag,
}

#[health_check]
fn one<T: Clone + Debug, const N: usize>(state: &AppState<T, N>) -> bool {
    state.f40.is_empty()
}

impl<T: Clone + Debug, const N: usize> AppState<T, N> {
    const fn look(bytes: &[u8; N]) -> bool {
        bytes.is_empty()
    }
}

fn start<T: HealthCheck + Clone + Debug>(state: &AppState<T>) {
    let _ = state.start_health();
}

fn main() {
    let _ = start::<Flag>;
}
