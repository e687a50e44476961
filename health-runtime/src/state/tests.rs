//! Tests of the list of checks, for nested states.

use std::cell::Cell;
use std::ops::Range;
use std::time::Duration;

use super::*;
use crate::Flag;
use crate::function::run;
use crate::spec::Refresh;

const MINUTE: Duration = Duration::from_mins(1);

fn registered<S: HealthState>() -> Checks<S> {
    let mut checks = Checks::new();
    S::register(&mut checks);
    checks
}

fn names<S>(checks: &Checks<S>) -> Vec<&str> {
    checks.list.iter().map(|declared| declared.spec.name()).collect()
}

fn nests<S>(checks: &Checks<S>) -> Vec<(&str, Range<usize>)> {
    let nests = checks.nests.iter();
    nests.map(|nest| (&*nest.name, nest.checks.clone())).collect()
}

struct App {
    flag: Flag,
    billing: Arc<Billing>,
    mail: Box<Mail>,
}

struct Billing {
    flag: Flag,
    stripe: Mail,
}

struct Mail {
    flag: Flag,
}

impl HealthState for App {
    fn register(checks: &mut Checks<Self>) {
        checks.service(ServiceSpec::new("app", "1").ttl(MINUTE));
        checks.add::<Flag>(CheckSpec::new("db"), |app| &app.flag);
        checks.nest::<Arc<Billing>>("billing", |app| &app.billing);
        checks.nest::<Box<Mail>>("mail", |app| &app.mail);
        checks.add::<Flag>(CheckSpec::new("cache"), |app| &app.flag);
    }
}

impl HealthState for Billing {
    fn register(checks: &mut Checks<Self>) {
        checks.nest::<Mail>("stripe", |billing| &billing.stripe);
        checks.add::<Flag>(CheckSpec::new("db"), |billing| &billing.flag);
        checks.service(ServiceSpec::new("billing", "2").interval(MINUTE));
    }
}

impl HealthState for Mail {
    fn register(checks: &mut Checks<Self>) {
        checks.service(ServiceSpec::new("mail", "3").timeout(MINUTE));
        checks.add::<Flag>(CheckSpec::new("smtp"), |mail| &mail.flag);
    }
}

#[test]
fn the_checks_of_a_nested_struct_have_its_name_as_prefix_and_are_adjacent() {
    let checks = registered::<Arc<Box<App>>>();
    assert_eq!(
        names(&checks),
        ["db", "billing.stripe.smtp", "billing.db", "mail.smtp", "cache"]
    );
    assert_eq!(
        nests(&checks),
        [("billing.stripe", 1..2), ("billing", 1..3), ("mail", 3..4)]
    );
    assert!(checks.refused.is_none());
}

#[test]
fn the_checks_of_a_nested_struct_keep_the_defaults_of_the_struct_that_declares_them() {
    let checks = registered::<Box<App>>();
    let interval = Some(Refresh::Interval(MINUTE));
    let [billing, mail] =
        [(None, interval), (Some(MINUTE), None)].map(|(timeout, refresh)| Defaults { timeout, refresh });
    let defaults: Vec<_> = checks.list.iter().map(|declared| declared.defaults).collect();
    assert_eq!(defaults, [None, Some(mail), Some(billing), Some(mail), None]);
    let service = &checks.service;
    assert_eq!(
        (&*service.name, service.defaults.refresh),
        ("app", Some(Refresh::Ttl(MINUTE)))
    );
}

thread_local! {
    /// How often a state is registered, and how much deeper it may go.
    static ASKED: Cell<u32> = const { Cell::new(0) };
    static DEPTH: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// Contains itself twice.
struct Endless {
    left: Arc<Endless>,
    right: Arc<Endless>,
}

impl HealthState for Endless {
    fn register(checks: &mut Checks<Self>) {
        ASKED.set(ASKED.get() + 1);
        assert!(ASKED.get() < 100, "it is walked again and again");
        let Some(depth) = DEPTH.get().checked_sub(1) else {
            return;
        };
        DEPTH.set(depth);
        checks.nest::<Arc<Self>>("left", |state| &state.left);
        checks.nest::<Arc<Self>>("right", |state| &state.right);
    }
}

#[test]
fn a_struct_that_contains_itself_twice_is_visited_once() {
    let checks = registered::<Endless>();
    assert_eq!(ASKED.get(), 33);
    let path = ["left"; 33].join(".");
    assert!(matches!(checks.refused, Some(StartError::NestedTooDeep(at)) if at == path));
}

#[test]
fn thirty_two_levels_of_nested_structs_are_accepted() {
    DEPTH.set(32);
    let checks = registered::<Endless>();
    assert!(checks.refused.is_none());
    assert!(checks.nests.iter().any(|nest| nest.name == ["left"; 32].join(".")));
}

struct Named;

thread_local!(static NAME: Cell<&'static str> = const { Cell::new("") });

impl HealthState for Named {
    fn register(checks: &mut Checks<Self>) {
        checks.with(CheckSpec::new(NAME.get()), |_| run(()));
    }
}

struct Around(Named);

impl HealthState for Around {
    fn register(checks: &mut Checks<Self>) {
        checks.nest::<Named>("part", |around| &around.0);
    }
}

#[test]
fn an_invalid_name_is_refused_in_a_nested_struct() {
    for name in ["", "-db", ".db", "DB", "a/b"] {
        NAME.set(name);
        let checks = registered::<Around>();
        let whole = format!("part.{name}");
        assert!(
            matches!(checks.refused, Some(StartError::Name(said)) if said == whole),
            "{name}"
        );
    }
    NAME.set("ready"); // as `/health/part.ready` it is no probe
    assert!(registered::<Around>().refused.is_none());
}

struct Nested(Mail);

impl HealthState for Nested {
    fn register(checks: &mut Checks<Self>) {
        checks.nest::<Mail>(NAME.get(), |nested| &nested.0);
    }
}

#[test]
fn the_name_of_a_nested_struct_follows_the_rules_of_check_names_without_dots() {
    for name in ["", "DB", "-db", "a/b", "a.b", "live"] {
        NAME.set(name);
        let checks = registered::<Nested>();
        assert!(
            matches!(checks.refused, Some(StartError::NestName(said)) if said == name),
            "{name}"
        );
    }
    NAME.set("a_b-1");
    assert!(registered::<Nested>().refused.is_none());
}
