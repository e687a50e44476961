//! Replaces each secret with `***`.

use std::ops::Range;

use crate::text::scan::Scan;
use crate::text::{MASK, boundary, fields, paths, urls};

/// At most this many levels of percent encoding are decoded, such as a URL in the query of a URL in a query.
const LEVELS: usize = 3;

/// Masks the text and puts it on one line. `cut` says whether the text was longer. Only the first `shown` bytes may be
/// shown.
pub(super) fn mask(text: &str, cut: bool, shown: usize) -> String {
    let mut masks = Vec::new();
    find(text.as_bytes(), cut, &mut masks);
    let mut encoded: Option<(Vec<u8>, Vec<usize>)> = None;
    for _ in 0..LEVELS {
        let bytes = encoded.as_ref().map_or(text.as_bytes(), |(bytes, _)| bytes);
        let Some((bytes, mut places)) = decode(bytes) else {
            break;
        };
        if let Some((_, origins)) = &encoded {
            for place in &mut places {
                *place = origins[*place];
            }
        }
        let mut found = Vec::new();
        find(&bytes, cut, &mut found);
        masks.extend(found.into_iter().map(|mask| places[mask.start]..places[mask.end]));
        encoded = Some((bytes, places));
    }
    masks.sort_unstable_by_key(|mask| mask.start);
    render(text, &masks, shown)
}

/// All rules read the original text, so no rule depends on what another rule has masked.
fn find(bytes: &[u8], cut: bool, masks: &mut Vec<Range<usize>>) {
    let text = Scan::new(bytes);
    urls::find_passwords(text, cut, masks);
    urls::find_bare_passwords(text, masks);
    paths::find(text, masks);
    fields::find(text, masks);
}

/// The text without its percent encoding, and for each byte and for the end its position in `bytes`. `None` if nothing
/// is encoded.
fn decode(bytes: &[u8]) -> Option<(Vec<u8>, Vec<usize>)> {
    if !bytes.contains(&b'%') {
        return None;
    }
    let hex = |index: usize| char::from(*bytes.get(index)?).to_digit(16);
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut places = Vec::with_capacity(bytes.len() + 1);
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        places.push(at);
        let code = hex(at + 1).zip(hex(at + 2)).filter(|_| byte == b'%');
        let code = code.and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        decoded.push(code.unwrap_or(byte));
        at += if code.is_some() { 3 } else { 1 };
    }
    places.push(at);
    (decoded.len() < bytes.len()).then_some((decoded, places))
}

fn render(text: &str, masks: &[Range<usize>], shown: usize) -> String {
    let mut line = String::with_capacity(text.len());
    let mut copied = 0;
    for mask in masks {
        let start = boundary::floor(text, mask.start);
        if start >= shown {
            break;
        }
        if start > copied || copied == 0 {
            push_line(&mut line, &text[copied..start]);
            line.push_str(MASK);
        }
        copied = copied.max(boundary::ceil(text, mask.end));
    }
    if copied < shown {
        push_line(&mut line, &text[copied..boundary::floor(text, shown)]);
    }
    line
}

fn push_line(line: &mut String, text: &str) {
    line.extend(text.chars().map(|c| if c.is_control() { ' ' } else { c }));
}
