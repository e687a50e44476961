//! A state in a module without prelude, where the usual names mean other things.
#![deny(warnings)]
#![allow(dead_code)]

#[no_implicit_prelude]
mod without_prelude {
    mod core {}
    mod std {}
    mod alloc {}
    mod health_runtime {}
    struct Result;
    struct Option;
    struct Box;
    struct Duration;
    struct Checks;
    struct CheckSpec;
    struct ServiceSpec;
    trait Send {}
    trait Sync {}
    trait Sized {}
    trait Fn {}
    trait HealthCheck {}
    fn run() {}
    fn drop() {}
    #[allow(unused_macros)]
    macro_rules! env {
        () => {};
    }

    #[derive(::health_runtime::HealthState)]
    #[health(timeout = "1s")]
    pub(crate) struct AppState<T> {
        /// Some flag.
        #[health_check(critical, timeout = "500ms")]
        pub(crate) flag: ::health_runtime::Flag,
        #[health_check]
        pub(crate) db: T,
        #[health_check(with = ping)]
        pub(crate) other: ::std::string::String,
    }

    async fn ping(_: &str) -> ::core::result::Result<(), ::std::string::String> {
        ::core::result::Result::Ok(())
    }
}

fn main() {
    use health_runtime::{Flag, HealthState};

    let state = without_prelude::AppState {
        flag: Flag::healthy(),
        db: Flag::healthy(),
        other: String::new(),
    };
    let _ = || std::sync::Arc::new(state).start_health();
}
