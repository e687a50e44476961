//! What only the answers with the page have: the headers for its safety, and the end of its events.

use std::hash::{BuildHasher as _, RandomState};

use bytes::Bytes;

use crate::format::{Format, page};
use crate::http::{Answer, ProbeRequest};

/// The answer with the page or an event, given the answer with what the format rendered.
pub(super) fn complete(answer: Answer, format: Format) -> Answer {
    match format {
        Format::Page => document(answer),
        // A browser stops asking after an answer with another code. The status of the probe is in the event.
        Format::Events => Answer { status: 200, ..answer },
        _ => answer,
    }
}

/// The answer to a browser that has heard of the drain. A browser takes 204 as the end of the events, and asks no more
/// (HTML Standard, section 9.2).
pub(super) fn end_of_events(format: Format, request: &ProbeRequest<'_>) -> Option<Answer> {
    let is_over = format == Format::Events && request.last_event_id == Some(page::DRAINING);
    is_over.then(|| Answer {
        content_type: Some(format.content_type()),
        ..Answer::error(204, true, Bytes::new())
    })
}

/// The whole page. The nonce allows its own style and script, and nothing else is loaded or run.
fn document(answer: Answer) -> Answer {
    let nonce = nonce();
    let body = page::document(&answer.body, &nonce);
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'; img-src data:; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    Answer {
        length: body.len(),
        body,
        ..answer
    }
    .with_header("content-security-policy", policy)
    .with_header("referrer-policy", "no-referrer")
}

/// 128 random bits as 32 hexadecimal digits. `RandomState` has keys from the random numbers of the operating system,
/// and its hashes cannot be predicted without the keys (`SipHash`), so no crate for random numbers is needed.
fn nonce() -> String {
    let state = RandomState::new();
    format!("{:016x}{:016x}", state.hash_one(0_u8), state.hash_one(1_u8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_nonces_are_equal() {
        let nonces: std::collections::BTreeSet<_> = (0..1000).map(|_| nonce()).collect();
        assert_eq!(nonces.len(), 1000);
        assert!(nonces.iter().all(|nonce| nonce.len() == 32));
    }
}
