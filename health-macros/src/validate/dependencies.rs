//! The rules for `depends_on`. On a field, the macro knows the other fields. On a function, it only knows the names.

use std::collections::HashMap;

use proc_macro2::Ident;
use syn::Data;
use syn::ext::IdentExt;

use crate::model::{Check, Dependency, Field, Place, StateStruct};
use crate::util::circles::circles;
use crate::util::errors::Errors;
use crate::util::suggest;
use crate::validate::text;

/// A message lists at most this many names.
const MOST_NAMES: usize = 8;

/// What an entry refers to.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Target {
    /// The index of a field.
    Field(usize),
    /// The name of a check that is not a field of the struct. The start looks for it.
    Elsewhere(String),
}

/// The fields with `#[health_check]`, by their identifiers and by the names of their checks.
struct Fields<'a> {
    state: &'a StateStruct<'a>,
    by_ident: HashMap<String, usize>,
    by_name: HashMap<String, usize>,
}

/// Reports all mistakes in `depends_on` on the fields of a struct.
pub(super) fn validate_fields(state: &StateStruct<'_>, errors: &mut Errors) {
    if !state.fields.iter().any(|field| entries(&field.check).next().is_some()) {
        return;
    }
    let fields = Fields::new(state);
    let mut edges = Vec::new();
    let mut blamed = HashMap::new();
    for (index, field) in state.fields.iter().enumerate() {
        let mut targets = Vec::new();
        let resolve = |entry: &_| fields.resolve(entry, index);
        for (entry, target) in validate_entries(&field.check, &Target::Field(index), resolve, errors) {
            if let Target::Field(to) = target {
                blamed.insert((index, to), entry);
                targets.push(to);
            }
        }
        edges.push(targets);
    }
    for circle in circles(&edges) {
        // The first field, and its entry that names the second.
        let entry = blamed[&(circle[0], circle[1])];
        let names: Vec<String> = circle.iter().map(|index| shown_field(&state.fields[*index])).collect();
        errors.at(entry, circle_problem(&names));
    }
}

/// Reports all mistakes in `depends_on` on a function.
pub(super) fn validate_function(check: &Check<'_>, errors: &mut Errors) {
    let Some((own, _)) = check.name() else { return };
    let resolve = |entry: &Dependency| {
        let name = entry.name();
        text::dependency_error(&name).map_or(Ok(Target::Elsewhere(name)), Err)
    };
    validate_entries(check, &Target::Elsewhere(own), resolve, errors);
}

/// Reports an entry that refers to the check itself, or to the same check as another entry. Returns the other entries.
fn validate_entries<'a>(
    check: &'a Check<'_>,
    own: &Target,
    resolve: impl Fn(&Dependency) -> Result<Target, String>,
    errors: &mut Errors,
) -> Vec<(&'a Dependency, Target)> {
    let mut seen: HashMap<Target, String> = HashMap::new();
    let mut valid = Vec::new();
    for entry in entries(check) {
        let word = shown(entry);
        match resolve(entry) {
            Err(wrong) => errors.at(entry, wrong),
            Ok(target) if target == *own => {
                errors.at(entry, format!("a check cannot depend on itself; remove {word}"));
            }
            Ok(target) => {
                if let Some(first) = seen.get(&target) {
                    let wrong = if *first == word {
                        format!("{word} is named twice in `depends_on`")
                    } else {
                        format!("{word} is the same check as {first}")
                    };
                    errors.at(entry, format!("{wrong}; remove one of them"));
                    continue;
                }
                seen.insert(target.clone(), word);
                valid.push((entry, target));
            }
        }
    }
    valid
}

/// The entries of `depends_on`. None on a `nested` field: the option has no effect there, and is reported for that.
fn entries<'a>(check: &'a Check<'_>) -> impl Iterator<Item = &'a Dependency> {
    let options = &check.options;
    let entries = options.depends_on.value().filter(|_| options.nested.is_absent());
    entries.into_iter().flatten()
}

impl<'a> Fields<'a> {
    fn new(state: &'a StateStruct<'a>) -> Self {
        let fields = || state.fields.iter().enumerate();
        let by_ident = fields().filter_map(|(index, field)| Some((field.check.ident?.unraw().to_string(), index)));
        let by_name = fields().filter_map(|(index, field)| Some((field.check.name()?.0, index)));
        Self {
            state,
            by_ident: by_ident.collect(),
            by_name: by_name.collect(),
        }
    }

    /// What an entry of the field `own` refers to, or the message about an unknown identifier.
    fn resolve(&self, entry: &Dependency, own: usize) -> Result<Target, String> {
        let name = entry.name();
        match entry {
            Dependency::Ident(ident) => match self.by_ident.get(&name) {
                Some(index) => Ok(Target::Field(*index)),
                None => Err(self.unknown(ident, own)),
            },
            Dependency::Name(_) => Ok(match self.by_name.get(&name) {
                Some(index) => Target::Field(*index),
                None => Target::Elsewhere(name),
            }),
        }
    }

    fn unknown(&self, ident: &Ident, own: usize) -> String {
        let word = ident.unraw().to_string();
        if self.declares(&word) {
            return format!(
                "`{word}` is not a health check; add `#[health_check]` to the field, or remove it from `depends_on`"
            );
        }
        let mut functions = self.state.options.checks.value().into_iter().flatten();
        if functions.any(|path| path.last == *ident) {
            return format!("`{word}` is a function, and not a field; write the name of its check in quotes: {word:?}");
        }
        let found = format!("`{word}` is not a field of this struct");
        if self.by_ident.is_empty() {
            return format!("{found}; write the name of a check in quotes, such as \"db\"");
        }
        let fields = self.state.fields.iter().enumerate();
        let others = fields.filter(|(index, _)| *index != own).map(|(_, field)| field);
        let known: Vec<String> = others
            .filter_map(|field| Some(field.check.ident?.unraw().to_string()))
            .collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        if let Some(index) = self.by_name.get(&word) {
            return format!("{found}; did you mean {}?", shown_field(&self.state.fields[*index]));
        }
        if let Some(near) = suggest::nearest(&suggest::normal(&word), &known) {
            return format!("{found}; did you mean `{near}`?");
        }
        let elsewhere = "the name of a check elsewhere in quotes";
        let nearest = suggest::by_distance(&word, &known).take(MOST_NAMES);
        match nearest.map(|name| format!("`{name}`")).collect::<Vec<_>>().as_slice() {
            [] => format!("{found}, which has no other check; write {elsewhere}"),
            names if known.len() > names.len() => format!(
                "{found}; the nearest of {} checks are {}; write one of them, or {elsewhere}",
                known.len(),
                names.join(", ")
            ),
            names => format!("{found}; write {}, or {elsewhere}", names.join(", ")),
        }
    }

    /// Whether the struct has this field, with or without `#[health_check]`.
    fn declares(&self, word: &str) -> bool {
        let Data::Struct(data) = &self.state.input.data else {
            return false;
        };
        let mut idents = data.fields.iter().filter_map(|field| field.ident.as_ref());
        idents.any(|ident| ident.unraw() == word)
    }
}

fn circle_problem(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(MOST_NAMES).map(String::as_str).collect();
    let more = if names.len() > MOST_NAMES { " → …" } else { "" };
    let (first, shown) = (shown[0], shown.join(" → "));
    format!("{first} depends on itself: {shown}{more} → {first}; remove one of these")
}

/// The entry as messages quote it.
fn shown(entry: &Dependency) -> String {
    match entry {
        Dependency::Ident(_) => format!("`{}`", entry.name()),
        Dependency::Name(name) => format!("{:?}", name.text),
    }
}

/// The field as an entry of `depends_on` names it.
fn shown_field(field: &Field<'_>) -> String {
    match (field.check.ident, field.check.name()) {
        (Some(ident), _) => format!("`{}`", ident.unraw()),
        (None, Some((name, _))) => format!("{name:?}"),
        (None, None) => format!("{} without a name", Place::Field.word()),
    }
}
