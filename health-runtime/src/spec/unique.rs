//! Each name stands for one check, or for the checks of one nested struct.

use std::collections::HashSet;

use super::Nest;
use crate::start_error::StartError;

/// Refuses a name that does not stand for exactly one check, or for the checks of exactly one nest.
pub(crate) fn unique<'a>(checks: impl Iterator<Item = &'a str>, nests: &'a [Nest]) -> Result<(), StartError> {
    let mut nested = HashSet::new();
    let mut named = HashSet::new();
    if let Some(twice) = nests.iter().find(|nest| !nested.insert(&*nest.name)) {
        return Err(StartError::AmbiguousName(twice.name.clone()));
    }
    for check in checks {
        if nested.contains(check) {
            return Err(StartError::AmbiguousName(check.to_owned()));
        }
        if !named.insert(check) {
            return Err(StartError::DuplicateName(check.to_owned()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(checks: &[&str], nests: &[&str]) -> Option<String> {
        let nests: Vec<_> = nests
            .iter()
            .map(|name| Nest {
                name: (*name).to_owned(),
                checks: 0..1,
            })
            .collect();
        let error = unique(checks.iter().copied(), &nests).err()?;
        Some(format!("{error:?}"))
    }

    #[test]
    fn a_name_belongs_to_only_one_check_or_nested_struct() {
        assert_eq!(said(&["db", "a.db", "a.b.db", "ab"], &["a", "a.b"]), None);
        let twice = Some(r#"DuplicateName("a.db")"#.to_owned());
        assert_eq!(said(&["a.db", "db", "a.db"], &["a"]), twice);
        let ambiguous = Some(r#"AmbiguousName("a.b")"#.to_owned());
        assert_eq!(said(&["a.b", "a.b.db"], &["a", "a.b"]), ambiguous);
        assert_eq!(said(&["a.b.db", "a.b.db"], &["a.b", "a", "a.b"]), ambiguous);
    }
}
