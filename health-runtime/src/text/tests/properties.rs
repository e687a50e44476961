//! Properties that hold for every text.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::super::names::{IN_QUERY, SECRETS};
use super::super::scan::READS;
use super::super::{LIMIT, READ, clean};

/// Pieces that the rules look for, and pieces around them.
const PIECES: &[&str] = &[
    "password",
    "PASSWORD",
    "db_pass",
    "token",
    "api key",
    "api_key",
    "x-functions-key",
    "auth",
    "key",
    "code",
    "unexpected",
    "authorization",
    "Cookie",
    "Bearer ",
    "Basic ",
    "bearer",
    "Secret(",
    "SecretString(",
    "Secret { inner: ",
    "Some(",
    "None",
    "InvalidToken(",
    "b\"",
    "://",
    "postgres://",
    "http:/",
    "/",
    "/services/T0",
    "/webhooks/",
    "/bot1:",
    "hooks.slack.com",
    "path: \"/",
    "query: Some(\"",
    "?",
    "&",
    "&amp;",
    "?key=",
    "&sig=",
    "@",
    "a:b@",
    "@tcp(",
    ":3306",
    "=",
    ":",
    ": ",
    "=>",
    "::",
    "\"",
    "\\\"",
    "\\\\\\\"",
    "\\",
    "'",
    "`",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "}}",
    "<",
    ">",
    "<password>",
    ",",
    ";",
    " ",
    "\n",
    "\t",
    "%",
    "%3A",
    "%2F%2F",
    "%40",
    "%253A",
    "%22",
    "%0A",
    "%C3",
    "-----BEGIN PRIVATE KEY-----",
    "-----END ",
    "-----",
    "--token ",
    "AKIA",
    "ghp_",
    "sk-",
    "eyJ",
    "SG.",
    "IDENTIFIED BY ",
    "a",
    "Ab1",
    "x=1",
    "HUNTER2",
    "***",
    "is missing",
    "ä",
    "€",
    "\u{a0}",
    "\u{2028}",
    "\u{1f512}",
    "\0",
    "0123456789abcdef",
];

/// Names as drivers and SDKs spell them.
const NAMES: &[&str] = &[
    "DB_PASSWORD",
    "accessToken",
    "x-api-key",
    "Ocp-Apim-Subscription-Key",
    "x-functions-key",
    "db_pw",
    "jwt",
];

fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![4 => select(PIECES).prop_map(str::to_owned), 1 => any::<String>()];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn every_text_becomes_bounded_and_one_line(text in any_text(), times in select(&[1, 1, 1, 5, 100][..])) {
        let text = text.repeat(times);
        let cleaned = clean(&text);
        prop_assert!(cleaned.len() <= LIMIT);
        prop_assert!(!cleaned.contains(char::is_control));
    }

    #[test]
    fn cleaning_a_clean_text_changes_nothing(text in any_text(), times in select(&[1, 1, 2][..])) {
        let text = text.repeat(times);
        let cleaned = clean(&text);
        prop_assert_eq!(&clean(&cleaned), &cleaned);
    }

    #[test]
    fn a_secret_after_its_name_is_never_kept(
        before in "[a-z ]{0,8}",
        name in prop_oneof![select(SECRETS), select(NAMES)],
        sign in select(&["=", ":", " = ", "=\"", ": \"", "='", "\": \"", "\\\":\\\"", ": Some(\"", ": Some(Secret(\"", "=>", "%3D",
            ": Secret { inner: \"", "=Bearer ", ": b\""][..]),
        prefix in "[ -~&&[^ \"'`]]{0,6}",
        after in "[ -~]{0,20}",
    ) {
        // The prefix is part of the value, so it must not contain a character that ends a value.
        let prefix: String = prefix.chars().filter(|c| c.is_ascii_alphanumeric() || "!$*+.-_/@".contains(*c)).collect();
        let text = format!("{before} {name}{sign}{prefix}HUNTER2{after}");
        let cleaned = clean(&text);
        prop_assert!(!cleaned.contains("HUNTER2"), "{} → {}", text, cleaned);
    }

    #[test]
    fn a_secret_in_a_query_is_never_kept(
        first in "([a-z]{1,4}=[a-z0-9]{1,4}&){0,3}",
        name in prop_oneof![select(SECRETS), select(IN_QUERY), select(NAMES), Just("key"), Just("auth"), Just("hapikey")],
        value in "[A-Za-z0-9._~%/+:@!$'()*,;=-]{0,8}",
        after in "(&[a-z]{1,4}=[a-z]{1,4}){0,3}",
    ) {
        let value = value.replace(|c: char| ",;')".contains(c), "x");
        let cleaned = clean(&format!("GET https://host/path?{first}{name}={value}HUNTER2{after} timed out"));
        prop_assert!(!cleaned.contains("HUNTER2"), "{}", cleaned);
        prop_assert!(cleaned.starts_with("GET https://host/path?") && cleaned.ends_with(" timed out"), "{}", cleaned);
    }

    #[test]
    fn a_password_in_a_url_is_never_kept(
        password in "[ -~&&[^/?# @\"'`<>]]{0,12}",
        encoded in any::<bool>(),
        host in "[a-z]{1,12}",
    ) {
        let url = format!("postgres://app:{password}HUNTER2@{host}/db");
        let url = if encoded {
            url.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02x}") }).collect()
        } else {
            url
        };
        let cleaned = clean(&format!("cannot connect to {url}: refused"));
        prop_assert!(!cleaned.contains("HUNTER2"), "{} → {}", url, cleaned);
        prop_assert!(cleaned.contains(&host), "{} → {}", url, cleaned);
    }
}

/// How many bytes are read to clean `len` bytes of the pattern.
fn reads(pattern: &str, len: usize) -> usize {
    let mut text = pattern.repeat(len / pattern.len() + 1);
    text.truncate(text.floor_char_boundary(len));
    READS.set(0);
    clean(&text);
    READS.get()
}

#[test]
fn the_work_grows_linearly_with_the_length_of_a_text() {
    const PATTERNS: &[&str] = &[
        "://",
        "a://b:c ",
        "a://b:c@",
        "://b:c\"",
        "http://a:b/c?d@e",
        "postgres://u:p w ",
        "\"postgres://u:p w",
        "password=",
        "password:",
        "password: ",
        "a password: ",
        "a password: x",
        "password=\"",
        "password=\\\"",
        "password='",
        "password=(",
        "password={",
        "password: Some(",
        "password: A::B",
        "token:none,",
        "token=a,",
        "password=a;",
        ";password=a ",
        "\"\\\"",
        "\"",
        "\\",
        "\\\"",
        "\\\"password\\\":\\\"",
        "%3A",
        "%",
        "%25",
        "%253A%252F%252F",
        "a:b@",
        "a:b@c(",
        "@",
        "@a",
        "a@tcp(",
        "a:b@c:1",
        "Bearer ",
        "bearer a",
        "Basic ",
        "Basic a ",
        "Basic a",
        "(",
        "[",
        "{",
        "([{",
        "()",
        "Secret(",
        "Secret(Secret(",
        "Secret(a",
        "Secret<",
        "Secret { a: ",
        "InvalidToken(\"",
        "InvalidToken(\\\"a ",
        "auth: (",
        "auth: [",
        "a token: X{ ",
        "a token: X(",
        "/",
        "/a",
        "/services/T",
        "/webhooks/",
        "/bot1:",
        "https://hooks.slack.com/a/",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN ",
        "-----",
        "-",
        "eyJ",
        "eyJ.",
        "sk-aaaa.",
        "SG.aaaa.",
        "?key=",
        "&a=",
        "query: \"",
        "<password>",
        "--token ",
        "authorization: Digest a=\"",
        "authorization=a=b,",
        "cookie: a;",
        "a",
        "a ",
        "A1",
        "=",
        ":",
        ",",
        "ä",
        "\0",
        "\n",
        " ",
    ];
    let wrong: Vec<_> = PATTERNS
        .iter()
        .map(|pattern| (pattern, reads(pattern, READ / 4), reads(pattern, READ)))
        .filter(|(_, short, long)| *long > 5 * short || *long > 200 * READ)
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    // Text beyond the bound is not read.
    assert_eq!(reads("a:b@c ", READ), reads("a:b@c ", 100 * READ));
}
