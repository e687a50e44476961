//! No lint fires on the generated code, even in a strict crate. This file is also a test target of its own, so
//! that clippy sees it.
#![deny(
    warnings,
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    single_use_lifetimes,
    unused_results,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]

use std::fmt::Debug;
use std::sync::Arc;

use health_runtime::{CheckResult, CheckSpec, Flag, HealthCheck, HealthState, Outcome, health_check};

/// A public state.
#[derive(Clone, Debug, HealthState)]
#[health(
    timeout = "1s",
    interval = "2m",
    drain = "1h",
    stalled_after = "10s",
    checks(public, private, any, queue::depth)
)]
pub struct Public<T> {
    /// A flag.
    #[health_check(critical, timeout = "60s", max_age = "24h")]
    pub flag: Flag,
    /// Generic.
    #[health_check]
    pub generic: T,
    #[health_check]
    private: Private<T>,
    /// Out of date.
    #[deprecated]
    #[health_check]
    pub old: Flag,
    /// Out of date, and with a function.
    #[deprecated]
    #[health_check(with = look)]
    pub older: Flag,
    #[health_check(with = nothing)]
    nothing: Flag,
    #[health_check(with = text)]
    text: String,
    #[health_check(with = shown)]
    shown: Arc<dyn Debug + Send + Sync>,
    #[health_check(with = big, blocking, failure_threshold = 3, breaker(reset = "5m"), groups("big"))]
    big: [u64; 64],
    #[health_check(nested)]
    nested: Arc<Crate>,
}

/// Bounds that the derive adds too.
#[derive(Debug, HealthState)]
pub struct Bounds<A: Send + Sync + 'static, B: HealthCheck, C: HealthState> {
    #[health_check(with = any_of)]
    a: A,
    #[health_check]
    b: B,
    #[health_check(nested)]
    c: C,
}

const fn any_of<A>(_: &A) {}

/// Not for anybody.
#[derive(Clone, Debug)]
struct Private<T>(T);

impl<T: Debug + Send + Sync + 'static> HealthCheck for Private<T> {
    async fn check(&self) -> CheckResult {
        Err(format!("{:?}", self.0).into())
    }
}

/// Out of date as a whole.
#[deprecated]
#[derive(Debug, HealthState)]
pub struct Old(#[health_check(name = "flag")] Flag);

#[derive(Debug, HealthState)]
pub(crate) struct Crate {
    #[health_check]
    pub(crate) flag: Flag,
}

async fn look(_: &Flag) -> Outcome {
    std::future::ready(Outcome::from(health_runtime::Status::Healthy)).await
}

const fn nothing(_: &Flag) {}

const fn text(text: &str) -> bool {
    text.is_empty()
}

fn shown(shown: &(dyn Debug + Send + Sync)) -> Result<(), String> {
    Err(format!("{shown:?}"))
}

const fn big(numbers: &[u64; 64]) -> bool {
    numbers[0] == 0
}

/// Public.
#[health_check(critical, degraded_after = "100ms", runbook = "https://wiki.example/public")]
pub async fn public<T: Sync>(state: &Public<T>) -> Outcome {
    std::future::ready(()).await;
    state.flag.outcome()
}

#[health_check(blocking)]
fn private<T>(state: &Public<T>) -> std::io::Result<bool> {
    std::fs::exists(&state.text)
}

#[health_check]
fn any() -> bool {
    std::env::var_os("HOME").is_some()
}

/// The queue.
pub mod queue {
    /// Deep.
    ///
    /// # Errors
    ///
    /// None.
    #[health_runtime::health_check(timeout = "1s")]
    pub async fn depth<S: Sync>(_: &S) -> Result<(), String> {
        std::future::ready(Ok(())).await
    }

    /// Out of date.
    #[must_use]
    #[deprecated]
    #[health_runtime::health_check]
    pub fn old() -> bool {
        std::env::var_os("OLD").is_some()
    }
}

fn main() {
    #[expect(deprecated, reason = "by name")]
    let _ = queue::old;
    let _ = CheckSpec::new("a");
    let _ = || Arc::new(Crate { flag: Flag::healthy() }).start_health();
    let _ = Public::<Flag>::register;
}
