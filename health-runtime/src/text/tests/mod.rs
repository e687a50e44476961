//! What is masked and what stays, for single texts.

use super::*;

mod kept;
mod masked;
mod properties;

const MASK: &str = "***";

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
fn secrets_after_their_name_are_masked() {
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
fn an_endless_error_is_cut() {
    #[derive(Debug)]
    struct Endless(bool);
    impl fmt::Display for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            loop {
                f.write_str("and on ")?;
                if !self.0 {
                    return Ok(());
                }
            }
        }
    }
    impl Error for Endless {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(self)
        }
    }
    assert_eq!(of_error(&Endless(true)).len(), LIMIT);
    assert_eq!(&*of_error(&Endless(false)), "and on ", "it is its own source");
}

#[test]
fn the_sources_of_an_error_are_written_once() {
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

#[test]
fn a_secret_at_the_cut_is_not_shown() {
    for secret in [
        format!("postgres://app:{}@db/orders", "HUNTER2".repeat(400)),
        format!("postgres://app:12{}@db/orders", "HUNTER2".repeat(100)),
        format!("https://{}@db/orders", "HUNTER2".repeat(400)),
        format!("postgres%3A%2F%2Fapp%3A{}%40db", "HUNTER2".repeat(400)),
        format!("app:{}@tcp(db)", "HUNTER2".repeat(20)),
        format!("password={}", "HUNTER2".repeat(400)),
        format!("https://api.telegram.org/bot123:{}/getMe", "HUNTER2".repeat(100)),
    ] {
        // A mask before the secret shortens the text, so the part before the cut may be shown.
        for before in (READ - LIMIT - 300..READ + 10).step_by(41) {
            let text = format!("password=\"{}\" {secret} and on", "x".repeat(before));
            let cleaned = clean(&text);
            assert!(!cleaned.contains("HUNTER"), "{before}: {cleaned}");
        }
    }
}

#[test]
fn a_mask_never_splits_a_character() {
    for (text, expected) in [
        ("é://ü:ß@ö", "é://***@ö"),
        ("ü_password=ü", "ü_password=***"),
        ("token=日本語", "token=***"),
        ("%C3token%3D%E6%97%A5%C3", "%C3token%3D***"),
        ("passwort: ü", "passwort: ü"),
    ] {
        assert_eq!(&*clean(text), expected);
    }
}
