//! A weak reference to the engine. The engine's own threads and tasks use it, because they must not keep the engine
//! running.

#[cfg(any(feature = "metrics-0_24", all(unix, feature = "systemd")))]
use std::pin::pin;
use std::sync::{Arc, Weak};
#[cfg(any(feature = "metrics-0_24", all(unix, feature = "systemd")))]
use std::task::Poll;

use crate::engine::Engine;

/// Accesses the engine as long as it exists.
#[derive(Clone, Debug)]
pub(crate) struct WeakEngine(Weak<Engine>);

impl WeakEngine {
    pub(crate) fn new(engine: &Arc<Engine>) -> Self {
        Self(Arc::downgrade(engine))
    }

    /// Calls `look` with the engine; `None` once the engine has ended.
    pub(crate) fn look<R>(&self, look: impl FnOnce(&Arc<Engine>) -> R) -> Option<R> {
        let engine = self.0.upgrade()?;
        Some(look(&engine))
    }

    /// Waits, but not longer than the engine exists. The timer is one of the pacemaker, because the application's
    /// runtime may have no timers.
    #[cfg(any(feature = "metrics-0_24", all(unix, feature = "systemd")))]
    pub(crate) async fn sleep(&self, time: std::time::Duration) {
        let timer = self.look(|engine| {
            let _timers = engine.timers();
            tokio::time::sleep(time)
        });
        let Some(timer) = timer else { return };
        let mut timer = pin!(timer);
        // The timer would panic if it was polled after the pacemaker has ended.
        std::future::poll_fn(|context| match self.look(|_| timer.as_mut().poll(context)) {
            Some(Poll::Pending) => Poll::Pending,
            Some(Poll::Ready(())) | None => Poll::Ready(()),
        })
        .await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};
    use std::time::Duration;

    use tokio::runtime::Handle;

    use super::*;
    use crate::spec::Probe;
    use crate::{CheckSpec, Checks, Health, HealthState, run};

    /// A state with a check that never ends. Its drop reports whether it happens inside a runtime.
    struct Slow(Sender<bool>);

    impl HealthState for Slow {
        fn register(checks: &mut Checks<Self>) {
            let spec = CheckSpec::new("slow").critical().ttl(Duration::ZERO);
            let spec = spec.timeout(Duration::from_hours(1));
            checks.with(spec, |_| run(std::future::pending::<()>()));
        }
    }

    impl Drop for Slow {
        fn drop(&mut self) {
            let _ = self.0.send(Handle::try_current().is_ok());
        }
    }

    #[tokio::test]
    async fn a_wait_ends_with_the_engine() {
        let (dropped, _) = channel();
        let budget = Duration::from_hours(1);
        let health = Health::builder(Slow(dropped)).probe_budget(budget).start();
        let probes = health.probes(); // the service counts as started, so a probe waits for the check
        let weak = WeakEngine::new(&health.engine);
        let waiting = tokio::spawn(async move { weak.probe(Probe::Readiness, None).await });
        tokio::task::yield_now().await; // it waits
        assert!(!waiting.is_finished());
        drop((probes, health));
        assert!(waiting.await.unwrap().is_none());
    }

    #[tokio::test]
    async fn the_users_state_is_not_dropped_in_a_task() {
        let (dropped, drops) = channel();
        let health = Health::builder(Slow(dropped)).start();
        let weak = WeakEngine::new(&health.engine);
        assert!(weak.look(move |_| drop(health)).is_some());
        let in_a_runtime = drops.recv_timeout(Duration::from_secs(10)).unwrap();
        assert!(!in_a_runtime);
        assert!(weak.look(|_| ()).is_none());
    }
}
