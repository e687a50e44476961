//! The sign between the name of a secret and its value.

use crate::text::names;
use crate::text::scan::{Scan, is_blank, is_quote};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Equals,
    Colon,
    /// `<password>x</password>`
    Tag,
    /// Only a blank: `PASSWORD 'x'`, `--password x`, `("password", "x")`.
    Blank,
}

/// The sign after the name that ends at `end`, and where the value may begin.
pub(super) fn after(text: Scan<'_>, start: usize, end: usize) -> Option<(Sign, usize)> {
    let quote = text.skip(end, |byte| byte == b'\\');
    if is_quote(text.at(quote)) {
        return equals_or_colon(text, quote + 1).or_else(|| after_quote(text, start, end, quote));
    }
    // PostgreSQL writes `(name)=(x)`, SQL Server writes `[name]=`.
    if matches!(text.at(end), b')' | b']') && text.at(end + 1) == b'=' {
        return equals_or_colon(text, end + 1);
    }
    if text.at(end) == b'>' && matches!(text.before(start), b'<' | b':') {
        return Some((Sign::Tag, end + 1));
    }
    equals_or_colon(text, end).or_else(|| {
        let value = text.skip(end, is_blank);
        (value > end && follows_blank(text, start, end, value)).then_some((Sign::Blank, value))
    })
}

/// `=`, `:`, `==`, `=>`, `:=`, but not `::`.
fn equals_or_colon(text: Scan<'_>, from: usize) -> Option<(Sign, usize)> {
    let at = text.skip(from, is_blank);
    match (text.at(at), text.at(at + 1)) {
        (b'=', _) => Some((Sign::Equals, text.skip(at + 1, |byte| matches!(byte, b'=' | b'>')))),
        (b':', b'=') => Some((Sign::Equals, at + 2)),
        (b':', b':') => None,
        (b':', _) => Some((Sign::Colon, at + 1)),
        _ => None,
    }
}

/// `("password", "x")`, `name: "password", value: "x"`, `key="password" value="x"`
fn after_quote(text: Scan<'_>, start: usize, end: usize, quote: usize) -> Option<(Sign, usize)> {
    let next = text.skip(quote + 1, |byte| is_blank(byte) || matches!(byte, b',' | b'\n'));
    let first = text.skip(next, |byte| byte == b'\\' || is_quote(byte));
    if next > quote + 1 && text.has(first, "value") {
        let end = first + "value".len();
        let quote = text.skip(end, |byte| byte == b'\\');
        return equals_or_colon(text, if is_quote(text.at(quote)) { quote + 1 } else { end });
    }
    let open = start.checked_sub(1 + quote - end)?;
    let pair = text.at(quote + 1) == b',' && text.before(open) == b'(' && (first > next || text.has(next, "Some("));
    pair.then_some((Sign::Blank, next))
}

/// `--token x`, `PASSWORD 'x'`, `IDENTIFIED BY 'x'`. Without quotes, the value counts only if it looks like a password.
fn follows_blank(text: Scan<'_>, start: usize, end: usize, value: usize) -> bool {
    if text.has(start, "--") {
        return text.at(value) != b'-';
    }
    let quoted = matches!(text.at(value), b'"' | b'\'');
    if text.has(start, "by ") {
        return quoted;
    }
    let name = text.slice(start, end);
    (names::is_password(name) || name.eq_ignore_ascii_case(b"key"))
        && (quoted || names::prose_word(text, value).is_some_and(names::is_opaque))
}
