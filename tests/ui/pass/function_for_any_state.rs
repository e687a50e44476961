//! A function with a type parameter, or without the state, is a check of any state that meets its bounds.
#![deny(warnings)]

use health_runtime::{Flag, HealthState, health_check};

trait HasLimit {
    fn limit(&self) -> u64;
}

#[derive(Clone, HealthState)]
#[health(checks(limited, pair, bounded, without))]
struct A {
    #[health_check]
    flag: Flag,
}

#[derive(Clone, HealthState)]
#[health(checks(limited, without, sized))]
struct B<const N: usize>;

impl HasLimit for A {
    fn limit(&self) -> u64 {
        u64::from(self.flag.outcome().status().passes())
    }
}

impl<const N: usize> HasLimit for B<N> {
    fn limit(&self) -> u64 {
        N as u64
    }
}

#[health_check]
async fn limited<S: HasLimit>(state: &S) -> bool {
    std::future::ready(()).await;
    state.limit() > 0
}

#[health_check]
fn pair<'a, S>(state: &'a S) -> bool
where
    S: HasLimit + 'a,
{
    state.limit() > 1
}

#[health_check]
fn bounded<S: HasLimit + ?Sized>(state: &S) -> bool {
    state.limit() > 2
}

#[health_check]
fn without() {}

#[health_check]
fn sized<const N: usize>(_: &B<N>) -> bool {
    N > 0
}

fn main() {
    let _ = || A { flag: Flag::healthy() }.start_health();
    let _ = || B::<3>.start_health();
}
