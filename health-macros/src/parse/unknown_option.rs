//! The message for an unknown option: what was found, and the option that the user probably meant.

use crate::model::Place;
use crate::parse::grammar::{Options, Row, find_row};
use crate::util::suggest;

/// A message lists at most this many options.
const MOST_NAMES: usize = 8;

/// The message for a word that is not an option here, and the option that the user probably meant.
pub(super) fn unknown<O: Options>(name: &str, written: &str, place: Place) -> (String, Option<&'static Row<O>>) {
    let word = suggest::normal(name);
    let rows: Vec<&Row<O>> = O::TABLE.iter().filter(|row| row.is_for(place)).collect();
    let known: Vec<&'static str> = rows.iter().map(|row| row.name).collect();
    let synonym = rows.iter().find(|row| row.synonyms.contains(&word.as_str()));
    // A synonym first: `alias` is an option of the struct, but on a field it means the name of the check.
    if synonym.is_none()
        && let Some(said) = explained::<O>(name, written, place)
    {
        return (said, None);
    }
    let found = format!("unknown option `{name}` in `{}`", O::ATTRIBUTE);
    if let Some(meant) = synonym.map(|row| row.name).or_else(|| suggest::nearest(&word, &known)) {
        return (format!("{found}; did you mean `{meant}`?"), find_row(meant, place));
    }
    let names: Vec<String> = suggest::by_distance(&word, &known)
        .take(MOST_NAMES)
        .map(|name| format!("`{name}`"))
        .collect();
    let listed = names.join(", ");
    let said = if known.len() > names.len() {
        format!("{found}; the nearest of {} options are {listed}", known.len())
    } else {
        format!("{found}; expected one of {listed}")
    };
    (said, None)
}

/// The message for an option that belongs elsewhere, or for a word that needs no option.
fn explained<O: Options>(name: &str, written: &str, place: Place) -> Option<String> {
    let here = place.phrase();
    if let Some((_, way_out)) = O::TABLE.iter().find(|row| row.name == name).and_then(|row| row.only) {
        return Some(format!("`{name}` does not belong {here}; {way_out}"));
    }
    if let Some(way_out) = O::elsewhere(name, written, place) {
        return Some(format!("`{name}` does not belong {here}; {way_out}"));
    }
    match place {
        Place::Field | Place::Function => suggest::explanation(name, place.word()),
        Place::Struct => suggest::service_explanation(name),
        Place::Breaker => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BreakerOptions, CheckOptions, StateOptions};

    /// The lookup never reaches a synonym that is an option of another attribute or has its own message.
    #[test]
    fn every_synonym_leads_to_its_option() {
        leads::<CheckOptions>(&[Place::Field, Place::Function]);
        leads::<StateOptions>(&[Place::Struct]);
        leads::<BreakerOptions>(&[Place::Breaker]);
    }

    fn leads<O: Options>(places: &[Place]) {
        for row in O::TABLE {
            for (synonym, place) in row
                .synonyms
                .iter()
                .flat_map(|word| places.iter().map(move |place| (word, *place)))
            {
                if row.is_for(place) {
                    let (said, meant_row) = unknown::<O>(synonym, synonym, place);
                    assert_eq!(meant_row.map(|meant| meant.name), Some(row.name), "{synonym}");
                    let meant = format!("did you mean `{}`?", row.name);
                    assert!(said.ends_with(&meant), "{synonym} {}: {said}", place.phrase());
                }
            }
        }
    }

    #[test]
    fn the_error_lists_at_most_the_nearest_eight_options() {
        let (said, _) = unknown::<CheckOptions>("banana", "banana", Place::Field);
        assert_eq!(said.matches('`').count(), 2 * (2 + MOST_NAMES), "{said}");
        let (few, _) = unknown::<BreakerOptions>("banana", "banana", Place::Breaker);
        assert!(few.contains("; expected one of "), "{few}");
    }
}
