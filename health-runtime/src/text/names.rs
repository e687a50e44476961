//! The words that decide: names of secrets, words of ordinary prose, and the beginnings of well-known tokens.
//!
//! Lists are in lower case. Names are compared without `_`, `-` and the digits at their end.

/// Names whose value is a secret, at the end of a longer name too: `PGPASSWORD`, `Ocp-Apim-Subscription-Key`.
const SECRETS: &str = "password passwd passphrase passcode passkey pass pwd secret token bearer authorization cookie \
    signature mnemonic seedphrase apikey accesskey accountkey secretkey privatekey sharedkey masterkey signingkey \
    encryptionkey decryptionkey subscriptionkey functionkey functionskey storagekey licensekey authkey servicekey \
    deploykey appkey applicationkey clientkey consumerkey ingestkey ingestionkey instrumentationkey integrationkey \
    writekey adminkey hmackey sessionkey accesscode authcode";

/// Names that are secret as the last part of a name only: `db_pw`, not `mpw`.
const SHORT: &str = "pw psk sas otp";

/// Words that end like a secret and are none.
const OTHERS: &str = "bypass compass encompass surpass trespass underpass overpass";

/// Names that are secret where a quoted text follows: `auth: Some("x")`.
const IF_QUOTED: &str = "auth jwt sig passwords secrets tokens credentials apikeys";

/// Names that are secret in the query of a URL, besides all that end with `auth` or `key`.
const IN_QUERY: &str = "code sig jwt appid hash hmac pin session sessionid sid ticket assertion clientassertion \
    codeverifier credentials creds samlrequest samlresponse access api";

/// Keys that are no secret in a query.
const ORDINARY_KEYS: &str = "primarykey foreignkey publickey partitionkey sortkey routingkey rowkey cachekey groupkey";

/// The word before `key` that makes it a secret: `api key: x`.
const KEY_KINDS: &str = "api access account secret private shared signing encryption subscription license master \
    storage";

/// Types around a secret, besides those that end with the name of one: `SecretString("x")`, `Basic("u", "x")`.
const WRAPPERS: &str = "secretstring secretstr secretbox secretvec secretslice secretbytes secretvalue \
    passwordstring protectedstring sensitive zeroizing hidden basic credentials";

/// How the name of an error begins: `InvalidToken("no expiry")`.
const ERRORS: [&str; 14] = [
    "invalid",
    "unexpected",
    "expected",
    "missing",
    "expired",
    "unknown",
    "bad",
    "wrong",
    "no",
    "unsupported",
    "empty",
    "malformed",
    "incorrect",
    "duplicate",
];

/// Values that help an operator and nobody else.
const HARMLESS: &str = "none null nil true false undefined sensitive redacted";

/// First words of what is said about a secret: `token: expired at noon`.
const PROSE: &str = "a access already an are authentication bad broken cancelled cannot client connect connection could \
    database deadline decode decoding degraded denied disabled dns does empty end error expected expired failed failure \
    for forbidden found from got healthy host http https in incorrect internal invalid io is length malformed \
    mismatch missing must network no not of operation os panicked parse pending permission provided refused rejected \
    request required service set should ssl stale tcp the time timed timeout tls to too unable unauthorized unavailable \
    unexpected unhealthy unknown unsupported was while with wrong you";

/// Words after `Bearer` in prose, besides those above: `Bearer token is missing`.
const AFTER_SCHEME: &str = "and api auth authorization but challenge charset credential credentials format header or \
    method prefix realm scheme scope string token tokens type value values";

/// Words with a digit that are no secret.
const TECHNICAL: &str = "argon2 base32 base64 ed25519 es256 h2 hs256 http1 http2 ipv4 ipv6 k8s oauth2 pkcs1 pkcs8 rs256 \
    sha256 utf8 x509";

/// Schemes before the credentials of an `Authorization` header.
const SCHEMES: &str = "bearer basic token digest negotiate ntlm apikey sharedkey sharedkeylite hawk dpop oauth splunk \
    bot key aws4hmacsha";

/// How a well-known token begins, and how many bytes follow at least.
const SHAPES: [(&str, usize); 35] = [
    ("AKIA", 16),
    ("ASIA", 16),
    ("AIza", 30),
    ("eyJ", 16),
    ("sk-", 20),
    ("ghp_", 16),
    ("gho_", 16),
    ("ghu_", 16),
    ("ghs_", 16),
    ("ghr_", 16),
    ("github_pat_", 16),
    ("glpat-", 12),
    ("sk_live_", 8),
    ("sk_test_", 8),
    ("rk_live_", 8),
    ("rk_test_", 8),
    ("whsec_", 8),
    ("xoxa-", 8),
    ("xoxb-", 8),
    ("xoxe-", 8),
    ("xoxo-", 8),
    ("xoxp-", 8),
    ("xoxr-", 8),
    ("xoxs-", 8),
    ("xapp-", 8),
    ("npm_", 30),
    ("hf_", 24),
    ("shpat_", 16),
    ("dop_v1_", 32),
    ("pypi-", 32),
    ("dapi", 32),
    ("SG.", 20),
    ("ya29.", 16),
    ("hvs.", 16),
    ("hvb.", 16),
];

fn is_one_of(word: &str, list: &str) -> bool {
    list.split_ascii_whitespace().any(|other| other == word)
}

/// A word for comparison: in lower case, without `_`, `-` and the digits at its end. Of a long word, only its end.
fn plain(word: &[u8]) -> String {
    let word = &word[word.len().saturating_sub(64)..];
    let mut plain: String = word
        .iter()
        .filter(|byte| byte.is_ascii_alphanumeric())
        .map(|byte| char::from(byte.to_ascii_lowercase()))
        .collect();
    plain.truncate(plain.trim_end_matches(|c: char| c.is_ascii_digit()).len());
    plain
}

/// Whether the value of this name is always a secret.
pub(super) fn is_secret(name: &[u8]) -> bool {
    let last = name
        .rsplit(|byte| matches!(byte, b'_' | b'-'))
        .next()
        .unwrap_or_default();
    let name = plain(name);
    is_one_of(&plain(last), SHORT)
        || (SECRETS.split_ascii_whitespace().any(|secret| name.ends_with(secret)) && !is_one_of(&name, OTHERS))
}

pub(super) fn is_password(name: &[u8]) -> bool {
    let name = plain(name);
    ["password", "passwd", "passphrase"]
        .iter()
        .any(|end| name.ends_with(end))
}

pub(super) fn is_secret_if_quoted(name: &[u8]) -> bool {
    is_one_of(&plain(name), IF_QUOTED)
}

pub(super) fn is_secret_in_query(name: &[u8]) -> bool {
    let name = plain(name);
    let key = name.ends_with("key") && !is_one_of(&name, ORDINARY_KEYS);
    key || name.ends_with("auth") || is_one_of(&name, IN_QUERY)
}

/// Whether the two words name a secret together: `api key`.
pub(super) fn is_secret_key(kind: &[u8], key: &[u8]) -> bool {
    key.eq_ignore_ascii_case(b"key") && is_one_of(&plain(kind), KEY_KINDS)
}

/// Whether this type holds a secret.
pub(super) fn is_wrapper(name: &[u8]) -> bool {
    name.first().is_some_and(u8::is_ascii_uppercase) && (is_one_of(&plain(name), WRAPPERS) || is_secret(name))
}

/// Whether a struct of this name holds nothing but a secret, under whatever name: `Secret { inner: "x" }`. In a longer
/// name (`AccessTokenProvider`, `Credentials`) the fields say themselves what they are.
pub(super) fn is_wrapper_struct(name: &[u8]) -> bool {
    let name = plain(name);
    is_one_of(&name, SECRETS) || (name.starts_with("secret") && is_one_of(&name, WRAPPERS))
}

/// Whether this type is an error about a secret.
pub(super) fn is_error(name: &[u8]) -> bool {
    let name = plain(name);
    ERRORS.iter().any(|error| name.starts_with(error)) || name.ends_with("error")
}

pub(super) fn is_harmless(value: &[u8]) -> bool {
    is_one_of(&plain(value), HARMLESS)
}

/// Whether a message begins with this word, or the name of an error: `InvalidToken`.
pub(super) fn is_prose(word: &[u8]) -> bool {
    let letters = word.iter().all(u8::is_ascii_alphabetic);
    let camel = word.first().is_some_and(u8::is_ascii_uppercase)
        && word
            .windows(2)
            .any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
    letters && (is_one_of(&plain(word), PROSE) || (camel && is_error(word)))
}

pub(super) fn is_prose_after_scheme(word: &[u8]) -> bool {
    is_prose(word) || is_one_of(&plain(word), AFTER_SCHEME)
}

pub(super) fn is_scheme(word: &[u8]) -> bool {
    is_one_of(&plain(word), SCHEMES)
}

pub(super) fn is_bearer(word: &[u8]) -> bool {
    word.eq_ignore_ascii_case(b"bearer")
}

pub(super) fn is_basic(word: &[u8]) -> bool {
    word.eq_ignore_ascii_case(b"basic")
}

/// Whether what follows this part of a path is a token: `/token/x`.
pub(super) fn is_before_token(part: &[u8]) -> bool {
    is_one_of(&plain(part), "token accesstoken apikey key apitoken")
}

/// Whether a token of a well-known vendor begins like this, and how long it is at least.
pub(super) fn token_length(text: &[u8]) -> Option<usize> {
    SHAPES
        .iter()
        .find(|(prefix, _)| text.starts_with(prefix.as_bytes()))
        .map(|(prefix, more)| prefix.len() + more)
}

/// Whether a word of a sentence looks like a secret: it has digits between letters, or signs that no word has.
pub(super) fn is_opaque(word: &[u8]) -> bool {
    let has = |class: fn(&u8) -> bool| word.iter().any(class);
    let digits = has(u8::is_ascii_digit);
    let letters = has(u8::is_ascii_alphabetic);
    let lower = String::from_utf8_lossy(word).to_ascii_lowercase();
    let path = lower.contains("::") || lower.contains("://");
    let signs = word.iter().any(|byte| b"!@#$%^&*+=~".contains(byte)) && word.iter().any(u8::is_ascii_alphanumeric);
    !path && !is_one_of(&lower, TECHNICAL) && (signs || (digits && letters) || (word.len() >= 16 && is_random(word)))
}

/// Whether upper case, lower case and digits take turns more often than in any name.
pub(super) fn is_random(word: &[u8]) -> bool {
    let class = |byte: &u8| match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let turns = word
        .windows(2)
        .filter(|pair| class(&pair[0]) != class(&pair[1]))
        .count();
    turns * 3 >= word.len()
}
