//! Checks in containers: `Vec`, `HashMap` and `BTreeMap` hold several checks; `OnceLock` and `OnceCell` hold one that
//! is set later.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::panic::AssertUnwindSafe;
use std::sync::OnceLock;

use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::sync::OnceCell;

use crate::check::{HealthCheck, InProcess};
use crate::outcome::{CheckResult, Outcome, Reason};
use crate::panics;
use crate::parts::Parts;
use crate::trigger::Trigger;

/// Checks all elements concurrently in a single task, and returns the result of the worst one.
///
/// The [`Parts`] are named `[0]`, `[1]` and so on. Disabled elements do not run, and a `Vec` without any enabled
/// elements is itself disabled. An element that panics is unhealthy (`panic`) and does not affect the others.
///
/// The timeout applies to all elements together. If one of them hangs, the check is reported as `timeout`, and the
/// message does not say which element caused it. The details of each element are those of its part.
impl<T: HealthCheck> HealthCheck for Vec<T> {
    async fn check(&self) -> CheckResult {
        let named = self.iter().enumerate();
        all(named.map(|(index, element)| (format!("[{index}]"), element)).collect()).await
    }

    fn is_disabled(&self) -> bool {
        self.iter().all(HealthCheck::is_disabled)
    }

    fn asks_probe(&self) -> bool {
        self.iter().any(HealthCheck::asks_probe)
    }

    fn attach(&self, trigger: Trigger) {
        attach_all(self, &trigger);
    }
}

impl<T: InProcess> InProcess for Vec<T> {}

/// Checks all values concurrently in a single task, and returns the result of the worst one.
///
/// Each value is one of the [`Parts`], and its key is the name of the part. The parts are sorted by name, because a
/// `HashMap` has no order. So a report lists them in the same order after every run.
///
/// Use a map when the checks are only known at run time and have names, for example one connection for each shard or
/// for each tenant. In all other respects, a map behaves like a `Vec` of checks: disabled values do not run, a map
/// without any enabled values is itself disabled, a value that panics does not affect the others, and the timeout
/// applies to all values together.
///
/// The key can be any type that implements [`Display`], such as `String`, `&'static str` or a number. Names are limited
/// to 64 characters, and credentials in them are masked. If the texts of two keys are equal, the report has two parts
/// with the same name.
///
/// # Example
///
/// ```
/// use std::collections::HashMap;
///
/// use health_runtime::{Flag, HealthState};
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     /// The consumer of each topic.
///     #[health_check(liveness)]
///     consumers: HashMap<String, Flag>,
/// }
///
/// let topics = ["orders", "payments"];
/// let consumers = topics.into_iter().map(|topic| (topic.to_owned(), Flag::healthy())).collect();
/// let state = AppState { consumers };
/// state.consumers["orders"].set_unhealthy("poisoned message"); // `1 of 2: orders: poisoned message`
/// ```
impl<K, T, S> HealthCheck for HashMap<K, T, S>
where
    K: Display + Send + Sync + 'static,
    T: HealthCheck,
    S: Send + Sync + 'static,
{
    async fn check(&self) -> CheckResult {
        let mut named = named(self);
        named.sort_by(|(a, _), (b, _)| a.cmp(b));
        all(named).await
    }

    fn is_disabled(&self) -> bool {
        self.values().all(HealthCheck::is_disabled)
    }

    fn asks_probe(&self) -> bool {
        self.values().any(HealthCheck::asks_probe)
    }

    fn attach(&self, trigger: Trigger) {
        attach_all(self.values(), &trigger);
    }
}

impl<K, T, S> InProcess for HashMap<K, T, S>
where
    K: Display + Send + Sync + 'static,
    T: InProcess,
    S: Send + Sync + 'static,
{
}

/// Works like the check of [`HashMap`], except that the parts are in the order of the map's keys. For example, if the
/// keys are numbers, `2` comes before `10`.
impl<K: Display + Send + Sync + 'static, T: HealthCheck> HealthCheck for BTreeMap<K, T> {
    async fn check(&self) -> CheckResult {
        all(named(self)).await
    }

    fn is_disabled(&self) -> bool {
        self.values().all(HealthCheck::is_disabled)
    }

    fn asks_probe(&self) -> bool {
        self.values().any(HealthCheck::asks_probe)
    }

    fn attach(&self, trigger: Trigger) {
        attach_all(self.values(), &trigger);
    }
}

impl<K: Display + Send + Sync + 'static, T: InProcess> InProcess for BTreeMap<K, T> {}

fn named<'a, K: Display + 'a, T>(map: impl IntoIterator<Item = (&'a K, &'a T)>) -> Vec<(String, &'a T)> {
    map.into_iter().map(|(key, value)| (key.to_string(), value)).collect()
}

/// Runs all elements concurrently. Each one becomes a part with its name.
async fn all<T: HealthCheck>(named: Vec<(String, &T)>) -> CheckResult {
    let results = join_all(named.iter().map(|(_, element)| contained(*element))).await;
    let mut parts = Parts::new();
    for ((name, _), result) in named.into_iter().zip(results) {
        match result {
            Ok(result) => parts.add(name, result),
            Err(panic) => parts.add_failed(name, Reason::Panic, panics::words(panic)),
        }
    }
    Ok(parts.into_outcome())
}

fn attach_all<'a, T: HealthCheck>(elements: impl IntoIterator<Item = &'a T>, trigger: &Trigger) {
    for element in elements {
        element.attach(trigger.clone());
    }
}

/// Runs one element. Catches its panic, so that the other elements go on.
async fn contained<T: HealthCheck>(element: &T) -> Result<CheckResult, Box<dyn Any + Send>> {
    AssertUnwindSafe(async { unless_disabled(element).await })
        .catch_unwind()
        .await
}

/// Runs an element unless it is disabled. The engine calls `is_disabled` only on the container, and only once. So each
/// run calls it on the elements.
async fn unless_disabled<T: HealthCheck>(check: &T) -> CheckResult {
    if check.is_disabled() {
        Ok(Outcome::disabled())
    } else {
        check.check().await
    }
}

// std and tokio each have a cell that is set once, with the same methods and no trait in common.
macro_rules! set_once {
    ($(#[$doc:meta])* $cell:ident) => {
        $(#[$doc])*
        impl<T: HealthCheck> HealthCheck for $cell<T> {
            async fn check(&self) -> CheckResult {
                once(self.get()).await
            }

            fn is_disabled(&self) -> bool {
                self.get().is_some_and(HealthCheck::is_disabled)
            }

            fn asks_probe(&self) -> bool {
                self.get().is_some_and(HealthCheck::asks_probe)
            }

            fn attach(&self, trigger: Trigger) {
                if let Some(inner) = self.get() {
                    inner.attach(trigger);
                }
            }
        }
    };
}

set_once! {
    /// Checks the value inside. Until the `OnceLock` is set, the check is unhealthy (`error`). After it is set, the
    /// value is checked the next time the check runs.
    ///
    /// A value that is set after the engine has started is never [attached](HealthCheck::attach). For example, if the
    /// value is a [`Flag`](crate::Flag), changing the flag does not run the check right away, so the change is found
    /// the next time the check runs. Do not use a `OnceLock` in the liveness probe, because restarting the process does
    /// not set the value any sooner.
    ///
    /// If your state is `Clone`, put the `OnceLock` into an `Arc`. `start_health` clones the state, and the clone of a
    /// bare `OnceLock` is independent of the original, so a value that is later set in the original never reaches the
    /// clone.
    OnceLock
}

set_once! {
    /// Works like the check of [`OnceLock`]: the check is unhealthy until the value is set, and the value is attached
    /// only if it is set before the engine starts. A value that is set later is checked the next time the check runs.
    /// If your state is `Clone`, put the `OnceCell` into an `Arc`.
    OnceCell
}

async fn once<T: HealthCheck>(set: Option<&T>) -> CheckResult {
    match set {
        Some(inner) => unless_disabled(inner).await,
        None => Err("not set yet".into()),
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasherDefault, DefaultHasher};
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::sync::Barrier;

    use super::*;
    use crate::outcome::Status;
    use crate::{CheckReport, CheckSpec, Flag, Health, Probe};

    enum Element {
        Is(Flag),
        Disabled,
        Panics,
        Meets(Arc<Barrier>),
    }

    impl HealthCheck for Element {
        async fn check(&self) -> CheckResult {
            match self {
                Self::Is(flag) => flag.check().await,
                Self::Disabled => panic!("a disabled element does not run"),
                Self::Panics => panic!("no luck"),
                Self::Meets(barrier) => {
                    barrier.wait().await;
                    Ok(Outcome::healthy())
                }
            }
        }

        fn is_disabled(&self) -> bool {
            matches!(self, Self::Disabled)
        }

        fn attach(&self, trigger: Trigger) {
            if let Self::Is(flag) = self {
                flag.attach(trigger);
            }
        }
    }

    fn elements() -> Vec<(String, Element)> {
        vec![
            ("panics".into(), Element::Panics),
            ("fails".into(), Element::Is(Flag::new())),
            ("off".into(), Element::Disabled),
            ("b".into(), Element::Is(Flag::healthy())),
            ("a".into(), Element::Is(Flag::healthy())),
        ]
    }

    /// The name of each part and its reason, in the order of the report.
    async fn parts(check: &impl HealthCheck) -> Vec<(String, Option<Reason>)> {
        let outcome = check.check().await.expect("parts fail, not the run");
        let parts = outcome.parts().iter();
        parts.map(|part| (part.name.to_string(), part.reason)).collect()
    }

    #[tokio::test]
    async fn the_values_of_a_map_are_parts_named_by_their_keys_and_sorted() {
        let expected = [
            ("fails", Some(Reason::Reported)),
            ("panics", Some(Reason::Panic)),
            ("a", None),
            ("b", None),
            ("off", Some(Reason::Disabled)),
        ];
        let expected = expected.map(|(name, reason)| (name.to_owned(), reason));
        let hashed: HashMap<_, _> = elements().into_iter().collect();
        assert_eq!(parts(&hashed).await, expected);
        let other_hasher: HashMap<_, _, BuildHasherDefault<DefaultHasher>> = elements().into_iter().collect();
        assert_eq!(parts(&other_hasher).await, expected);
        let sorted: BTreeMap<_, _> = elements().into_iter().collect();
        assert_eq!(parts(&sorted).await, expected);
        assert_eq!(
            sorted.check().await.expect("it runs").message(),
            Some("2 of 5: fails: not set yet; panics: no luck")
        );
    }

    #[tokio::test]
    async fn the_order_of_a_hash_map_does_not_depend_on_its_hasher() {
        let names: Vec<_> = (0..50).map(|i| format!("shard-{i:02}")).collect();
        let map: HashMap<_, _> = names.iter().map(|name| (name.clone(), Flag::healthy())).collect();
        let listed = parts(&map).await.into_iter().map(|(name, _)| name);
        assert_eq!(listed.collect::<Vec<_>>(), names);
    }

    #[tokio::test]
    async fn a_key_can_be_anything_that_has_a_text() {
        let numbers: BTreeMap<u32, _> = [10, 2].map(|shard| (shard, Flag::healthy())).into();
        assert_eq!(parts(&numbers).await, [("2".to_owned(), None), ("10".to_owned(), None)]);
        let words: HashMap<&'static str, _> = HashMap::from([("a", Flag::healthy())]);
        assert_eq!(parts(&words).await, [("a".to_owned(), None)]);
    }

    #[tokio::test]
    async fn the_values_of_a_map_are_checked_concurrently() {
        let barrier = Arc::new(Barrier::new(20));
        let map: HashMap<_, _> = (0..20).map(|i| (i, Element::Meets(Arc::clone(&barrier)))).collect();
        let outcome = tokio::time::timeout(Duration::from_secs(20), map.check()).await;
        assert_eq!(outcome.expect("all meet").expect("it runs").status(), Status::Healthy);
    }

    #[tokio::test]
    async fn a_map_without_enabled_values_is_disabled() {
        let disabled = || [("a", Element::Disabled), ("b", Element::Disabled)];
        let mut hashed = HashMap::from(disabled());
        let mut sorted = BTreeMap::from(disabled());
        assert!(hashed.is_disabled() && sorted.is_disabled());
        assert!(HashMap::<String, Flag>::new().is_disabled() && BTreeMap::<String, Flag>::new().is_disabled());
        hashed.insert("c", Element::Panics);
        sorted.insert("c", Element::Panics);
        assert!(!hashed.is_disabled() && !sorted.is_disabled());
    }

    #[tokio::test]
    async fn a_change_of_a_value_starts_a_run_at_once() {
        let hashed = HashMap::from([("a", Flag::healthy()), ("b", Flag::healthy())]);
        let sorted = BTreeMap::from([("a", Flag::healthy()), ("b", Flag::healthy())]);
        let once = |name: &'static str| CheckSpec::new(name).interval(Duration::from_secs(3_600));
        let health = Health::builder(())
            .check(once("hashed"), hashed.clone())
            .check(once("sorted"), sorted.clone())
            .start();
        for name in ["hashed", "sorted"] {
            until(&health, name, |check| check.status == Status::Healthy).await;
        }
        hashed["b"].set_unhealthy("gone");
        sorted["b"].set_unhealthy("gone");
        for name in ["hashed", "sorted"] {
            until(&health, name, |check| {
                check.message.as_deref() == Some("1 of 2: b: gone")
            })
            .await;
        }
    }

    #[test]
    fn a_map_of_in_process_checks_is_in_process() {
        fn in_process<T: InProcess>() {}
        in_process::<HashMap<String, Flag>>();
        in_process::<BTreeMap<String, Flag>>();
    }

    async fn until(health: &Health, name: &str, is: impl Fn(&CheckReport) -> bool) {
        let mut events = health.subscribe();
        let found = || {
            health
                .report(Probe::Readiness)
                .checks
                .iter()
                .any(|check| check.name == name && is(check))
        };
        let wait = async {
            while !found() {
                events.next().await;
            }
        };
        let in_time = tokio::time::timeout(Duration::from_secs(20), wait).await;
        in_time.unwrap_or_else(|_| panic!("{:?}", health.report(Probe::Readiness)));
    }
}
