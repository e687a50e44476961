//! A library that brings checks of its own: a type that checks itself, a part of a state, and a function for any state.

use std::error::Error;

use health_runtime::testing::TestHealth;
use health_runtime::{HealthState, Probe, Status};

/// In truth another crate, which depends on `health-runtime` without its default features but `macros`.
#[allow(unreachable_pub, reason = "it stands for another crate")]
mod queue {
    use health_runtime::{CheckResult, Flag, HealthCheck, HealthState, InProcess, Outcome, health_check};

    /// Checks itself: `#[health_check] queue: Queue` is enough.
    #[derive(Clone)]
    pub struct Queue {
        waiting: u32,
    }

    impl Queue {
        pub fn with(waiting: u32) -> Self {
            Self { waiting }
        }
    }

    impl HealthCheck for Queue {
        async fn check(&self) -> CheckResult {
            Ok(match self.waiting {
                0..=1_000 => Outcome::healthy(),
                many => Outcome::degraded(format!("{many} jobs are waiting")),
            })
        }
    }

    /// It lives in this process, so it may stand in the liveness probe.
    impl InProcess for Queue {}

    /// Several checks with options of their own: `#[health_check(nested)] mailer: queue::Mailer`.
    #[derive(Clone, HealthState)]
    pub struct Mailer {
        #[health_check(critical)]
        pub outbox: Flag,
        #[health_check]
        pub templates: Flag,
    }

    /// What every state that has a queue can name: `#[health(checks(queue::backlog))]`.
    pub trait HasQueue {
        fn queue(&self) -> &Queue;
    }

    #[health_check(interval = "30s")]
    pub fn backlog<S: HasQueue>(state: &S) -> bool {
        state.queue().waiting < 10_000
    }
}

#[derive(Clone, HealthState)]
#[health(checks(queue::backlog))]
struct AppState {
    #[health_check(liveness, readiness)]
    queue: queue::Queue,
    #[health_check(nested)]
    mailer: queue::Mailer,
}

impl queue::HasQueue for AppState {
    fn queue(&self) -> &queue::Queue {
        &self.queue
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let healthy = health_runtime::Flag::healthy;
    let health = TestHealth::new(AppState {
        queue: queue::Queue::with(5_000),
        mailer: queue::Mailer {
            outbox: healthy(),
            templates: healthy(),
        },
    });
    health.refresh().await;
    for check in health.report(Probe::Health).checks {
        println!("{}: {}", check.name, check.status);
    }
    health.assert_check("queue", Status::Degraded);
    health.assert_check("mailer.outbox", Status::Healthy);
    health.assert_check("backlog", Status::Healthy);
    Ok(())
}

#[test]
fn runs() {
    main().unwrap();
}
