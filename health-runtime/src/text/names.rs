//! The word lists of the rules: names of secrets, ordinary words, and the beginnings of well-known tokens.
//!
//! The lists are in lower case. Names are compared without `_`, `-` and digits at the end.

use crate::text::scan::Scan;

/// A list of words, written without quotes and commas.
macro_rules! words {
    ($($word:ident)*) => { &[$(stringify!($word)),*] };
}

/// Names of secrets. They count also at the end of a longer name: `PGPASSWORD`, `Ocp-Apim-Subscription-Key`.
pub(super) const SECRETS: &[&str] = words! {
    password passwd passphrase passcode passkey pass pwd secret token bearer authorization cookie signature mnemonic
    seedphrase apikey accesskey accountkey secretkey privatekey sharedkey masterkey signingkey encryptionkey
    decryptionkey subscriptionkey functionkey functionskey storagekey licensekey authkey servicekey deploykey appkey
    applicationkey clientkey consumerkey ingestkey ingestionkey instrumentationkey integrationkey writekey adminkey
    hmackey sessionkey accesscode authcode clientassertion secretkeybase
};

/// Names that count only as the last part of a name: `db_pw`, not `mpw`.
const SHORT: &[&str] = words! { pw psk sas otp jwt sig };

/// Names that end like the name of a secret but are not.
const OTHERS: &[&str] = words! { bypass compass encompass surpass trespass underpass overpass };

/// Names that count only if a quoted text follows: `auth: Some("x")`.
const IF_QUOTED: &[&str] = words! { auth passwords secrets tokens credentials apikeys };

/// Names that count in the query of a URL, besides all that end with `auth` or `key`.
pub(super) const IN_QUERY: &[&str] = words! {
    code appid hash hmac pin session sessionid sid ticket assertion codeverifier credentials creds samlrequest
    samlresponse access api
};

/// Names in a query that end with `key` and are not secret.
const ORDINARY_KEYS: &[&str] = words! {
    primarykey foreignkey publickey partitionkey sortkey routingkey rowkey cachekey groupkey
};

/// Words before `key` that make it the name of a secret: `api key: x`.
const KEY_KINDS: &[&str] = words! {
    api access account secret private shared signing encryption subscription license master storage
};

/// Types that contain a secret, besides those that end with the name of a secret: `SecretString("x")`,
/// `Basic("u", "x")`.
const WRAPPERS: &[&str] = words! {
    secretstring secretstr secretbox secretvec secretslice secretbytes secretvalue passwordstring protectedstring
    sensitive zeroizing hidden basic
};

/// The first parts of the names of errors: `InvalidToken("no expiry")`.
const ERRORS: &[&str] = words! {
    invalid unexpected expected missing expired unknown bad wrong no unsupported empty malformed incorrect duplicate
};

/// Values that are never secret and help an operator.
const HARMLESS: &[&str] = words! { none null nil true false undefined sensitive redacted };

/// First words of a message about a secret: `token: expired at noon`.
const PROSE: &[&str] = words! {
    a access already an are authentication bad broken cancelled cannot client connect connection could database
    deadline decode decoding degraded denied disabled dns does empty end error expected expired failed failure for
    forbidden found from got healthy host http https in incorrect internal invalid io is length malformed mismatch
    missing must network no not of operation os panicked parse pending permission provided refused rejected request
    required service set should ssl stale tcp the time timed timeout tls to too unable unauthorized unavailable
    unexpected unhealthy unknown unsupported was while with wrong you
};

/// Words after `Bearer` in a sentence, besides those above: `Bearer token is missing`.
const AFTER_SCHEME: &[&str] = words! {
    and api auth authorization but challenge charset credential credentials format header or method prefix realm
    scheme scope string token tokens type value values
};

/// Words with a digit that are not secret.
const TECHNICAL: &[&str] = words! {
    argon2 base32 base64 ed25519 es256 h2 hs256 http1 http2 ipv4 ipv6 k8s oauth2 pkcs1 pkcs8 rs256 sha256 utf8 x509
};

/// Parts of a path that come before a token: `/token/x`.
const BEFORE_TOKEN: &[&str] = words! { token accesstoken apikey apitoken key };

/// Schemes before the credentials of an `Authorization` header.
const SCHEMES: &[&str] = words! {
    bearer basic token digest negotiate ntlm apikey sharedkey sharedkeylite hawk dpop oauth splunk bot key aws4hmacsha
};

/// The first bytes of well-known tokens, and the least number of bytes that follow.
const SHAPES: &[(usize, &[&str])] = &[
    (8, &["sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"]),
    (
        8,
        &["xoxa-", "xoxb-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xapp-"],
    ),
    (12, &["glpat-"]),
    (
        16,
        &[
            "AKIA",
            "ASIA",
            "eyJ",
            "ghp_",
            "gho_",
            "ghu_",
            "ghs_",
            "ghr_",
            "github_pat_",
            "shpat_",
            "ya29.",
            "hvs.",
        ],
    ),
    (20, &["sk-", "SG.", "hf_"]),
    (30, &["AIza", "npm_", "pypi-", "dapi", "dop_v1_"]),
];

fn is_one_of(word: &str, list: &[&str]) -> bool {
    list.contains(&word)
}

/// A word in the form in which it is compared: lower case, without `_`, `-` and digits at the end. Only the last 64
/// bytes count.
fn plain(word: &[u8]) -> String {
    let word = &word[word.len().saturating_sub(64)..];
    let mut plain: String = word
        .iter()
        .filter(|byte| byte.is_ascii_alphanumeric())
        .map(|byte| char::from(byte.to_ascii_lowercase()))
        .collect();
    let name = plain.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    if name < plain.len() {
        plain.truncate(name);
        plain.truncate(plain.strip_suffix('v').unwrap_or(&plain).len()); // `api_key_v2`
    }
    plain
}

/// Whether the value of this name is always a secret.
pub(super) fn is_secret(name: &[u8]) -> bool {
    let last = name
        .rsplit(|byte| matches!(byte, b'_' | b'-'))
        .next()
        .unwrap_or_default();
    let name = plain(name);
    is_one_of(&plain(last), SHORT) || (SECRETS.iter().any(|secret| name.ends_with(secret)) && !is_one_of(&name, OTHERS))
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
    name.first().is_some_and(u8::is_ascii_uppercase) && {
        let plain = plain(name);
        is_one_of(&plain, WRAPPERS) || plain.ends_with("credentials") || is_secret(name)
    }
}

/// Whether every field of a struct of this name is secret: `Secret { inner: "x" }`. With a longer name
/// (`AccessTokenProvider`, `Credentials`), the names of the fields decide.
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

/// Whether this is a usual first word of a message, or the name of an error: `InvalidToken`.
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

/// Whether a token follows this part of a path.
pub(super) fn is_before_token(part: &[u8]) -> bool {
    is_one_of(&plain(part), BEFORE_TOKEN)
}

/// The least length of the well-known token that begins with these bytes, if there is one.
pub(super) fn token_length(text: &[u8]) -> Option<usize> {
    let mut shapes = SHAPES
        .iter()
        .flat_map(|(more, prefixes)| prefixes.iter().map(move |prefix| (prefix, more)));
    let (prefix, more) = shapes.find(|(prefix, _)| text.starts_with(prefix.as_bytes()))?;
    Some(prefix.len() + more)
}

/// The word of a sentence at `start`, without the punctuation after it.
pub(super) fn prose_word(text: Scan<'_>, start: usize) -> Option<&[u8]> {
    let end = text.find(start, |byte| {
        byte.is_ascii_whitespace() || matches!(byte, b',' | b';' | b'"' | b'(')
    });
    let word = text.slice(start, end);
    let trimmed = word.iter().rposition(|byte| !b".:!?)'".contains(byte))?;
    Some(&word[..=trimmed])
}

/// Whether a word of a sentence looks like a secret: it has letters and digits, or signs that no word has.
pub(super) fn is_opaque(word: &[u8]) -> bool {
    let has = |class: fn(&u8) -> bool| word.iter().any(class);
    let digits = has(u8::is_ascii_digit);
    let letters = has(u8::is_ascii_alphabetic);
    let lower = String::from_utf8_lossy(word).to_ascii_lowercase();
    let path = lower.contains("::") || lower.contains("://");
    let signs = word.iter().any(|byte| b"!@#$%^&*+=~".contains(byte)) && word.iter().any(u8::is_ascii_alphanumeric);
    !path && !is_one_of(&lower, TECHNICAL) && (signs || (digits && letters) || (word.len() >= 16 && is_random(word)))
}

/// Whether upper case, lower case and digits alternate more often than in any name.
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
