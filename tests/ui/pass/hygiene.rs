//! No lint fires on what the derive writes, however strict the crate is. This file is also a test target of its own, so
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

use health_runtime::{CheckResult, CheckSpec, Flag, HealthCheck, HealthState, Outcome, ServiceSpec};

/// A public state.
#[derive(Clone, Debug, HealthState)]
#[health(timeout = "1s", interval = "2m", drain = "1h")]
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
    #[health_check(with = big)]
    big: [u64; 64],
}

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

#[derive(HealthState)]
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

fn main() {
    let _ = (CheckSpec::new("a"), ServiceSpec::new("a", "1"));
    let _ = || Arc::new(Crate { flag: Flag::healthy() }).start_health();
    let _ = Public::<Flag>::register;
}
