//! Finds passwords before a host: `postgres://user:secret@host`, `user:secret@tcp(host)`.

use std::ops::Range;

use crate::text::names;
use crate::text::scan::{Scan, is_quote, is_word};

/// At most this many bytes after a blank may belong to a password.
const BLANKS: usize = 128;

/// `scheme://user:secret@host`. A text that was cut may end in the middle of a password.
pub(super) fn find_passwords(text: Scan<'_>, cut: bool, masks: &mut Vec<Range<usize>>) {
    let mut word = Word::default();
    let mut from = 0;
    while let Some(start) = next_authority(text, from) {
        from = start;
        if start >= word.end {
            word = Word::at(text, start);
        }
        // The last `@` counts, because a password may contain an unescaped one.
        let authority = text.find(start, |byte| byte == b' ' || b"/?#\"'`<>".contains(&byte));
        let in_authority = (start..authority).rev().find(|index| text.at(*index) == b'@');
        let end = in_authority
            .or_else(|| unescaped_password(text, start, authority, word.last_at))
            .or_else(|| password_with_blanks(text, start, authority))
            .or_else(|| (cut && is_cut(text, start, authority, word.end)).then_some(text.len()));
        if let Some(end) = end {
            masks.push(start..end);
        }
    }
}

/// Where the text after the next `://` begins.
fn next_authority(text: Scan<'_>, from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at = text.find(at, |byte| byte == b':');
        if at >= text.len() {
            return None;
        }
        if text.at(at + 1) == b'/' && text.at(at + 2) == b'/' {
            return Some(at + 3);
        }
        at += 1;
    }
}

/// A part without blanks. It is read once, even if it contains many URLs.
#[derive(Default)]
struct Word {
    end: usize,
    last_at: Option<usize>,
}

impl Word {
    fn at(text: Scan<'_>, start: usize) -> Self {
        let end = text.find(start, |byte| byte == b' ');
        let last_at = (start..end).rev().find(|index| text.at(*index) == b'@');
        Self { end, last_at }
    }
}

/// The `@` after a password with a character that would end a host, as in `postgres://user:se/cret@host`. It is the
/// last `@` of the word, if a `:` comes before the first such character.
fn unescaped_password(text: Scan<'_>, start: usize, authority: usize, at: Option<usize>) -> Option<usize> {
    let at = at.filter(|at| *at > start)?;
    let colon = text.find(start, |byte| byte == b':' || byte == b'/');
    let port = text.skip(colon + 1, |byte| byte.is_ascii_digit());
    let port = port < at && b"/?#\"'`<>".contains(&text.at(port));
    (text.at(colon) == b':' && colon < authority && !port).then_some(at)
}

/// Finds the `@` of `postgres://user:two words@host`. It is the last `@` in the same quotes. Without quotes, it is the
/// next one within [`BLANKS`].
fn password_with_blanks(text: Scan<'_>, start: usize, authority: usize) -> Option<usize> {
    let colon = text.up_to(authority).find(start, |byte| byte == b':');
    if text.at(authority) != b' ' || colon >= authority {
        return None;
    }
    if let Some(quote) = quote_before(text, start) {
        let end = text.skip_at_most(authority, BLANKS, |byte| byte != quote);
        return (authority..end).rev().find(|index| text.at(*index) == b'@');
    }
    let port = text.skip(colon + 1, |byte| byte.is_ascii_digit());
    let empty = colon + 1 == authority;
    let punctuation = matches!(text.before(authority), b'.' | b',' | b';' | b':' | b')' | b']') && !empty;
    if punctuation || (port >= authority && !empty) {
        return None;
    }
    let from = authority + 1;
    let end = text.up_to(from + BLANKS).find(from, |byte| {
        matches!(byte, b'@' | b'\n' | b':') || is_quote(byte) || (empty && byte == b' ')
    });
    (text.at(end) == b'@' && is_word(text.at(end + 1))).then_some(end)
}

/// The quote before a URL, if there is one. `start` is the position after its `://`.
fn quote_before(text: Scan<'_>, start: usize) -> Option<u8> {
    let end = start.checked_sub(3)?;
    let scheme = (end.saturating_sub(16)..end)
        .rev()
        .take_while(|index| is_scheme(text.at(*index)))
        .count();
    let quote = text.before(end - scheme);
    is_quote(quote).then_some(quote)
}

fn is_scheme(byte: u8) -> bool {
    is_word(byte) || matches!(byte, b'+' | b'.')
}

/// Whether the text at `start` goes up to the cut, and may be a user and a password.
fn is_cut(text: Scan<'_>, start: usize, authority: usize, word: usize) -> bool {
    let colon = text.find(start, |byte| byte == b':' || byte == b'/');
    authority >= text.len() || (word >= text.len() && colon < authority)
}

/// Finds `user:secret@tcp(host)` and `user:secret@host:3306`, as Go and some tools write them.
pub(super) fn find_bare_passwords(text: Scan<'_>, masks: &mut Vec<Range<usize>>) {
    let is_edge = |byte: u8| byte.is_ascii_whitespace() || is_quote(byte);
    // The start of a user. The password after it may continue after a blank or a quote.
    let mut user = None;
    let mut from = 0;
    loop {
        let start = text.skip(from, |byte| is_edge(byte) || matches!(byte, b'(' | b'[' | b'{' | b'<'));
        if start >= text.len() {
            return;
        }
        let end = text.find(start, is_edge);
        from = end;
        let word = text.up_to(end);
        let name = word.skip(start, is_word);
        // `dsn=user:…`
        let start = if word.at(name) == b'=' { name + 1 } else { start };
        let colon = word.find(start, |byte| byte == b':');
        let at = last_address(text, start, end);
        let inside = colon + 1 < at.map_or(end, |(at, _)| at);
        // `password:x@y(z)` has no user. Another rule masks it as a whole.
        let named = colon < end && names::is_secret(word.slice(start, colon));
        let other = named || (word.at(colon + 1) == b'/' && word.at(colon + 2) == b'/');
        let is_user = inside && is_user(word, start, colon);
        match at {
            Some((at, kind)) if inside && !other && (kind == Address::Call || is_user) => {
                masks.push(start..at);
            }
            Some((at, Address::Call)) if !inside => {
                masks.extend(user.filter(|user| at - user < BLANKS).map(|user| user..at));
            }
            _ => {}
        }
        if is_user && !other && colon > start {
            user = Some(start);
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Address {
    /// `tcp(host)`
    Call,
    /// `host:3306` or `host/db`
    Host,
}

/// The last `@` in the word that is followed by an address.
fn last_address(text: Scan<'_>, start: usize, end: usize) -> Option<(usize, Address)> {
    let mut last = None;
    let word = text.up_to(end);
    let mut at = word.find(start, |byte| byte == b'@');
    while at < end {
        let host = word.skip(at + 1, |byte| is_word(byte) || byte == b'.');
        let port = text.skip_at_most(host + 1, 6, |byte| byte.is_ascii_digit());
        let address = match text.at(host) {
            b'(' => Some(Address::Call),
            b'/' => Some(Address::Host),
            // Excludes the digest of an image: `name:tag@sha256:12ab…`.
            b':' if (2..=6).contains(&(port - host)) && !is_word(text.at(port)) => Some(Address::Host),
            _ => None,
        };
        // `[::1]:5432`
        let address = if text.at(at + 1) == b'[' {
            Some(Address::Host)
        } else {
            address
        };
        if host > at + 1 || text.at(at + 1) == b'[' {
            last = address.map(|address| (at, address)).or(last);
        }
        at = word.find(host, |byte| byte == b'@');
    }
    last
}

fn is_user(text: Scan<'_>, start: usize, colon: usize) -> bool {
    let user = text.slice(start, colon);
    let scheme = ["mailto", "sip", "sips", "xmpp", "acct"]
        .iter()
        .any(|scheme| scheme.as_bytes() == user);
    !scheme
        && user
            .iter()
            .all(|byte| is_word(*byte) || matches!(byte, b'.' | b'%' | b'+'))
}
