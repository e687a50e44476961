//! Where the value after a name begins and ends.

use std::ops::Range;

use crate::text::names;
use crate::text::scan::{Scan, is_blank, is_quote, is_word};
use crate::text::signs::Sign;

/// A name of a secret, and what is known about it before its value is read.
#[derive(Clone, Copy)]
pub(super) struct Name {
    pub(super) start: usize,
    pub(super) sign: Sign,
    pub(super) in_query: bool,
    /// The name ends a phrase, as in `cannot renew the token: refused`.
    pub(super) in_prose: bool,
    /// Only a quoted value is a secret.
    pub(super) if_quoted: bool,
    /// The value has several fields: a cookie, an `Authorization` header.
    pub(super) is_list: bool,
}

/// At most this many bytes of a path such as `secrecy::Secret<String>` are read.
const PATH: usize = 128;

/// The value that begins at `from`; `None` if there is none, or if it is not secret.
pub(super) fn value(text: Scan<'_>, name: Name, from: usize) -> Option<Range<usize>> {
    let start = text.skip(from, |byte| byte.is_ascii_whitespace());
    if name.sign == Sign::Tag {
        return non_empty(start, text.find(start, |byte| byte == b'<'));
    }
    if name.in_query && !name.if_quoted {
        return unquoted(text, name, start);
    }
    let quote = text.skip(start, |byte| byte == b'\\');
    if is_quote(text.at(quote)) {
        // `unknown option "password=" in …`: the quote was open before the name.
        let closes = quote == start && text.before(name.start) == text.at(quote) && !is_word(text.at(quote + 1));
        return if closes { None } else { quoted(text, start, quote) };
    }
    if text.has(start, "-----BEGIN") {
        return non_empty(start, private_key_end(text, start));
    }
    let path = text.skip_at_most(start, PATH, is_path);
    if is_quote(text.at(path)) && path > start && path - start <= 2 {
        return quoted(text, path, path); // `b"x"`
    }
    let secret = !name.in_prose || names::prose_word(text, start).is_some_and(names::is_opaque);
    if let Some(open) = opening(text, start, path, name.sign) {
        let secret = secret || is_secret_group(text, start, path, open);
        if (name.if_quoted && !opens_quote(text, open)) || !secret {
            return None;
        }
        let odbc = name.sign == Sign::Equals && open == start && text.at(open) == b'{';
        let end = if odbc {
            odbc_end(text, open + 1)
        } else {
            group_end(text, open)
        };
        // The name of a type is masked too, because the secret itself may contain the bracket.
        let kept = open == start || text.slice(start, path) == b"Some";
        return if kept {
            non_empty(open + 1, end)
        } else {
            non_empty(start, text.len().min(end + 1))
        };
    }
    if name.if_quoted || !secret {
        return None;
    }
    unquoted(text, name, start)
}

fn unquoted(text: Scan<'_>, name: Name, start: usize) -> Option<Range<usize>> {
    let mut start = start;
    let word = text.skip_at_most(start, 64, is_word);
    if name.sign == Sign::Colon && is_whole(text, word) && names::is_prose(text.slice(start, word)) {
        return None;
    }
    let scheme = text.slice(start, word);
    let known = if name.is_list {
        names::is_scheme(scheme)
    } else {
        names::is_bearer(scheme) || names::is_basic(scheme)
    };
    if known && is_blank(text.at(word)) {
        start = text.skip(word, is_blank);
        let next = text.slice(start, text.skip_at_most(start, 64, is_word));
        if name.sign == Sign::Colon && names::is_prose_after_scheme(next) {
            return None;
        }
        if is_quote(text.at(start)) {
            return quoted(text, start, start);
        }
    }
    let mut end = if name.is_list {
        list_end(text, start)
    } else {
        unquoted_end(text, start, name.in_query)
    };
    if !name.is_list && name.sign == Sign::Equals && text.before(name.start) == b';' {
        // In a connection string, a value may contain blanks.
        let next = text.find(end, |byte| matches!(byte, b';' | b'=' | b'"' | b'\'' | b'\n'));
        end = if text.at(next) == b';' { next } else { end };
    }
    if end - start <= 16 && names::is_harmless(text.slice(start, end)) {
        return None;
    }
    non_empty(start, end)
}

/// Whether a word of a sentence ends here.
fn is_whole(text: Scan<'_>, end: usize) -> bool {
    let end = text.skip_at_most(end, 2, |byte| b".,:;!?')\"".contains(&byte));
    end >= text.len() || text.at(end).is_ascii_whitespace()
}

/// Where a value without quotes ends.
fn unquoted_end(text: Scan<'_>, start: usize, in_query: bool) -> usize {
    let mut at = start;
    loop {
        at = text.find(at, |byte| {
            byte.is_ascii_whitespace() || b"&#,;\"'`)]}>\\".contains(&byte)
        });
        let next = text.at(at + 1);
        let ends = match text.at(at) {
            b'&' | b'#' if in_query => true,
            b'#' => false,
            b',' | b';' | b'&' => begins_field(text, at),
            b'\\' => {
                let quote = text.skip(at, |byte| byte == b'\\');
                let ends = is_quote(text.at(quote)) && !goes_on(text.at(quote + 1));
                if !ends {
                    at = quote;
                    continue;
                }
                true
            }
            // A quote or a bracket in the middle of a word is a part of it.
            b'"' | b'\'' | b'`' | b')' | b']' | b'}' | b'>' => !goes_on(next),
            _ => true, // white space, or the end
        };
        if ends {
            return at;
        }
        at += 1;
    }
}

/// Whether a value continues with this byte, after a byte that usually ends it.
fn goes_on(byte: u8) -> bool {
    is_word(byte) || !byte.is_ascii() || b"!@#$%^&*+/~".contains(&byte)
}

/// Whether another field begins after the separator at `at`. If not, the separator is part of the value.
fn begins_field(text: Scan<'_>, at: usize) -> bool {
    let first = text.at(at + 1);
    if !is_word(first) {
        return !goes_on(first) && !b".,;?".contains(&first);
    }
    // Names in a connection string may contain blanks: `;User ID=sa`.
    let blanks = text.at(at) == b';';
    let end = text.skip_at_most(at + 1, 48, |byte| {
        is_word(byte) || byte == b'.' || (blanks && byte == b' ')
    });
    match text.at(end) {
        b'=' => true,
        b':' => !text.at(end + 1).is_ascii_whitespace(),
        _ => false,
    }
}

/// Where the last field of a header ends: `Digest username="u", response="x"`.
fn list_end(text: Scan<'_>, start: usize) -> usize {
    let mut field = start;
    loop {
        let sign = text.skip(field, is_word);
        let end = if text.at(sign) == b'=' && text.at(sign + 1) == b'"' {
            text.len().min(quote_end(text, sign + 2, b'"', 0) + 1)
        } else {
            unquoted_end(text, field, false)
        };
        if !matches!(text.at(end), b',' | b';') {
            return end;
        }
        field = text.skip(end + 1, is_blank);
        let sign = text.skip(field, is_word);
        if sign == field || text.at(sign) != b'=' {
            return end;
        }
    }
}

/// The text in the quotes that open at `quote`, after backslashes that begin at `start`.
fn quoted(text: Scan<'_>, start: usize, quote: usize) -> Option<Range<usize>> {
    non_empty(quote + 1, quote_end(text, quote + 1, text.at(quote), quote - start))
}

/// Where the quoted text that begins at `from` ends. Its quotes have `depth` backslashes before them. A quote with more
/// backslashes is part of the text. A quote with fewer ends the text around it.
pub(super) fn quote_end(text: Scan<'_>, from: usize, quote: u8, depth: usize) -> usize {
    let mut at = from;
    loop {
        at = text.find(at, |byte| byte == quote || byte == b'\\');
        let end = text.skip(at, |byte| byte == b'\\');
        if end >= text.len() {
            return text.len();
        }
        let slashes = end - at;
        if text.at(end) == quote && slashes % (2 * (depth + 1)) <= depth {
            let doubled = depth == 0 && slashes == 0 && end > from && text.at(end + 1) == quote;
            if !doubled {
                return end - slashes.min(depth);
            }
            at = end + 2;
        } else {
            at = end + usize::from(text.at(end) == quote);
        }
    }
}

/// Where a bracket opens after the path that ends at `path`.
fn opening(text: Scan<'_>, start: usize, path: usize, sign: Sign) -> Option<usize> {
    if matches!(text.at(path), b'(' | b'[' | b'{') {
        return Some(path);
    }
    // `Secret { … }`, but not `password=x {…}`.
    let typed = path > start && text.at(start).is_ascii_uppercase() && sign != Sign::Equals;
    (typed && text.at(path) == b' ' && text.at(path + 1) == b'{').then_some(path + 1)
}

/// Where the bracket that opens at `open` closes. Brackets in quotes do not count.
pub(super) fn group_end(text: Scan<'_>, open: usize) -> usize {
    let mut at = open;
    let mut depth = 0_usize;
    loop {
        at = text.find(at, |byte| b"([{}])\"\\".contains(&byte));
        match text.at(at) {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at;
                }
            }
            b'"' | b'\\' => {
                let quote = text.skip(at, |byte| byte == b'\\');
                if text.at(quote) != b'"' {
                    at = quote;
                    continue;
                }
                let slashes = quote - at;
                at = quote_end(text, quote + 1, b'"', slashes) + slashes;
            }
            _ => return text.len(),
        }
        at += 1;
    }
}

/// `{a;b}}c}` of ODBC: two closing braces stand for one.
fn odbc_end(text: Scan<'_>, from: usize) -> usize {
    let mut at = from;
    loop {
        at = text.find(at, |byte| byte == b'}');
        if text.at(at + 1) != b'}' {
            return at;
        }
        at += 2;
    }
}

/// Whether a type in a sentence contains a secret: `Some("x")` does, `Io("not found")` does not.
fn is_secret_group(text: Scan<'_>, start: usize, path: usize, open: usize) -> bool {
    let name = text.slice(start, path);
    name == b"Some" || names::is_wrapper(name) || leaf(text, open).is_some_and(|leaf| is_secret_leaf(text, &leaf))
}

/// Whether a quoted text inside an error type looks like a secret and not like a sentence.
pub(super) fn is_secret_leaf(text: Scan<'_>, leaf: &Range<usize>) -> bool {
    let words = text.slice(leaf.start, leaf.end);
    !words.contains(&b' ') && names::is_opaque(words)
}

/// Whether the bracket that opens at `open` begins with a quoted text.
fn opens_quote(text: Scan<'_>, open: usize) -> bool {
    let inside = text.skip_at_most(open, 64, |byte| {
        byte.is_ascii_whitespace() || matches!(byte, b'(' | b'[')
    });
    text.at(text.skip(inside, |byte| byte == b'\\')) == b'"'
}

/// The first quoted text or number in the bracket that opens at `open`: `x` of `(Some(Inner("x")))`.
pub(super) fn leaf(text: Scan<'_>, open: usize) -> Option<Range<usize>> {
    let mut at = open;
    let limit = open + PATH;
    while at < limit {
        let next = text.skip_at_most(at, PATH, |byte| {
            is_path(byte) || matches!(byte, b'(' | b'[' | b'{' | b' ' | b'\n')
        });
        let quote = text.skip(next, |byte| byte == b'\\');
        if text.at(quote) == b'"' {
            return quoted(text, next, quote);
        }
        let bytes = text.before(next).is_ascii_digit() && matches!(text.at(next), b',' | b']');
        if bytes || text.at(next) != b',' {
            return bytes.then_some(open..next);
        }
        at = next + 1;
    }
    None
}

/// Where the line `-----END` of a private key begins.
pub(super) fn private_key_end(text: Scan<'_>, from: usize) -> usize {
    let mut at = from;
    loop {
        at = text.find(at, |byte| byte == b'-');
        let dashes = text.skip(at, |byte| byte == b'-');
        if at >= text.len() || (dashes - at >= 5 && text.has(dashes, "END ")) {
            return at;
        }
        at = dashes;
    }
}

fn is_path(byte: u8) -> bool {
    is_word(byte) || matches!(byte, b':' | b'<' | b'>')
}

fn non_empty(start: usize, end: usize) -> Option<Range<usize>> {
    (start < end).then_some(start..end)
}
