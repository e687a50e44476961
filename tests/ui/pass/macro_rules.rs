//! A struct that a macro writes. Its fragments arrive in invisible delimiters.
#![deny(warnings)]

use std::sync::Arc;

use health_runtime::{Flag, HealthState};

macro_rules! state {
    ($name:ident, $field:ident: $ty:ty, $with:path, $timeout:literal, $label:expr, $krate:path, $($option:meta),*) => {
        #[derive(Clone, HealthState)]
        #[health(crate = $krate)]
        struct $name<T> {
            #[health_check($($option),*, timeout = $timeout)]
            $field: $ty,
            #[health_check]
            generic: T,
            #[health_check(name = $label, with = $with)]
            other: $ty,
            #[health_check(with = <$ty as Look>::look)]
            third: $ty,
            #[health_check]
            inner: Flag,
        }
    };
}

trait Look {
    fn look(&self) -> bool;
}

impl Look for Flag {
    fn look(&self) -> bool {
        true
    }
}

mod checks {
    pub async fn ping<T>(_: &T) {}
}

state!(AppState, db: Flag, checks::ping::<Flag>, "3s", "renamed", ::health_runtime, critical, interval = "10s");

macro_rules! with_self {
    ($with:path, $dynamic:ty) => {
        #[derive(Clone, HealthState)]
        #[health(crate = $crate::hr)]
        struct Dynamic {
            #[health_check(with = $with)]
            db: $dynamic,
            #[health_check(with = $crate::look_at)]
            flag: Flag,
        }
    };
}

fn look_at(_: &Flag) {}

mod hr {
    pub use health_runtime::*;
}

with_self!(dynamic, Arc<dyn Look + Send + Sync>);

async fn dynamic(look: &(dyn Look + Send + Sync)) -> bool {
    look.look()
}

fn main() {
    let flag = Flag::healthy;
    let _ = || {
        AppState {
            db: flag(),
            generic: flag(),
            other: flag(),
            third: flag(),
            inner: flag(),
        }
        .start_health()
    };
    let _ = || {
        Dynamic {
            db: Arc::new(flag()),
            flag: flag(),
        }
        .start_health()
    };
}
