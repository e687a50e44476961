//! Unusual types of fields, and unusual places of a derive.
#![deny(warnings)]

use std::convert::Infallible;
use std::marker::PhantomData;
use std::sync::Arc;

use health_runtime::{CheckResult, Flag, HealthCheck, HealthState, Outcome};

macro_rules! flag {
    () => {
        Flag
    };
}

#[derive(HealthState)]
struct Types {
    #[doc = concat!("not", "readable")]
    #[health_check(critical)]
    by_macro: flag!(),
    /// **Bold**, `code`, "quotes" and a \ backslash,
    /// on two lines.
    #[doc(hidden)]
    #[health_check]
    hidden: Flag,
    #[health_check(with = Self::call)]
    function: fn(u8) -> u8,
    #[health_check(with = tuple)]
    tuple: (Flag, Arc<str>),
    #[health_check(with = slice)]
    array: [Flag; 3],
    #[health_check]
    closure: Closure<Flag, fn(&Flag) -> bool>,
}

impl Types {
    fn call(function: &fn(u8) -> u8) -> bool {
        function(1) == 1
    }
}

fn tuple((_, text): &(Flag, Arc<str>)) -> bool {
    text.is_empty()
}

fn slice(_: &[Flag]) -> Result<(), Infallible> {
    Ok(())
}

struct Closure<T, F>(F, PhantomData<T>);

impl<T: Send + Sync + 'static, F: Fn(&T) -> bool + Send + Sync + 'static> HealthCheck for Closure<T, F> {
    async fn check(&self) -> CheckResult {
        let _ = &self.0;
        Ok(Outcome::healthy())
    }
}

#[derive(HealthState)]
struct Bounded<T, F>
where
    F: Fn(&T) -> bool,
{
    #[health_check]
    closure: Closure<T, F>,
}

macro_rules! state {
    ($name:ident) => {
        #[derive(HealthState)]
        struct $name {
            #[health_check]
            from_macro: Flag,
            #[health_check(with = local)]
            checked_by_macro: Flag,
        }

        fn local(_: &Flag) {}
    };
}

state!(FromMacro);

struct Outer<T>(T);

impl<T> Outer<T> {
    fn nested(self) -> T {
        #[derive(HealthState)]
        struct Inner<U> {
            #[health_check]
            value: U,
        }

        let _ = Inner::<Flag>::register;
        self.0
    }
}

fn main() {
    let _ = Types::register;
    let _ = FromMacro::register;
    let _ = Bounded::<Flag, fn(&Flag) -> bool>::register;
    Outer(()).nested();
}
