//! Associated types, `where Self: …`, defaults of parameters, and private types in public structs.
#![deny(warnings)]

use std::fmt::Debug;
use std::marker::PhantomData;

use health_runtime::{Flag, HealthCheck, HealthState, InProcess, health_check};

/// Where things are.
pub trait Backend: Send + Sync + 'static {
    /// The pool.
    type Pool: HealthCheck + Clone;
    /// The worker.
    type Worker: InProcess + Clone;
}

/// Generic over its backend.
#[derive(HealthState)]
#[health(checks(typed))]
pub struct AppState<B: Backend = Memory, const N: usize = 3>
where
    Self: Debug,
    B: Debug,
{
    #[health_check(critical)]
    pool: B::Pool,
    #[health_check]
    qualified: <B as Backend>::Pool,
    #[health_check(liveness)]
    worker: B::Worker,
    #[health_check(with = <[Flag; N]>::len_is_right)]
    flags: [Flag; N],
    #[health_check]
    private: Private,
    _backend: PhantomData<B>,
}

trait Len {
    fn len_is_right(&self) -> bool;
}

impl<const N: usize> Len for [Flag; N] {
    fn len_is_right(&self) -> bool {
        self.len() == N
    }
}

#[health_check]
async fn typed<B, const N: usize>(state: &AppState<B, N>) -> bool
where
    B: Backend + Debug,
    AppState<B, N>: Debug,
{
    state.flags.len_is_right()
}

type Private = private::Private;

mod private {
    pub(crate) type Private = health_runtime::Flag;
}

impl<B: Backend + Debug, const N: usize> Debug for AppState<B, N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AppState")
    }
}

/// In memory.
#[derive(Debug)]
pub struct Memory;

impl Backend for Memory {
    type Pool = Flag;
    type Worker = Flag;
}

fn main() {
    let flag = Flag::healthy();
    let state = AppState::<Memory> {
        pool: flag.clone(),
        qualified: flag.clone(),
        worker: flag.clone(),
        flags: [flag.clone(), flag.clone(), flag.clone()],
        private: flag,
        _backend: PhantomData,
    };
    let _ = || std::sync::Arc::new(state).start_health();
}
