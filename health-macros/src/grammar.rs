//! The grammar of `#[health_check(...)]` and `#[health(...)]`: one table of options each, from which parsing, the
//! messages and the search for duplicates all come.
//!
//! A new option is a row here, a field in `model.rs`, and a line in `spec.rs`.

use proc_macro2::Ident;

use crate::model::{BreakerOptions, CheckOptions, Count, Path, Setting, StateOptions, Text, Time};
use crate::suggest;

/// One option: its name, how it is typed, where it may stand, and where its value goes.
pub(crate) struct Row<O> {
    pub(crate) name: &'static str,
    /// As it would be typed, for messages.
    pub(crate) example: &'static str,
    pub(crate) slot: Slot<O>,
    /// The only place for it, and what to say of it elsewhere.
    pub(crate) only: Option<(Place, &'static str)>,
}

pub(crate) type To<O, T> = fn(&mut O) -> &mut Setting<T>;

pub(crate) enum Slot<O> {
    Flag(To<O, ()>),
    Duration(To<O, Time>),
    /// A duration that may be zero.
    DurationOrZero(To<O, Time>),
    Count(To<O, Count>),
    Text(To<O, Text>),
    Path(To<O, Path>),
    Module(To<O, Path>),
    Texts(To<O, Vec<Text>>),
    Paths(To<O, Vec<Path>>),
    Breaker(To<O, BreakerOptions>),
}

/// Where options stand.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Place {
    Struct,
    Field,
    Function,
    /// In the parentheses of `breaker`.
    Breaker,
}

impl Place {
    pub(crate) fn phrase(self) -> &'static str {
        match self {
            Self::Struct => "on the struct",
            Self::Field => "on a field",
            Self::Function => "on a function",
            Self::Breaker => "in `breaker(...)`",
        }
    }
}

/// A set of options and the table that reads them.
pub(crate) trait Options: Default + 'static {
    /// What they stand in, as messages quote it.
    const ATTRIBUTE: &'static str;
    const TABLE: &'static [Row<Self>];

    /// Is told of each option that is given.
    fn note(&mut self, key: &Ident) {
        let _ = key;
    }

    /// What to say of an option that belongs to another attribute; `written` is all of it.
    fn elsewhere(name: &str, written: &str, place: Place) -> Option<String>;
}

impl Options for CheckOptions {
    const ATTRIBUTE: &'static str = "#[health_check(...)]";
    #[rustfmt::skip] // a row is a line
    const TABLE: &'static [Row<Self>] = &[
        row("critical", "critical", Slot::Flag(|o| &mut o.critical)),
        row("timeout", "timeout = \"3s\"", Slot::Duration(|o| &mut o.timeout)),
        row("interval", "interval = \"10s\"", Slot::Duration(|o| &mut o.interval)),
        row("ttl", "ttl = \"1s\"", Slot::DurationOrZero(|o| &mut o.ttl)),
        row("max_age", "max_age = \"45s\"", Slot::Duration(|o| &mut o.max_age)),
        row("degraded_after", "degraded_after = \"100ms\"", Slot::Duration(|o| &mut o.degraded_after)),
        row("failure_threshold", "failure_threshold = 3", Slot::Count(|o| &mut o.failure_threshold)),
        row("success_threshold", "success_threshold = 2", Slot::Count(|o| &mut o.success_threshold)),
        row("breaker", "breaker(failures = 5, successes = 2, reset = \"30s\")", Slot::Breaker(|o| &mut o.breaker)),
        row("fail_open", "fail_open", Slot::Flag(|o| &mut o.fail_open)),
        row("readiness", "readiness", Slot::Flag(|o| &mut o.readiness)),
        row("startup", "startup", Slot::Flag(|o| &mut o.startup)),
        row("liveness", "liveness", Slot::Flag(|o| &mut o.liveness)),
        row("in_process", "in_process", Slot::Flag(|o| &mut o.in_process)),
        row("restart_helps", "restart_helps = \"why\"", Slot::Text(|o| &mut o.restart_helps)),
        row("name", "name = \"db\"", Slot::Text(|o| &mut o.name)),
        row("description", "description = \"orders database\"", Slot::Text(|o| &mut o.description)),
        row("runbook", "runbook = \"https://wiki.example/db\"", Slot::Text(|o| &mut o.runbook)),
        row("groups", "groups(\"db\", \"core\")", Slot::Texts(|o| &mut o.groups)),
        row("blocking", "blocking", Slot::Flag(|o| &mut o.blocking)),
        only(Place::Field, "the function is itself the check; remove `with`",
            row("with", "with = path::to::check", Slot::Path(|o| &mut o.with))),
        only(Place::Field, "it belongs on a field whose type derives `HealthState`; remove `nested`",
            row("nested", "nested", Slot::Flag(|o| &mut o.nested))),
        only(Place::Function, "write it in `#[health(...)]` on the struct",
            row("crate", "crate = path::to::health_runtime", Slot::Module(|o| &mut o.krate))),
    ];

    fn note(&mut self, key: &Ident) {
        if !self.given.contains(key) {
            self.given.push(key.clone());
        }
    }

    fn elsewhere(name: &str, written: &str, place: Place) -> Option<String> {
        if find_row::<BreakerOptions>(name, Place::Breaker).is_some() {
            return Some(format!("write `breaker({written})`"));
        }
        let theirs = find_row::<StateOptions>(name, Place::Struct)?;
        Some(match place {
            Place::Function => format!("it belongs in `#[health(...)]` on the struct; remove `{}`", theirs.name),
            _ => "write it in `#[health(...)]` on the struct".into(),
        })
    }
}

impl Options for StateOptions {
    const ATTRIBUTE: &'static str = "#[health(...)]";
    #[rustfmt::skip] // a row is a line
    const TABLE: &'static [Row<Self>] = &[
        row("name", "name = \"orders\"", Slot::Text(|o| &mut o.name)),
        row("version", "version = \"1.4.0\"", Slot::Text(|o| &mut o.version)),
        row("timeout", "timeout = \"3s\"", Slot::Duration(|o| &mut o.timeout)),
        row("interval", "interval = \"10s\"", Slot::Duration(|o| &mut o.interval)),
        row("ttl", "ttl = \"1s\"", Slot::DurationOrZero(|o| &mut o.ttl)),
        row("probe_budget", "probe_budget = \"800ms\"", Slot::Duration(|o| &mut o.probe_budget)),
        row("checks", "checks(path::to::function)", Slot::Paths(|o| &mut o.checks)),
        row("prefix", "prefix = \"/health\"", Slot::Text(|o| &mut o.prefix)),
        row("manual_start", "manual_start", Slot::Flag(|o| &mut o.manual_start)),
        row("public_details", "public_details", Slot::Flag(|o| &mut o.public_details)),
        row("heartbeat", "heartbeat = \"10s\"", Slot::DurationOrZero(|o| &mut o.heartbeat)), // `timing` refuses it, and less than 1s
        row("drain", "drain = \"7s\"", Slot::DurationOrZero(|o| &mut o.drain)),
        row("shutdown_grace", "shutdown_grace = \"15s\"", Slot::Duration(|o| &mut o.shutdown_grace)),
        row("crate", "crate = path::to::health_runtime", Slot::Module(|o| &mut o.krate)),
    ];

    fn elsewhere(name: &str, _: &str, _: Place) -> Option<String> {
        find_row::<CheckOptions>(name, Place::Field)?;
        Some("write it in `#[health_check(...)]` on a field".into())
    }
}

impl Options for BreakerOptions {
    const ATTRIBUTE: &'static str = "breaker(...)";
    #[rustfmt::skip] // a row is a line
    const TABLE: &'static [Row<Self>] = &[
        row("failures", "failures = 5", Slot::Count(|o| &mut o.failures)),
        row("successes", "successes = 2", Slot::Count(|o| &mut o.successes)),
        row("reset", "reset = \"30s\"", Slot::Duration(|o| &mut o.reset)),
    ];

    fn elsewhere(name: &str, _: &str, _: Place) -> Option<String> {
        find_row::<CheckOptions>(name, Place::Field)?;
        Some(format!("write `{name}` beside `breaker(...)`, not in it"))
    }
}

const fn row<O>(name: &'static str, example: &'static str, slot: Slot<O>) -> Row<O> {
    let only = None;
    Row {
        name,
        example,
        slot,
        only,
    }
}

const fn only<O>(place: Place, elsewhere: &'static str, mut row: Row<O>) -> Row<O> {
    row.only = Some((place, elsewhere));
    row
}

impl<O> Row<O> {
    pub(crate) fn is_for(&self, place: Place) -> bool {
        self.only.is_none_or(|(only, _)| only == place)
    }
}

/// The option of this name that may stand here.
pub(crate) fn find_row<O: Options>(name: &str, place: Place) -> Option<&'static Row<O>> {
    O::TABLE.iter().find(|row| row.name == name && row.is_for(place))
}

/// What to say of a word that is no option here.
pub(crate) fn unknown<O: Options>(name: &str, written: &str, place: Place) -> String {
    let here = place.phrase();
    if let Some((_, way_out)) = O::TABLE.iter().find(|row| row.name == name).and_then(|row| row.only) {
        return format!("`{name}` does not belong {here}; {way_out}");
    }
    if let Some(way_out) = O::elsewhere(name, written, place) {
        return format!("`{name}` does not belong {here}; {way_out}");
    }
    let owner = match place {
        Place::Field => Some("field"),
        Place::Function => Some("function"),
        Place::Struct | Place::Breaker => None,
    };
    if let Some(explanation) = owner.and_then(|owner| suggest::explanation(name, owner)) {
        return explanation;
    }
    let found = format!("unknown option `{name}` in `{}`", O::ATTRIBUTE);
    let names = O::TABLE.iter().filter(|row| row.is_for(place)).map(|row| row.name);
    if let Some(nearest) = suggest::nearest(name, names.clone()) {
        return format!("{found}; did you mean `{nearest}`?");
    }
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    format!("{found}; expected one of {}", names.join(", "))
}
