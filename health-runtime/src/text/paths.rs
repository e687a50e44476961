//! Finds tokens in the path of a URL: those of bots and webhooks, and keys that some providers put there.

use std::ops::Range;

use crate::text::names;
use crate::text::scan::{Scan, is_quote};

/// Walks over the parts of each path once.
pub(super) fn find(text: Scan<'_>, masks: &mut Vec<Range<usize>>) {
    let mut path = Path::default();
    let mut slash = text.find(0, |byte| byte == b'/');
    while slash < text.len() {
        let start = slash + 1;
        let end = text.skip(start, is_part);
        if text.before(slash) == b':' && text.at(start) == b'/' {
            path.in_url = true;
        } else if is_request(text, slash) {
            (path.in_url, path.host) = (true, true);
        }
        let part = without_punctuation(text.slice(start, end));
        if path.in_url && !path.host {
            path.host = !part.is_empty();
        } else {
            masks.extend(path.secret(part).map(|skip| start + skip..start + part.len()));
        }
        path.pass(part);
        if text.at(end) == b'/' {
            slash = end;
        } else {
            path = Path::default();
            slash = text.find(end, |byte| byte == b'/');
        }
    }
}

/// Whether the path that begins here belongs to a URL without its host. In the path of a file, a long part is not a
/// key.
fn is_request(text: Scan<'_>, slash: usize) -> bool {
    ["path: \"", "uri: ", "GET ", "HEAD ", "POST ", "PUT "]
        .iter()
        .any(|label| slash >= label.len() && text.has(slash - label.len(), label))
}

/// What the earlier parts of a path say about the current one.
#[derive(Default)]
struct Path {
    in_url: bool,
    /// The host has been passed.
    host: bool,
    /// A part that looks like a token is one, as in `https://hooks.slack.com/services/…`.
    before_token: bool,
    /// The previous part is `services`, as in the paths of Slack behind a proxy.
    services: bool,
}

impl Path {
    fn pass(&mut self, part: &[u8]) {
        let text = String::from_utf8_lossy(part).to_ascii_lowercase();
        self.before_token |= is_webhook(part)
            || text == "hooks"
            || (self.in_url && text.starts_with("hooks."))
            || (self.services && part.starts_with(b"T"))
            || names::is_before_token(part);
        self.services = text == "services";
    }

    /// If the part is a secret: how many bytes at its beginning stay.
    fn secret(&self, part: &[u8]) -> Option<usize> {
        if let Some(bot) = part.strip_prefix(b"bot") {
            let id = bot.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if id > 0 && bot.get(id) == Some(&b':') {
                return Some(3);
            }
        }
        let slack = self.services && part.starts_with(b"T") && part.iter().all(u8::is_ascii_alphanumeric);
        (slack || (self.before_token && is_token(part) && !is_webhook(part)) || (self.in_url && is_key(part)))
            .then_some(0)
    }
}

fn is_part(byte: u8) -> bool {
    !byte.is_ascii_whitespace() && !is_quote(byte) && !b"/?#<>()[]{},;\\".contains(&byte)
}

fn without_punctuation(part: &[u8]) -> &[u8] {
    let end = part.iter().rposition(|byte| !b".:!".contains(byte));
    &part[..end.map_or(0, |end| end + 1)]
}

fn is_webhook(part: &[u8]) -> bool {
    part.windows(7).any(|word| word.eq_ignore_ascii_case(b"webhook"))
}

/// Whether a part may be a token, if a token is expected. `v1` is not one.
fn is_token(part: &[u8]) -> bool {
    let version = part.len() <= 3 && part.starts_with(b"v");
    !version
        && (part.len() >= 16
            || part
                .iter()
                .any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()))
}

/// Whether a part can only be a key: it is long, and neither a word nor the ID of an object (UUID, ULID, `ObjectId`).
fn is_key(part: &[u8]) -> bool {
    let digits = part.iter().filter(|byte| byte.is_ascii_digit()).count();
    let lower = part.iter().any(u8::is_ascii_lowercase);
    let upper = part.iter().any(u8::is_ascii_uppercase);
    let one_word = part.iter().all(u8::is_ascii_alphanumeric);
    let word = part
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    let long = part.len() >= 32 && one_word && !upper && lower && digits >= 4;
    let mixed = part.len() >= 20 && word && upper && lower && digits > 0 && names::is_random(part);
    long || mixed
}
