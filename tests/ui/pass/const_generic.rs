//! Const parameters, with and without type parameters.
#![deny(warnings)]

use health_runtime::{CheckResult, Flag, HealthCheck, HealthState, Outcome};

#[derive(Clone, HealthState)]
struct Shards<const N: usize> {
    #[health_check(with = all)]
    shards: [Flag; N],
    #[health_check]
    pool: Pool<N>,
}

fn all<const N: usize>(shards: &[Flag; N]) -> bool {
    shards.len() == N
}

#[derive(Clone)]
struct Pool<const N: usize>;

impl<const N: usize> HealthCheck for Pool<N> {
    async fn check(&self) -> CheckResult {
        Ok(Outcome::healthy())
    }
}

#[derive(Clone, HealthState)]
struct Both<T, const N: usize = 2> {
    #[health_check]
    db: T,
    #[allow(dead_code)]
    others: [T; N],
}

fn main() {
    let _ = || {
        Shards {
            shards: [Flag::healthy(), Flag::healthy()],
            pool: Pool,
        }
        .start_health()
    };
    let _ = || {
        Both {
            db: Flag::healthy(),
            others: [Flag::healthy()],
        }
        .start_health()
    };
}
