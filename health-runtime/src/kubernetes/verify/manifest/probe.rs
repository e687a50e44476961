//! Reads the probes of a container, with the defaults of Kubernetes.

use std::fmt;

use crate::kubernetes::port::Port;
use crate::kubernetes::verify::finding::{Finding, Place, shown};
use crate::kubernetes::verify::rule::Rule;
use crate::kubernetes::verify::text::{list, near};
use crate::kubernetes::verify::yaml::Yaml;
use crate::spec::Probe;

/// Kubernetes keeps numbers in an `int32`.
const LARGEST: u32 = i32::MAX.unsigned_abs();

const HANDLERS: [&str; 4] = ["exec", "grpc", "httpGet", "tcpSocket"];

const FIELDS: [&str; 10] = [
    "exec",
    "failureThreshold",
    "grpc",
    "httpGet",
    "initialDelaySeconds",
    "periodSeconds",
    "successThreshold",
    "tcpSocket",
    "terminationGracePeriodSeconds",
    "timeoutSeconds",
];

/// What Kubernetes does with the result of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Startup,
    Liveness,
    Readiness,
}

impl Role {
    pub(super) const ALL: [Self; 3] = [Self::Startup, Self::Liveness, Self::Readiness];

    pub(super) const fn field(self) -> &'static str {
        match self {
            Self::Startup => "startupProbe",
            Self::Liveness => "livenessProbe",
            Self::Readiness => "readinessProbe",
        }
    }

    pub(super) const fn probe(self) -> Probe {
        match self {
            Self::Startup => Probe::Startup,
            Self::Liveness => Probe::Liveness,
            Self::Readiness => Probe::Readiness,
        }
    }
}

/// A number of a manifest, or the default for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number {
    field: &'static str,
    pub(super) value: u32,
    /// The line of the field. `None`: it is the default.
    pub(super) line: Option<usize>,
}

/// `periodSeconds` 10 (the default)
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.field, self.value)?;
        if self.line.is_none() {
            f.write_str(" (the default)")?;
        }
        Ok(())
    }
}

/// How a probe asks.
#[derive(Debug)]
pub(super) enum Handler<'a> {
    Http {
        http: Yaml<'a>,
        path: &'a str,
        port: Port,
    },
    Grpc {
        grpc: Yaml<'a>,
        service: &'a str,
        port: Port,
    },
    Exec {
        exec: Yaml<'a>,
        command: Vec<&'a str>,
    },
    Tcp {
        tcp: Yaml<'a>,
    },
    /// There is a finding for it.
    Invalid,
}

/// A probe of a container.
#[derive(Debug)]
pub(super) struct Probed<'a> {
    pub(super) role: Role,
    pub(super) line: usize,
    pub(super) handler: Handler<'a>,
    pub(super) initial_delay: Option<Number>,
    pub(super) period: Option<Number>,
    pub(super) timeout: Option<Number>,
    pub(super) failures: Option<Number>,
    pub(super) successes: Option<Number>,
}

impl<'a> Probed<'a> {
    /// The probe of the container, if it has one. What cannot be read is a finding.
    pub(super) fn read(role: Role, container: Yaml<'a>, place: &Place, findings: &mut Vec<Finding>) -> Option<Self> {
        let (key, _) = container
            .entries()
            .find(|(key, _)| key.text() == Some(role.field()))
            .unzip();
        let probe = container.get(role.field())?;
        findings.extend(unknown_fields(role, probe, place));
        let mut seconds = |field, default| {
            let number = number(probe, field, default, place, findings)?;
            // The API server replaces 0 by the default.
            let is_set = number.value > 0 || default == 0;
            Some(if is_set {
                number
            } else {
                Number {
                    value: default,
                    line: None,
                    ..number
                }
            })
        };
        Some(Self {
            initial_delay: seconds("initialDelaySeconds", 0),
            period: seconds("periodSeconds", 10),
            timeout: seconds("timeoutSeconds", 1),
            failures: seconds("failureThreshold", 3),
            successes: seconds("successThreshold", 1),
            handler: handler(role, probe, place, findings),
            line: key.map_or(probe.line(), Yaml::line),
            role,
        })
    }

    /// A finding about the whole probe.
    pub(super) fn finding(&self, place: &Place, rule: Rule, line: impl Into<Option<usize>>, message: &str) -> Finding {
        let line = line.into().unwrap_or(self.line);
        place.finding(rule, line, format!("`{}` {message}", self.role.field()))
    }
}

/// The number in the field, or the default. `None`, with a finding, if it has no valid value.
pub(super) fn number(
    parent: Yaml<'_>,
    field: &'static str,
    default: u32,
    place: &Place,
    findings: &mut Vec<Finding>,
) -> Option<Number> {
    let Some(given) = parent.get(field) else {
        return Some(Number {
            field,
            value: default,
            line: None,
        });
    };
    let value = given
        .plain()
        .and_then(|text| text.parse().ok())
        .filter(|value| *value <= LARGEST);
    if value.is_none() {
        let text = given.text().map(shown);
        let message = match text {
            Some(text) if text.parse::<u32>().is_ok() => {
                format!("`{field}` is the text `\"{text}\"`, but must be a number; write `{field}: {text}`")
            }
            Some(text) => format!(
                "`{field}` is `{text}`, but must be a whole number; write it as in `{field}: {}`",
                default.max(1)
            ),
            None => format!("`{field}` is no number; write it as in `{field}: {}`", default.max(1)),
        };
        findings.push(place.finding(Rule::InvalidField, given.line(), message));
    }
    let line = Some(given.line());
    value.map(|value| Number { field, value, line })
}

fn unknown_fields(role: Role, probe: Yaml<'_>, place: &Place) -> Vec<Finding> {
    let keys = probe.entries().map(|(key, _)| key);
    let unknown = keys.filter_map(|key| Some((key, key.text()?)));
    let unknown = unknown.filter(|(_, name)| *name != "<<" && !FIELDS.contains(name));
    let finding = |(key, name): (Yaml<'_>, &str)| {
        let way_out = match near(name, FIELDS) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "remove it".into(),
        };
        let message = format!(
            "`{}` has the unknown field `{}`, so its default applies; {way_out}",
            role.field(),
            shown(name)
        );
        place.finding(Rule::UnknownField, key.line(), message)
    };
    unknown.map(finding).collect()
}

fn handler<'a>(role: Role, probe: Yaml<'a>, place: &Place, findings: &mut Vec<Finding>) -> Handler<'a> {
    let given: Vec<_> = HANDLERS
        .into_iter()
        .filter_map(|name| Some((name, probe.get(name)?)))
        .collect();
    let field = role.field();
    let mut invalid = |line, message: String| {
        findings.push(place.finding(Rule::InvalidField, line, message));
        Handler::Invalid
    };
    let (name, handler) = match given.as_slice() {
        [one] => *one,
        // The finding for a misspelt field is enough.
        [] if probe
            .entries()
            .any(|(key, _)| key.text().is_some_and(|key| near(key, HANDLERS).is_some())) =>
        {
            return Handler::Invalid;
        }
        [] => return invalid(probe.line(), format!("`{field}` asks nothing; add `httpGet`")),
        several => {
            let names: Vec<_> = several.iter().map(|(name, _)| *name).collect();
            let message = format!(
                "`{field}` has {}, but Kubernetes allows one of them; keep one",
                list(&names, "and")
            );
            return invalid(probe.line(), message);
        }
    };
    let text = |key| handler.get(key).and_then(Yaml::text);
    match name {
        "exec" => Handler::Exec {
            exec: handler,
            command: handler
                .get("command")
                .into_iter()
                .flat_map(Yaml::items)
                .filter_map(Yaml::text)
                .collect(),
        },
        "tcpSocket" => Handler::Tcp { tcp: handler },
        name => match port(handler) {
            Some(port) if name == "grpc" => Handler::Grpc {
                grpc: handler,
                service: text("service").unwrap_or_default(),
                port,
            },
            Some(port) => Handler::Http {
                http: handler,
                path: text("path").unwrap_or("/"),
                port,
            },
            None => {
                let given = handler.get("port");
                let line = given.map_or(handler.line(), Yaml::line);
                let number = given.and_then(Yaml::text).filter(|text| text.parse::<u16>().is_ok());
                invalid(
                    line,
                    match number {
                        Some(number) => format!(
                            "`{field}` has the port `\"{number}\"`, which Kubernetes takes for a name; write `port: {number}`"
                        ),
                        None => format!("`{field}` has no valid `port`; write its number, or its name in `ports`"),
                    },
                )
            }
        },
    }
}

/// A number, or a name. A name has a letter, so a number in quotes is neither.
fn port(handler: Yaml<'_>) -> Option<Port> {
    let port = handler.get("port")?;
    if let Some(Ok(number)) = port.plain().map(str::parse::<u16>) {
        return (number > 0).then(|| Port::from(number));
    }
    let name = port
        .text()
        .filter(|name| name.contains(|c: char| c.is_ascii_alphabetic()));
    name.map(|name| Port::from(name.to_owned()))
}
