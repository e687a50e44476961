//! States, fields and functions that are named like our own types.
#![deny(warnings)]
#![allow(dead_code)]

mod state {
    #[derive(Clone, health_runtime::HealthState)]
    #[health(checks(HealthStart))]
    pub(crate) struct HealthState {
        #[health_check(nested)]
        pub(crate) checks: Checks,
        #[health_check(name = "flag")]
        pub(crate) __checks: health_runtime::Flag,
        #[health_check(with = run)]
        pub(crate) run: u64,
    }

    #[derive(Clone, health_runtime::HealthState)]
    pub(crate) struct Checks;

    fn run(_: &u64) {}

    #[allow(non_snake_case)]
    #[health_runtime::health_check(name = "health-start")]
    fn HealthStart(_: &HealthState) {}
}

mod check {
    #[derive(Clone, health_runtime::HealthState)]
    struct HealthCheck<CheckSpec> {
        #[health_check]
        spec: CheckSpec,
    }

    #[derive(Clone, health_runtime::HealthState)]
    struct S<T>(#[health_check(name = "s")] T);

    #[health_runtime::health_check]
    fn f<S>(_: &S) {}
}

fn main() {
    use health_runtime::HealthState as _;
    let flag = health_runtime::Flag::healthy();
    let state = state::HealthState { checks: state::Checks, __checks: flag, run: 0 };
    let _ = || state.start_health();
}
