//! A library with its own checks: a type with a check, a nested state, and a function for any state.

use std::error::Error;

use health_runtime::testing::TestHealth;
use health_runtime::{HealthState, Probe, Status};

/// Stands for another crate. That crate depends on `health-runtime` with only one feature, `macros`.
#[allow(unreachable_pub, reason = "it stands for another crate")]
mod queue {
    use health_runtime::{CheckResult, Flag, HealthCheck, HealthState, InProcess, Outcome, health_check};

    /// It implements `HealthCheck`, so `#[health_check] queue: Queue` is enough.
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

    /// The queue is in this process, so its check is allowed in liveness: a restart can fix the queue.
    impl InProcess for Queue {}

    /// Several checks, each with its own options. Use it with `#[health_check(nested)] mailer: queue::Mailer`.
    #[derive(Clone, HealthState)]
    pub struct Mailer {
        #[health_check(critical)]
        pub outbox: Flag,
        #[health_check]
        pub templates: Flag,
    }

    /// A state that implements this trait can use the check `backlog`: `#[health(checks(queue::backlog))]`.
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
