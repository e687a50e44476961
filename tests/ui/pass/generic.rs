//! The derive adds bounds for the types of fields with their own check, and for the whole struct.
#![deny(warnings)]

use std::fmt::Debug;
use std::marker::PhantomData;
use std::sync::Arc;

use health_runtime::{CheckResult, Flag, HealthCheck, HealthState, Outcome};

#[derive(Clone, HealthState)]
struct Plain<T> {
    #[health_check]
    db: T,
}

#[derive(Clone, HealthState)]
struct Pointers<T, U: Debug = u8>
where
    T: ?Sized + 'static,
{
    #[health_check]
    db: Arc<T>,
    #[health_check(liveness)]
    worker: Option<Worker<T>>,
    #[health_check(liveness, restart_helps = "it is known to leak")]
    driver: Box<Wrapped<U>>,
    #[allow(dead_code)]
    not_a_check: Arc<U>,
    #[allow(dead_code)]
    marker: PhantomData<fn() -> U>,
}

struct Worker<T: ?Sized>(PhantomData<fn() -> Box<T>>);

impl<T: ?Sized> Clone for Worker<T> {
    fn clone(&self) -> Self {
        Self(PhantomData)
    }
}

impl<T: ?Sized + 'static> HealthCheck for Worker<T> {
    async fn check(&self) -> CheckResult {
        Ok(Outcome::healthy())
    }
}

impl<T: ?Sized + 'static> health_runtime::InProcess for Worker<T> {}

#[derive(Clone)]
struct Wrapped<T>(T);

impl<T: Debug + Send + Sync + 'static> HealthCheck for Wrapped<T> {
    async fn check(&self) -> CheckResult {
        Err(format!("{:?}", self.0).into())
    }
}

// No bound: the function asks for what it needs.
#[derive(Clone, HealthState)]
struct With<T: Ping> {
    #[health_check(with = T::ping)]
    db: T,
    #[health_check(with = ping::<T>)]
    cache: T,
}

trait Ping {
    fn ping(&self) -> bool;
}

impl Ping for u8 {
    fn ping(&self) -> bool {
        *self == 0
    }
}

async fn ping<T: Ping>(target: &T) -> Result<(), String> {
    if target.ping() { Ok(()) } else { Err("no answer".into()) }
}

// `MaybeUnsized<[u8]>` is no state, and that is no error here.
#[derive(Clone, HealthState)]
struct MaybeUnsized<T: ?Sized> {
    #[health_check]
    flag: Flag,
    #[allow(dead_code)]
    last: T,
}

// Not a parameter of the struct, only of the same name.
#[derive(Clone, HealthState)]
struct SameName<T> {
    #[health_check]
    flag: inner::T,
    #[allow(dead_code)]
    value: T,
}

mod inner {
    pub type T = health_runtime::Flag;
}

fn main() {
    let _ = || Plain { db: Flag::healthy() }.start_health();
    let pointers: Pointers<Flag> = Pointers {
        db: Arc::new(Flag::healthy()),
        worker: None,
        driver: Box::new(Wrapped(0)),
        not_a_check: Arc::new(0),
        marker: PhantomData,
    };
    let _ = || pointers.start_health();
    let _ = || With { db: 0, cache: 1 }.start_health();
    let _ = || {
        MaybeUnsized {
            flag: Flag::healthy(),
            last: 0,
        }
        .start_health()
    };
    let _ = || {
        SameName {
            flag: Flag::healthy(),
            value: 0,
        }
        .start_health()
    };
}
