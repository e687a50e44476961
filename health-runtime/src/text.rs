//! Text from outside: bounded, on one line, and without credentials, before it is stored, logged or shown.

use std::error::Error;
use std::fmt::{self, Write};
use std::sync::Arc;

/// More of an error nobody reads; a driver may quote a whole page.
const LIMIT: usize = 1024;

/// How much is looked at: enough that a URL that begins within the limit ends within this.
const READ: usize = 8 * LIMIT;

/// How many sources of an error are told: it may be its own.
const SOURCES: usize = 16;

const MASK: &str = "***";

/// Words before a `=` or `:` whose value is a secret.
const SECRETS: [&str; 8] = [
    "password",
    "passwd",
    "pwd",
    "secret",
    "token",
    "api_key",
    "apikey",
    "access_key",
];

/// An error with its sources, cleaned.
pub(crate) fn of_error(error: &(dyn Error + 'static)) -> Arc<str> {
    let mut text = Bounded::default();
    // Ends early where the bound is reached, however much an error has to say.
    let _ = write_chain(&mut text, error);
    clean(&text.0)
}

fn write_chain(text: &mut Bounded, error: &(dyn Error + 'static)) -> fmt::Result {
    write!(text, "{error}")?;
    let sources = std::iter::successors(error.source(), |cause| (*cause).source());
    for cause in sources.take(SOURCES) {
        let mut words = Bounded::default();
        let _ = write!(words, "{cause}");
        // Many errors print their source themselves.
        if !text.0.contains(&words.0) {
            write!(text, ": {}", words.0)?;
        }
    }
    Ok(())
}

/// Bounds the text, puts it on one line and masks the credentials in it.
pub(crate) fn clean(text: &str) -> Arc<str> {
    let mut bounded = Bounded::default();
    let _ = bounded.write_str(text);
    let line: String = bounded
        .0
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let mut masked = mask_words(&mask_urls(&line));
    masked.truncate(masked.floor_char_boundary(LIMIT));
    masked.into()
}

/// `scheme://user:secret@host` → `scheme://***@host`.
fn mask_urls(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("://") {
        let (before, after) = rest.split_at(start + 3);
        masked.push_str(before);
        // The last `@` counts: a password may hold one that nobody has escaped.
        let authority = after
            .find(|c: char| c.is_whitespace() || "/?#\"'`<>".contains(c))
            .unwrap_or(after.len());
        let user = after[..authority].rfind('@').or_else(|| unescaped_password(after));
        if let Some(at) = user {
            masked.push_str(MASK);
            rest = &after[at..];
        } else {
            rest = after;
        }
    }
    masked.push_str(rest);
    masked
}

/// Where the `@` stands after a password that holds one of the characters that end a host, as in
/// `postgres://user:se/cret@host`: the last of the word, if a `:` stands before its first such character.
fn unescaped_password(after: &str) -> Option<usize> {
    let word = after.find(char::is_whitespace).unwrap_or(after.len());
    let at = after[..word].rfind('@')?;
    let colon = after[..at].find(':')?;
    let port = after[colon + 1..at].chars().next().is_some_and(|c| c.is_ascii_digit());
    let path = after[..colon].contains('/');
    (!path && !port).then_some(at)
}

/// `password=secret` → `password=***`.
fn mask_words(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut masked = String::with_capacity(text.len());
    let mut copied = 0;
    for (sign, _) in text.match_indices(['=', ':']) {
        let key = lower[..sign].trim_end_matches(['"', '\'', ' ']);
        if sign < copied || !SECRETS.iter().any(|secret| key.ends_with(secret)) {
            continue;
        }
        let value = sign + 1;
        let value = value + (text[value..].len() - text[value..].trim_start_matches([' ', '"', '\'']).len());
        let end = text[value..].find(|c: char| c.is_whitespace() || "&;,\"')}".contains(c));
        let end = end.map_or(text.len(), |end| value + end);
        if end > value {
            masked.push_str(&text[copied..value]);
            masked.push_str(MASK);
            copied = end;
        }
    }
    masked.push_str(&text[copied..]);
    masked
}

/// A string that takes no more than [`READ`] bytes.
#[derive(Default)]
struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = READ - self.0.len();
        if text.len() <= room {
            self.0.push_str(text);
            return Ok(());
        }
        self.0.push_str(&text[..text.floor_char_boundary(room)]);
        Err(fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_in_urls_are_masked() {
        for (text, expected) in [
            ("postgres://user:secret@host/db", "postgres://***@host/db"),
            (
                "cannot reach redis://:secret@host:6379: refused",
                "cannot reach redis://***@host:6379: refused",
            ),
            ("amqp://u:p@ss@host, amqp://u:q@b", "amqp://***@host, amqp://***@b"),
            ("postgres://user:se/cr?et#@host/db", "postgres://***@host/db"),
            ("https://host/path mail a@b.c", "https://host/path mail a@b.c"),
            ("https://host:8080/at@sign", "https://host:8080/at@sign"),
            ("\"mysql://root:x@h\"", "\"mysql://***@h\""),
        ] {
            assert_eq!(&*clean(text), expected);
        }
    }

    #[test]
    fn secrets_behind_their_name_are_masked() {
        for (text, expected) in [
            ("host=h password=s3cret user=u", "host=h password=*** user=u"),
            ("https://h/?token=abc&x=1", "https://h/?token=***&x=1"),
            ("{\"api_key\": \"abc\"}", "{\"api_key\": \"***\"}"),
            ("Password: hunter2, retry", "Password: ***, retry"),
            ("no password given", "no password given"),
        ] {
            assert_eq!(&*clean(text), expected);
        }
    }

    #[test]
    fn text_is_bounded_and_on_one_line() {
        assert_eq!(&*clean("a\r\nb\u{1b}[31m"), "a  b [31m");
        assert_eq!(clean(&"ä".repeat(LIMIT)).len(), LIMIT);
    }

    #[test]
    fn an_error_without_end_is_cut() {
        #[derive(Debug)]
        struct Endless;
        impl fmt::Display for Endless {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                loop {
                    f.write_str("and on ")?;
                }
            }
        }
        impl Error for Endless {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(self)
            }
        }
        assert_eq!(of_error(&Endless).len(), LIMIT);
    }

    #[test]
    fn the_sources_of_an_error_are_told_once() {
        #[derive(Debug)]
        struct Outer(std::num::ParseIntError, bool);
        impl fmt::Display for Outer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                if self.1 {
                    write!(f, "bad port: {}", self.0)
                } else {
                    f.write_str("bad port")
                }
            }
        }
        impl Error for Outer {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(&self.0)
            }
        }
        for prints_source in [true, false] {
            let error = "x".parse::<u16>().expect_err("no number");
            assert_eq!(
                &*of_error(&Outer(error, prints_source)),
                "bad port: invalid digit found in string"
            );
        }
    }
}
