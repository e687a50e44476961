//! Functions in a module without prelude, where the usual names mean other things.
#![deny(warnings)]
#![allow(dead_code)]

#[no_implicit_prelude]
mod without_prelude {
    mod core {}
    mod std {}
    mod health_runtime {}
    struct Result;
    struct Option;
    struct Box;
    struct Unannotated;
    struct CheckSpec;
    struct Breaker;
    trait Send {}
    trait Sync {}
    trait Sized {}
    trait Future {}
    trait HealthFn {}
    fn run() {}
    fn run_async() {}

    #[::health_runtime::health_check(critical, breaker(reset = "1m"), groups("db"), timeout = "1s")]
    pub(crate) async fn one(_: &AppState) -> ::core::result::Result<(), ::std::string::String> {
        ::core::result::Result::Ok(())
    }

    #[::health_runtime::health_check]
    pub(crate) fn two() {}

    #[::health_runtime::health_check]
    pub(crate) fn three<S: Named>(state: &S) -> bool {
        state.named()
    }

    #[::health_runtime::health_check(blocking)]
    pub(crate) fn four<S>(_: &S) {}

    pub(crate) trait Named {
        fn named(&self) -> bool;
    }

    impl Named for AppState {
        fn named(&self) -> bool {
            true
        }
    }

    #[derive(::health_runtime::HealthState)]
    #[health(checks(one, two, three, self::four))]
    pub(crate) struct AppState {
        #[health_check(nested)]
        pub(crate) inner: ::std::sync::Arc<Inner>,
        #[health_check(with = look, blocking)]
        pub(crate) number: u64,
    }

    #[derive(::health_runtime::HealthState)]
    pub(crate) struct Inner {
        #[health_check]
        pub(crate) flag: ::health_runtime::Flag,
    }

    fn look(_: &u64) -> bool {
        true
    }
}

fn main() {
    use health_runtime::{Flag, Health};
    use std::sync::Arc;

    use without_prelude::{AppState, Inner};

    let inner = Arc::new(Inner { flag: Flag::healthy() });
    let _ = || Health::builder(AppState { inner, number: 0 }).start();
}
