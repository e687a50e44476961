//! The grammar of `#[health_check(...)]`, `#[health(...)]` and `breaker(...)`: one table of options each. The parser
//! and its messages use these tables.
//!
//! CONTRIBUTING lists all that a new option needs.

use proc_macro2::Ident;

use super::value::Wrong;
use crate::model::{BreakerOptions, CheckOptions, Count, Dependency, Path, Place, Setting, StateOptions, Text, Time};
use crate::util::duration::Least;
use crate::validate::text;

/// One option: its name, an example, where it is allowed, and where its value is stored.
pub(crate) struct Row<O> {
    pub(crate) name: &'static str,
    /// The option as the user would type it, for messages.
    pub(crate) example: &'static str,
    /// Other names that people may use for the option. The lookup tries them before it looks for the nearest name.
    pub(crate) synonyms: &'static [&'static str],
    pub(crate) kind: Kind<O>,
    /// The only place where the option is allowed, and the fix for every other place. `None` if every place is allowed.
    pub(crate) only: Option<(Place, &'static str)>,
}

pub(crate) type To<O, T> = fn(&mut O) -> &mut Setting<T>;

pub(crate) enum Kind<O> {
    Flag(To<O, ()>),
    Duration(To<O, Time>, Least),
    Count(To<O, Count>),
    Text(To<O, Text>, Wrong),
    Path(To<O, Path>),
    Module(To<O, Path>),
    Texts(To<O, Vec<Text>>, Wrong),
    Paths(To<O, Vec<Path>>),
    Dependencies(To<O, Vec<Dependency>>),
    Breaker(To<O, BreakerOptions>),
}

impl<O> Kind<O> {
    /// Marks the option as refused, if it is absent: the user meant it, but its value is unknown.
    pub(crate) fn refuse(&self, options: &mut O) {
        match self {
            Self::Flag(to) => to(options).refuse(),
            Self::Duration(to, _) => to(options).refuse(),
            Self::Count(to) => to(options).refuse(),
            Self::Text(to, _) => to(options).refuse(),
            Self::Path(to) | Self::Module(to) => to(options).refuse(),
            Self::Texts(to, _) => to(options).refuse(),
            Self::Paths(to) => to(options).refuse(),
            Self::Dependencies(to) => to(options).refuse(),
            Self::Breaker(to) => to(options).refuse(),
        }
    }
}

/// A set of options, and the table by which they are parsed.
pub(crate) trait Options: Default + 'static {
    /// The attribute or option that contains them, as messages quote it.
    const ATTRIBUTE: &'static str;
    const TABLE: &'static [Row<Self>];

    /// Records that an option is given.
    fn note(&mut self, key: &Ident) {
        let _ = key;
    }

    /// The fix for an option that belongs to another attribute. `written` is the whole option as the user wrote it.
    fn elsewhere(name: &str, written: &str, place: Place) -> Option<String>;
}

impl Options for CheckOptions {
    const ATTRIBUTE: &'static str = "#[health_check(...)]";
    #[rustfmt::skip] // a row is a line
    const TABLE: &'static [Row<Self>] = &[
        row("critical", "critical", &["mandatory", "required"], Kind::Flag(|o| &mut o.critical)),
        row("timeout", "timeout = \"3s\"", &["deadline", "timeout_ms", "timeout_secs"], Kind::Duration(|o| &mut o.timeout, Least::Milli)),
        row("interval", "interval = \"10s\"", &["every", "interval_ms", "interval_secs", "period"], Kind::Duration(|o| &mut o.interval, Least::Milli)),
        row("ttl", "ttl = \"1s\"", &["cache", "time_to_live"], Kind::Duration(|o| &mut o.ttl, Least::Zero)),
        row("max_age", "max_age = \"45s\"", &["stale_after"], Kind::Duration(|o| &mut o.max_age, Least::Milli)),
        row("degraded_after", "degraded_after = \"100ms\"", &["slow", "slow_after"], Kind::Duration(|o| &mut o.degraded_after, Least::Milli)),
        row("failure_threshold", "failure_threshold = 3", &["retries", "retry", "threshold"], Kind::Count(|o| &mut o.failure_threshold)),
        row("success_threshold", "success_threshold = 2", &[], Kind::Count(|o| &mut o.success_threshold)),
        row("breaker", "breaker(failures = 5, successes = 2, reset = \"30s\")", &["circuit", "circuit_breaker"], Kind::Breaker(|o| &mut o.breaker)),
        row("fail_open", "fail_open", &[], Kind::Flag(|o| &mut o.fail_open)),
        row("readiness", "readiness", &["ready", "readyz"], Kind::Flag(|o| &mut o.readiness)),
        row("startup", "startup", &["startupz"], Kind::Flag(|o| &mut o.startup)),
        row("liveness", "liveness", &["live", "livez"], Kind::Flag(|o| &mut o.liveness)),
        row("in_process", "in_process", &[], Kind::Flag(|o| &mut o.in_process)),
        row("restart_helps", "restart_helps = \"why\"", &[], Kind::Text(|o| &mut o.restart_helps, text::restart_helps_error)),
        row("name", "name = \"db\"", &["alias", "rename"], Kind::Text(|o| &mut o.name, text::name_error)),
        row("description", "description = \"orders database\"", &["desc", "doc"], Kind::Text(|o| &mut o.description, text::description_error)),
        row("runbook", "runbook = \"https://wiki.example/db\"", &["docs", "link", "url"], Kind::Text(|o| &mut o.runbook, text::runbook_error)),
        row("groups", "groups(\"db\", \"core\")", &["tag", "tags"], Kind::Texts(|o| &mut o.groups, text::group_error)),
        row("depends_on", "depends_on(db, \"billing.ledger\")", &["after", "caused_by", "dependencies", "needs", "requires"], Kind::Dependencies(|o| &mut o.depends_on)),
        row("blocking", "blocking", &["sync"], Kind::Flag(|o| &mut o.blocking)),
        only(Place::Field, "the function is itself the check; remove `with`",
            row("with", "with = path::to::check", &["check", "check_with", "fn", "func", "function"], Kind::Path(|o| &mut o.with))),
        only(Place::Field, "it belongs on a field whose type derives `HealthState`; remove `nested`",
            row("nested", "nested", &["flatten"], Kind::Flag(|o| &mut o.nested))),
        only(Place::Function, "write it in `#[health(...)]` on the struct",
            row("crate", "crate = path::to::health_runtime", &[], Kind::Module(|o| &mut o.krate))),
    ];

    fn note(&mut self, key: &Ident) {
        self.given.push(key.clone());
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
        row("name", "name = \"orders\"", &["service", "service_name"], Kind::Text(|o| &mut o.name, text::service_name_error)),
        row("version", "version = \"1.4.0\"", &[], Kind::Text(|o| &mut o.version, text::version_error)),
        row("timeout", "timeout = \"3s\"", &["deadline", "timeout_ms", "timeout_secs"], Kind::Duration(|o| &mut o.timeout, Least::Milli)),
        row("interval", "interval = \"10s\"", &["every", "interval_ms", "interval_secs", "period"], Kind::Duration(|o| &mut o.interval, Least::Milli)),
        row("ttl", "ttl = \"1s\"", &["cache", "time_to_live"], Kind::Duration(|o| &mut o.ttl, Least::Zero)),
        row("probe_budget", "probe_budget = \"800ms\"", &["budget"], Kind::Duration(|o| &mut o.probe_budget, Least::Milli)),
        row("checks", "checks(path::to::function)", &["fns", "function", "functions"], Kind::Paths(|o| &mut o.checks)),
        row("prefix", "prefix = \"/health\"", &["base", "base_path", "path"], Kind::Text(|o| &mut o.prefix, text::prefix_error)),
        row("liveness_paths", "liveness_paths(\"/live\")", &["liveness_path"], Kind::Texts(|o| &mut o.liveness_paths, text::path_error)),
        row("readiness_paths", "readiness_paths(\"/ready\")", &["readiness_path"], Kind::Texts(|o| &mut o.readiness_paths, text::path_error)),
        row("startup_paths", "startup_paths(\"/started\")", &["startup_path"], Kind::Texts(|o| &mut o.startup_paths, text::path_error)),
        row("health_paths", "health_paths(\"/status\")", &["health_path"], Kind::Texts(|o| &mut o.health_paths, text::path_error)),
        row("alias", "alias(\"/ping\")", &["aliases"], Kind::Texts(|o| &mut o.alias, text::path_error)),
        row("plain", "plain(\"/ping\")", &["plain_text", "text"], Kind::Texts(|o| &mut o.plain, text::path_error)),
        row("manual_start", "manual_start", &[], Kind::Flag(|o| &mut o.manual_start)),
        row("public", "public = \"status\"", &["expose", "visibility"], Kind::Text(|o| &mut o.public, text::public_error)),
        row("stalled_after", "stalled_after = \"10s\"", &["heartbeat", "stall_after", "watchdog"], Kind::Duration(|o| &mut o.stalled_after, Least::Stall)),
        row("drain", "drain = \"7s\"", &["drain_timeout"], Kind::Duration(|o| &mut o.drain, Least::Zero)),
        row("shutdown_grace", "shutdown_grace = \"15s\"", &["grace"], Kind::Duration(|o| &mut o.shutdown_grace, Least::Milli)),
        row("crate", "crate = path::to::health_runtime", &[], Kind::Module(|o| &mut o.krate)),
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
        row("failures", "failures = 5", &["threshold"], Kind::Count(|o| &mut o.failures)),
        row("successes", "successes = 2", &[], Kind::Count(|o| &mut o.successes)),
        row("reset", "reset = \"30s\"", &["reset_after"], Kind::Duration(|o| &mut o.reset, Least::Milli)),
    ];

    fn elsewhere(name: &str, _: &str, _: Place) -> Option<String> {
        find_row::<CheckOptions>(name, Place::Field)?;
        Some(format!("write `{name}` beside `breaker(...)`, not in it"))
    }
}

const fn row<O>(name: &'static str, example: &'static str, synonyms: &'static [&'static str], kind: Kind<O>) -> Row<O> {
    Row {
        name,
        example,
        synonyms,
        kind,
        only: None,
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

/// The option with this name, if it is allowed here.
pub(crate) fn find_row<O: Options>(name: &str, place: Place) -> Option<&'static Row<O>> {
    O::TABLE.iter().find(|row| row.name == name && row.is_for(place))
}
