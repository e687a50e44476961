//! A weak reference to the engine, for its own threads and tasks, which must not keep it running.

use std::sync::{Arc, Weak};

use crate::engine::Engine;

/// Looks at the engine while it lasts.
#[derive(Clone, Debug)]
pub(crate) struct Onlooker(Weak<Engine>);

impl Onlooker {
    pub(crate) fn new(engine: &Arc<Engine>) -> Self {
        Self(Arc::downgrade(engine))
    }

    /// What there is to see; `None` once the engine has ended.
    pub(crate) fn look<R>(&self, look: impl FnOnce(&Arc<Engine>) -> R) -> Option<R> {
        let engine = self.0.upgrade()?;
        Some(look(&engine))
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

    /// Has a check that never ends, and says whether it is dropped inside of a runtime.
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
        let probes = health.probes(); // counts as started, so that there is something to wait for
        let onlooker = Onlooker::new(&health.engine);
        let waiting = tokio::spawn(async move { onlooker.probe(Probe::Readiness, None).await });
        tokio::task::yield_now().await; // it waits
        assert!(!waiting.is_finished());
        drop((probes, health));
        assert!(waiting.await.unwrap().is_none());
    }

    #[tokio::test]
    async fn the_users_state_is_not_dropped_in_a_task() {
        let (dropped, drops) = channel();
        let health = Health::builder(Slow(dropped)).start();
        let onlooker = Onlooker::new(&health.engine);
        assert!(onlooker.look(move |_| drop(health)).is_some());
        let in_a_runtime = drops.recv_timeout(Duration::from_secs(10)).unwrap();
        assert!(!in_a_runtime);
        assert!(onlooker.look(|_| ()).is_none());
    }
}
