//! The struct's own bounds and where clauses are kept.
#![deny(warnings)]

use std::sync::Arc;

use health_runtime::{Flag, HealthCheck, HealthState};

trait Config {
    type Db: HealthCheck + Clone;
}

#[derive(HealthState)]
struct AppState<C>
where
    C: Config,
    for<'a> &'a C: Send,
{
    #[health_check(critical)]
    db: C::Db,
    #[health_check]
    replica: Option<<C as Config>::Db>,
}

#[derive(HealthState)]
struct Tuple<C: Config>(#[health_check(name = "db")] C::Db)
where
    C: Send + Sync + 'static;

struct Production;

impl Config for Production {
    type Db = Flag;
}

fn main() {
    let state: AppState<Production> = AppState {
        db: Flag::healthy(),
        replica: None,
    };
    let _ = || Arc::new(state).start_health();
    let _ = || Arc::new(Tuple::<Production>(Flag::healthy())).start_health();
}
