//! Functions named by every kind of path, and imported under another name.
#![deny(warnings)]

mod checks {
    pub(crate) mod deep {
        #[health_runtime::health_check]
        pub(crate) fn one() {}

        #[health_runtime::health_check]
        pub(crate) fn two() {}

        #[health_runtime::health_check]
        pub(crate) fn three() {}
    }
    pub(crate) use deep::two;

    pub(crate) mod state {
        #[derive(Clone, health_runtime::HealthState)]
        #[health(checks(super::deep::one, crate::checks::two, renamed, super::super::four, self::five,))]
        pub(crate) struct AppState;

        use super::deep::three as renamed;

        #[health_runtime::health_check]
        fn five() {}
    }
}

#[health_runtime::health_check]
fn four() {}

fn main() {
    use health_runtime::HealthState;

    let _ = || checks::state::AppState.start_health();
}
