//! Finds secrets after their name, after `Bearer` or `Basic`, and inside a type that contains one, and tokens of a
//! known format.

use std::ops::Range;

use crate::text::names;
use crate::text::scan::{Scan, is_blank, is_quote, is_word};
use crate::text::signs::{self, Sign};
use crate::text::values::{self, Name};

/// Walks over the words of the text once. Skips what earlier rules or this one have masked already.
pub(super) fn find(text: Scan<'_>, masks: &mut Vec<Range<usize>>) {
    masks.sort_unstable_by_key(|mask| mask.start);
    let mut masked = masks.clone().into_iter().peekable();
    let mut previous = 0..0;
    let mut from = 0;
    loop {
        let start = text.find(from, is_word);
        if start == text.len() {
            return;
        }
        if let Some(mask) = masked.next_if(|mask| mask.start <= start) {
            from = from.max(mask.end);
            continue;
        }
        let end = text.skip(start, is_word);
        let mask = private_key(text, start, end)
            .or_else(|| token(text, start, end))
            .or_else(|| value(text, previous.clone(), start, end))
            .or_else(|| credentials(text, start, end))
            .or_else(|| wrapped(text, start, end));
        from = end;
        if let Some(mask) = mask {
            from = end.max(mask.end);
            masks.push(mask);
        }
        previous = start..end;
    }
}

/// `-----BEGIN PRIVATE KEY-----…-----END PRIVATE KEY-----`
fn private_key(text: Scan<'_>, start: usize, end: usize) -> Option<Range<usize>> {
    if !text.has(start, "-----BEGIN") {
        return None;
    }
    let header = text.skip_at_most(end, 64, |byte| byte == b' ' || is_word(byte));
    let kind = text.slice(end, header);
    let private = kind.windows(11).any(|words| words == b"PRIVATE KEY");
    private.then(|| header..values::private_key_end(text, header))
}

/// `AKIA…`, `ghp_…`, `eyJ….….…`
fn token(text: Scan<'_>, start: usize, end: usize) -> Option<Range<usize>> {
    let least = names::token_length(text.slice(start, start + 12))?;
    let is_token = |byte| is_word(byte) || byte == b'.';
    // The beginning decides, so the rest is read only if it is masked.
    let head = text.slice(start, text.skip_at_most(start, 64, is_token));
    let secret = head.len() >= least && (names::is_opaque(head) || names::is_random(head));
    secret.then(|| start..text.skip(end, is_token))
}

/// `password=x`, `"token": Some(Secret("x"))`, `?key=x`
fn value(text: Scan<'_>, previous: Range<usize>, start: usize, end: usize) -> Option<Range<usize>> {
    let (sign, from) = signs::after(text, start, end)?;
    let word = text.slice(start, end);
    let before = text.slice(previous.start, previous.end);
    let adjacent = previous.end + 1 == start && text.before(start) == b' ';
    let pair = adjacent && names::is_secret_key(before, word);
    let in_query = sign == Sign::Equals && in_query(text, start);
    let secret = names::is_secret(word)
        || (in_query && names::is_secret_in_query(word))
        || pair
        || (adjacent && word.eq_ignore_ascii_case(b"by") && before.eq_ignore_ascii_case(b"identified"));
    let if_quoted = !secret && names::is_secret_if_quoted(word);
    let parser = adjacent && (before.eq_ignore_ascii_case(b"unexpected") || before.eq_ignore_ascii_case(b"expected"));
    if (!secret && !if_quoted) || parser {
        return None;
    }
    let start = if pair { previous.start } else { start };
    let sentence = text.before(start) == b' ' && {
        let last = text.before(start - 1);
        last.is_ascii_alphanumeric() || matches!(last, b'"' | b'\'' | b'`' | b')')
    };
    let name = Name {
        start,
        sign,
        in_query,
        in_prose: sentence && sign == Sign::Colon && is_blank(text.at(from)),
        if_quoted,
        is_list: ends_with(word, b"authorization") || ends_with(word, b"cookie"),
    };
    values::value(text, name, from)
}

fn ends_with(word: &[u8], end: &[u8]) -> bool {
    word.len() >= end.len() && word[word.len() - end.len()..].eq_ignore_ascii_case(end)
}

/// Whether a name is in the query of a URL. `query: Some("key=x")` counts too.
fn in_query(text: Scan<'_>, start: usize) -> bool {
    match text.before(start) {
        b'?' | b'&' => true,
        b';' => start >= 5 && text.has(start - 5, "&amp;"),
        b'"' => ["query: Some(\"", "query: \"", "query=\""]
            .iter()
            .any(|label| start >= label.len() && text.has(start - label.len(), label)),
        _ => false,
    }
}

/// `Bearer x`, `Basic x`
fn credentials(text: Scan<'_>, start: usize, end: usize) -> Option<Range<usize>> {
    let scheme = text.slice(start, end.min(start + 8));
    let bearer = names::is_bearer(scheme);
    if end - start > 6 || !is_blank(text.at(end)) || !(bearer || names::is_basic(scheme)) {
        return None;
    }
    let from = text.skip(end, is_blank);
    let word = text.skip(from, is_word);
    // `Bearer realm="x"` asks for credentials, and contains none.
    if text.at(word) == b'=' && is_quote(text.at(word + 1)) {
        return None;
    }
    if names::is_prose_after_scheme(text.slice(from, word)) {
        return None;
    }
    let to = text.find(from, |byte| {
        byte.is_ascii_whitespace() || b",;\"'`)]}>\\".contains(&byte)
    });
    let token = text.slice(from, to);
    let secret = if bearer {
        token.iter().any(u8::is_ascii_alphanumeric)
    } else {
        names::is_opaque(token) || (token.len() >= 4 && token.len().is_multiple_of(4) && names::is_random(token))
    };
    secret.then_some(from..to)
}

/// `Secret("x")`, `ApiKey { id: 1, key: "x" }`, `Basic("user", "x")`
fn wrapped(text: Scan<'_>, start: usize, end: usize) -> Option<Range<usize>> {
    let name = text.slice(start, end);
    // `Credentials::Basic("user", "x")`
    let end = if text.has(end, "::") && name.to_ascii_lowercase().ends_with(b"credentials") {
        text.skip(end + 2, is_word)
    } else {
        end
    };
    let open = if text.at(end) == b'<' {
        let close = text.skip_at_most(end, 64, |byte| is_word(byte) || matches!(byte, b'<' | b':'));
        text.skip_at_most(close, 4, |byte| byte == b'>')
    } else {
        end
    };
    let open = open + usize::from(text.at(open) == b' ' && text.at(open + 1) == b'{');
    if !matches!(text.at(open), b'(' | b'{') || !names::is_wrapper(name) {
        return None;
    }
    if text.at(open) == b'{' && !names::is_wrapper_struct(name) {
        return None;
    }
    let leaf = values::leaf(text, open)?;
    if names::is_error(name) && !values::is_secret_leaf(text, &leaf) {
        return None;
    }
    Some(open + 1..values::group_end(text, open))
}
