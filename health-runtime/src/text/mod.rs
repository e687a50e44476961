//! Cleans text from outside before it is stored, logged or shown: bounds it, puts it on one line, and masks
//! credentials.
//!
//! # What is masked
//!
//! - The value after the name of a secret: `password=x`, `"token": "x"`, `apiKey: Some(Secret("x"))`, `?key=x`,
//!   `x-functions-key: x`, `<Password>x</Password>`, `--token x`, `name: "DB_PASSWORD", value: "x"`. A longer name
//!   counts if it ends with such a name. `key`, `code` and a few more count only in the query of a URL.
//! - The strings in a type that holds a secret: `SecretString("x")`, `Basic("user", "x")`.
//! - What comes before a host: `scheme://user:x@host`, `user:x@tcp(host)`, `user:x@host:3306`.
//! - Tokens in the path of a URL: those of bots and webhooks, and long random parts.
//! - What follows `Bearer` or `Basic`, tokens that begin like those of a known vendor, JSON web tokens, private keys.
//!
//! All of this is also found in escaped quotes and in percent-encoded text.
//!
//! # What stays
//!
//! A sentence about a secret may say why a check fails, so it must stay readable:
//!
//! - After `name=`, in quotes, and in `Debug` output, everything is masked. Only words without quotes such as `None`,
//!   `null`, `true` and `false` stay.
//! - After `name: ` without quotes, a word stays if it is a usual first word of a message (`token: expired`).
//! - If the name ends a phrase (`cannot renew the token: Unauthorized`), a word is masked only if it looks like a
//!   secret: digits between letters, signs, or random case.
//!
//! So a secret stays readable if it has neither a name nor a known format, or if it is one plain word in a sentence.
//! This is why errors are not public by default.
//!
//! # Why no library
//!
//! Libraries for this (`rtb-redact` is the nearest) match lists of regular expressions, so each user would compile a
//! regex engine. They miss `Debug` output and JSON, which are the common case here. Types such as
//! `secrecy::SecretString` hide only what a service wraps itself.

pub(crate) mod boundary;
mod bounded;
mod date;
mod fields;
mod masking;
mod names;
mod paths;
mod scan;
mod signs;
mod urls;
mod values;

use std::borrow::Cow;
use std::error::Error;
use std::fmt::{self, Write};
use std::sync::Arc;

pub(crate) use self::date::Date;

use bounded::{Bounded, READ};

/// At most this many bytes of a text are kept. A driver may quote a whole page in an error.
const LIMIT: usize = 1024;

/// The longest name of a part or of a detail, in characters.
const NAME: usize = 64;

/// What replaces a secret.
pub(crate) const MASK: &str = "***";

/// At most this many sources of an error are kept, because an error may be its own source.
const SOURCES: usize = 16;

/// A text is masked again at most this often. Usually the first repetition finds nothing more.
const ROUNDS: usize = 16;

/// The cleaned text of an error and its sources.
pub(crate) fn of_error(error: &(dyn Error + 'static)) -> Arc<str> {
    let mut text = Bounded::default();
    // Stops at the bound, so that a long error costs no more.
    let _ = write_chain(&mut text, error);
    masked(&text)
}

fn write_chain(text: &mut Bounded, error: &(dyn Error + 'static)) -> fmt::Result {
    write!(text, "{error}")?;
    let sources = std::iter::successors(error.source(), |cause| (*cause).source());
    for cause in sources.take(SOURCES) {
        let mut words = Bounded::default();
        let _ = write!(words, "{cause}");
        // Many errors print their source themselves.
        if !text.text.contains(&words.text) {
            write!(text, ": {}", words.text)?;
        }
    }
    Ok(())
}

/// Bounds the text, puts it on one line and masks the credentials in it.
pub(crate) fn clean(text: &str) -> Arc<str> {
    let mut bounded = Bounded::default();
    let _ = bounded.write_str(text);
    masked(&bounded)
}

/// Cleans a name, and bounds it to [`NAME`] characters.
pub(crate) fn name(name: Cow<'static, str>) -> Cow<'static, str> {
    let cleaned = clean(&name);
    let end = cleaned.char_indices().nth(NAME).map_or(cleaned.len(), |(end, _)| end);
    if cleaned[..end] == name {
        name
    } else {
        Cow::Owned(cleaned[..end].to_owned())
    }
}

/// Whether the character may begin a new line where a text is shown.
pub(crate) fn breaks_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Whether a value with this name is a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    names::is_secret(name.as_bytes())
}

/// The text is bounded before it is masked, so the cost is bounded too.
fn masked(text: &Bounded) -> Arc<str> {
    // The last part before the cut is read but not shown, because a secret that begins there may not be recognized.
    let shown = if text.cut { READ - LIMIT } else { READ };
    let mut line = masking::mask(&text.text, text.cut, shown);
    if line == text.text && line.len() <= LIMIT {
        return line.into();
    }
    // A cleaned text must not change when it is cleaned again as a part of another message.
    for _ in 0..ROUNDS {
        line.truncate(boundary::floor(&line, LIMIT));
        let again = masking::mask(&line, false, LIMIT);
        if again == line {
            break;
        }
        line = again;
    }
    line.truncate(boundary::floor(&line, LIMIT));
    line.into()
}

#[cfg(test)]
mod tests;
