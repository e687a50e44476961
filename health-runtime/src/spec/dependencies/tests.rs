//! The start finds the checks by their names, and refuses unknown names and circles.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;
use crate::{Checks, Flag, Health, HealthBuilder, HealthState, StartError};

/// The dependencies of these checks, each with its `depends_on`. The nests have these names and checks.
fn found(checks: &[(&str, &[&str])], nests: &[(&str, Range<usize>)]) -> Result<Vec<Vec<usize>>, String> {
    let specs = checks.iter().map(|(name, names)| {
        let names = names.iter().map(|name| (*name).to_owned());
        CheckSpec::named((*name).to_owned()).depends_on(names)
    });
    let specs: Vec<_> = specs.collect();
    let nests = nests.iter().map(|(name, checks)| Nest {
        name: (*name).to_owned(),
        checks: checks.clone(),
    });
    let nests: Vec<_> = nests.collect();
    let found = dependencies(&specs.iter().collect::<Vec<_>>(), &nests);
    found
        .map(|all| all.into_iter().map(Vec::from).collect())
        .map_err(|error| error.to_string())
}

#[track_caller]
fn refused(checks: &[(&str, &[&str])], nests: &[(&str, Range<usize>)], said: &str) {
    assert_eq!(found(checks, nests), Err(format!("health check {said}")));
}

#[test]
fn a_name_is_looked_up_from_the_inside_out() {
    let checks: &[(&str, &[&str])] = &[
        ("db", &[]),
        ("shop.cache", &[]),
        ("shop.eu.cache", &["db", "mail"]),
        ("shop.eu.mail", &[]),
        ("shop.mail", &["cache", "eu.mail"]),
        ("mail", &["cache"]),
        ("cache", &[]),
        ("eu.db", &["db", "shop.mail"]),
    ];
    let nests = [("shop.eu", 2..4), ("shop", 1..5)];
    let expected: Vec<Vec<usize>> = vec![
        vec![],
        vec![],
        vec![0, 3],
        vec![],
        vec![1, 3],
        vec![6],
        vec![],
        vec![0, 4],
    ];
    assert_eq!(found(checks, &nests), Ok(expected));
}

#[test]
fn a_dot_in_the_name_of_a_check_is_no_nested_struct() {
    // `shop.own` is a check of the root, beside a nest of the name `shop`.
    let checks: &[(&str, &[&str])] = &[("shop.db", &[]), ("shop.own", &["db"]), ("db", &[])];
    assert_eq!(found(checks, &[("shop", 0..1)]), Ok(vec![vec![], vec![2], vec![]]));
}

#[test]
fn the_name_of_a_nested_struct_means_all_its_checks() {
    let checks: &[(&str, &[&str])] = &[
        ("a.x", &[]),
        ("a.y", &[]),
        ("report", &["a.y", "a", "empty"]),
        ("b.z", &["a"]),
    ];
    let nests = [("a", 0..2), ("empty", 2..2), ("b", 3..4)];
    assert_eq!(
        found(checks, &nests),
        Ok(vec![vec![], vec![], vec![0, 1], vec![0, 1]]),
        "ordered, each once"
    );
}

#[test]
fn an_unknown_name_is_refused_with_the_names_there_are() {
    let few: &[(&str, &[&str])] = &[("db", &["cahce"]), ("cache", &[]), ("shop.ledger", &[])];
    refused(
        few,
        &[("shop", 2..3)],
        "`db`: `depends_on` names \"cahce\", but no check has this name; expected one of `cache`, `shop`, `shop.ledger`",
    );
    let elsewhere: &[(&str, &[&str])] = &[("db", &["billing.ledger"]), ("shop.ledger", &[])];
    refused(
        elsewhere,
        &[("shop", 1..2)],
        "`db`: `depends_on` names \"billing.ledger\", but no check has this name; did you mean \"shop.ledger\"?",
    );
    refused(
        &[("db", &["cache"])],
        &[],
        "`db`: `depends_on` names \"cache\", but no check has this name; remove it",
    );
    let names: Vec<String> = (0..30).map(|i| format!("replica-{i}")).collect();
    let many = names.iter().map(|name| (&**name, [].as_slice()));
    let many: Vec<(&str, &[&str])> = many.chain([("db", ["replica-2x"].as_slice())]).collect();
    refused(
        &many,
        &[],
        "`db`: `depends_on` names \"replica-2x\", but no check has this name; the nearest of 30 names are \
         `replica-2`, `replica-20`, `replica-21`, `replica-22`, `replica-23`, `replica-24`, `replica-25`, `replica-26`",
    );
}

#[test]
fn a_check_that_depends_on_itself_is_refused() {
    refused(
        &[("db", &["db"])],
        &[],
        "`db`: it depends on itself; remove \"db\" from `depends_on`",
    );
    refused(
        &[("shop.db", &["db"]), ("db", &[])],
        &[("shop", 0..1)],
        "`shop.db`: it depends on itself; remove \"db\" from `depends_on`",
    );
    refused(
        &[("shop.db", &["shop"]), ("shop.cache", &[])],
        &[("shop", 0..2)],
        "`shop.db`: `depends_on` names \"shop\", which includes this check; name the other checks of it one by one",
    );
}

#[test]
fn a_circle_is_refused_and_shown_with_full_names() {
    refused(
        &[("report", &["cache"]), ("db", &["cache"]), ("cache", &["db"])],
        &[],
        "`db`: it depends on itself: `db` → `cache` → `db`; remove one of these dependencies",
    );
    refused(
        &[("shop.db", &["mail"]), ("mail", &["queue"]), ("queue", &["shop"])],
        &[("shop", 0..1)],
        "`shop.db`: it depends on itself: `shop.db` → `mail` → `queue` → `shop.db`; remove one of these dependencies",
    );
    let names: Vec<String> = (0..20).map(|i| format!("c{i}")).collect();
    let next: Vec<[&str; 1]> = (0..20).map(|i| [&*names[(i + 1) % 20]]).collect();
    let long = names.iter().zip(&next).map(|(name, next)| (&**name, next.as_slice()));
    refused(
        &long.collect::<Vec<_>>(),
        &[],
        "`c0`: it depends on itself: `c0` → `c1` → `c2` → `c3` → `c4` → `c5` → `c6` → `c7` → … → `c0`; \
         remove one of these dependencies",
    );
}

#[test]
fn a_chain_of_10_000_checks_starts_at_once() {
    let specs = (0..10_000).map(|i| match i {
        9_999 => CheckSpec::named("c9999"),
        i => CheckSpec::named(format!("c{i}")).depends_on([format!("c{}", i + 1)]),
    });
    let specs: Vec<_> = specs.collect();
    let began = Instant::now();
    let found = dependencies(&specs.iter().collect::<Vec<_>>(), &[]).unwrap();
    assert!(found.iter().take(9_999).enumerate().all(|(i, next)| **next == [i + 1]));
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
}

proptest! {
    #[test]
    fn the_start_is_refused_if_and_only_if_there_is_a_circle(
        edges in (1..12_usize).prop_flat_map(|checks| {
            let edges = proptest::collection::btree_set(0..checks, 0..3);
            proptest::collection::vec(edges, checks)
        }),
    ) {
        let name = |index: usize| format!("c{index}");
        let mut builder = Health::builder(());
        for (index, to) in edges.iter().enumerate() {
            let spec = CheckSpec::named(name(index)).depends_on(to.iter().copied().map(name));
            builder = builder.check(spec, Flag::healthy());
        }
        // The model removes checks that depend on none of those left, as long as there are any.
        let mut left: Vec<usize> = (0..edges.len()).collect();
        while let Some(at) = left.iter().position(|index| edges[*index].iter().all(|to| !left.contains(to))) {
            left.remove(at);
        }
        match builder.try_start() {
            Err(StartError::NoRuntime) => prop_assert!(left.is_empty(), "{left:?}"),
            Err(StartError::Check { name, problem }) => {
                prop_assert!(left.iter().any(|index| format!("c{index}") == name), "{name} in {left:?}");
                prop_assert!(problem.starts_with("it depends on itself"), "{problem}");
                let quoted = problem.split('`').skip(1).step_by(2);
                let shown: Vec<usize> = quoted.filter_map(|name| name.strip_prefix('c')?.parse().ok()).collect();
                let is_whole = !problem.contains('…');
                for pair in shown.windows(2).filter(|_| is_whole) {
                    prop_assert!(edges[pair[0]].contains(&pair[1]), "{problem} in {edges:?}");
                }
            }
            other => prop_assert!(false, "{other:?}"),
        }
    }
}

struct Shop(Flag);

impl HealthState for Shop {
    fn register(checks: &mut Checks<Self>) {
        checks.add::<Flag>(CheckSpec::new("db"), |shop| &shop.0);
        checks.add::<Flag>(CheckSpec::new("cache").depends_on(["db"]), |shop| &shop.0);
        checks.add::<Flag>(CheckSpec::new("ledger").depends_on(["mail"]), |shop| &shop.0);
    }
}

struct Outer(Shop);

impl HealthState for Outer {
    fn register(checks: &mut Checks<Self>) {
        checks.nest::<Shop>("shop", |outer| &outer.0);
    }
}

fn outer() -> HealthBuilder<Outer> {
    Health::builder(Outer(Shop(Flag::healthy())))
}

#[tokio::test]
async fn the_engine_gets_the_dependencies_of_each_check() {
    let mail = CheckSpec::new("mail").depends_on(["shop.db", "shop.cache"]);
    let health = outer().check(mail, Flag::healthy()).start();
    let plans = health.engine.plans.iter();
    let found: Vec<_> = plans.map(|plan| (plan.spec.name(), plan.depends_on.to_vec())).collect();
    let expected = [
        ("shop.db", vec![]),
        ("shop.cache", vec![0]),
        ("shop.ledger", vec![3]),
        ("mail", vec![0, 1]),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_nested_check_with_an_unknown_dependency_is_refused_with_its_full_name() {
    let error = outer().try_start().unwrap_err().to_string();
    assert_eq!(
        error,
        "health check `shop.ledger`: `depends_on` names \"mail\", but no check has this name; expected one of `shop`, \
         `shop.cache`, `shop.db`"
    );
}
