//! Functions and their names that `macro_rules!` writes, or that are passed through it.
#![deny(warnings)]

use health_runtime::{Flag, HealthState, health_check};

macro_rules! checks {
    ($($name:ident, $vis:vis, $ty:ty, $output:ty => $body:expr;)*) => {
        $(
            #[health_check(timeout = "1s")]
            $vis fn $name(_: &$ty) -> $output {
                $body
            }
        )*
    };
}

checks! {
    one, , AppState, bool => true;
    two, pub(crate), crate::AppState, Result<(), String> => Ok(());
}

macro_rules! annotated {
    ($item:item) => {
        #[health_check]
        $item
    };
}

annotated! {
    async fn three(_: &AppState) -> bool {
        true
    }
}

macro_rules! body {
    ($name:ident $body:block) => {
        #[health_check]
        fn $name(_: &AppState) -> bool $body
    };
}

body!(four { true });

macro_rules! state {
    ($name:ident, $($path:path),*; $with:path; $ty:ty) => {
        #[derive(Clone, HealthState)]
        #[health(checks($($path),*))]
        struct $name {
            #[health_check(with = $with)]
            flag: $ty,
            #[health_check(nested)]
            inner: Inner,
        }
    };
}

#[derive(Clone, HealthState)]
struct Inner {
    #[health_check]
    flag: Flag,
}

state!(AppState, one, crate::two, self::three, four; Flag::outcome; Flag);

fn main() {
    let state = AppState { flag: Flag::healthy(), inner: Inner { flag: Flag::healthy() } };
    assert!(one(&state));
    assert!(two(&state).is_ok());
    let _ = || state.start_health();
}
