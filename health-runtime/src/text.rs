//! Text from outside: bounded, on one line, and without credentials, before it is stored, logged or shown.
//!
//! Masked are passwords in URLs, and what follows words such as `password=` or `token:`. A text that hides a secret in
//! another way is shown as it is: which is why errors are not public unless a service says so.

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
const SECRETS: [&str; 21] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "pass",
    "secret",
    "secret_key",
    "secretkey",
    "token",
    "api_key",
    "api-key",
    "apikey",
    "access_key",
    "accesskey",
    "accountkey",
    "signature",
    "authorization",
    "cookie",
    "private_key",
    "?sig",
    "&sig",
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
    // URLs first: a line end in a password (read from a file) must not end it.
    let line: String = mask_urls(&bounded.0)
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let mut masked = mask_words(&line);
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
            .find(|c: char| is_space(c) || "/?#\"'`<>".contains(c))
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
    let word = after.find(is_space).unwrap_or(after.len());
    let at = after[..word].rfind('@')?;
    let colon = after[..at].find(':')?;
    let port = after[colon + 1..at].trim_start_matches(|c: char| c.is_ascii_digit());
    let port = port.len() < at - colon - 1 && port.starts_with(['/', '?', '#']);
    let path = after[..colon].contains('/');
    (!path && !port).then_some(at)
}

fn is_space(c: char) -> bool {
    c.is_whitespace() && !c.is_control()
}

/// `password=secret` → `password=***`.
fn mask_words(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut masked = String::with_capacity(text.len());
    let mut copied = 0;
    for (sign, _) in text.match_indices(['=', ':']) {
        let key = lower[..sign].trim_end_matches(['"', '\'', ' ', '\\']);
        if sign < copied || !SECRETS.iter().any(|secret| key.ends_with(secret)) {
            continue;
        }
        let mut value = sign + 1;
        loop {
            let rest = lower[value..].trim_start_matches([' ', '\\']);
            let rest = ["some(", "bearer ", "basic "]
                .iter()
                .find_map(|word| rest.strip_prefix(word))
                .unwrap_or(rest);
            let start = lower.len() - rest.len();
            if start == value {
                break;
            }
            value = start;
        }
        // What is quoted ends with its quote, and not at a blank.
        let first = text[value..].chars().next();
        let close = first.and_then(|first| match first {
            '"' | '\'' => Some(first),
            '{' => Some('}'),
            _ => None,
        });
        value += usize::from(close.is_some());
        let end = text[value..].find(|c: char| match close {
            Some(close) => c == close,
            None => c.is_whitespace() || "&;,\"')}".contains(c),
        });
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
    fn secrets_in_the_texts_of_drivers_are_masked() {
        for text in [
            r#"Config { user: "u", password: Some("HUNTER2") }"#,
            "for url (https://b.s3.amazonaws.com/k?X-Amz-Credential=AKIAX%2F2026&X-Amz-Signature=HUNTER2)",
            "https://a.blob.core.windows.net/c?sv=2022&sig=HUNTER2",
            "Authorization: Bearer HUNTER2",
            "authorization: Basic HUNTER2==",
            r#"{"authorization": "Bearer HUNTER2"}"#,
            "x-api-key: HUNTER2",
            "Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=HUNTER2=",
            "AccountName=a;AccountKey=HUNTER2==;EndpointSuffix=core.windows.net",
            "s3 secret_key=HUNTER2 region=eu",
            r#"Credentials { access_key_id: "AKIA", secretAccessKey: "HUNTER2" }"#,
            r#"PlainLoginModule required username="u" password="correct HUNTER2";"#,
            "host=h user=u password='correct HUNTER2' dbname=d",
            r#"bad config "{\"password\":\"HUNTER2\"}""#,
            "connect redis://:HUNTER2\n@host:6379",
            "sasl.password=HUNTER2",
            "mongodb+srv://u:HUNTER2@c.mongodb.net/?x=y",
            "amqp://u:HUNTER2@h:5672/%2f",
            "PGPASSWORD=HUNTER2 psql",
            "REDIS_PASS=HUNTER2",
            "user=u pass=HUNTER2",
            "Cookie: session=HUNTER2",
            "Password={a;HUNTER2};Server=x",
            "private_key=HUNTER2",
            "passphrase: HUNTER2",
        ] {
            let cleaned = clean(text);
            assert!(!cleaned.contains("HUNTER2") && cleaned.contains(MASK), "{cleaned}");
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
