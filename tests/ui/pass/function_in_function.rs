//! A state and its functions inside of a function.
#![deny(warnings)]

fn main() {
    use health_runtime::{Flag, HealthState, health_check};

    #[derive(Clone, HealthState)]
    #[health(checks(local, inner::deep))]
    struct AppState {
        #[health_check(with = look)]
        flag: Flag,
    }

    #[health_check]
    fn local(state: &AppState) -> bool {
        state.flag.outcome().status().passes()
    }

    fn look(flag: &Flag) -> bool {
        flag.outcome().status().passes()
    }

    mod inner {
        #[health_runtime::health_check]
        pub(crate) fn deep() {}
    }

    let state = AppState { flag: Flag::healthy() };
    assert!(local(&state));
    let _ = || state.start_health();
}
