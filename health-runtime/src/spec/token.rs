//! [`Token`]: the secret that the internal port asks for.

use std::fmt;

use subtle::ConstantTimeEq as _;

/// The fewest characters of a token. With 16 random ones, nobody guesses it.
const SHORTEST: usize = 16;
const LONGEST: usize = 256;

/// A bearer token. Its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token(Box<str>);

impl Token {
    /// Takes a token of the form `b64token` of RFC 6750. The error does not contain the token.
    pub(crate) fn new(text: String) -> Result<Self, String> {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
        if !(SHORTEST..=LONGEST).contains(&text.len()) {
            return Err(format!(
                "`internal_token` is {} characters long; use {SHORTEST} to {LONGEST} random characters",
                text.len()
            ));
        }
        if !text.chars().all(is_allowed) {
            return Err(
                "`internal_token` has a character that a bearer token cannot have; use letters, digits, `-`, `.`, `_`, `~`, `+`, `/` and `=`"
                    .to_owned(),
            );
        }
        Ok(Self(text.into()))
    }

    /// Whether this is the token. How long this takes does not depend on how much of it is right.
    pub(crate) fn is(&self, given: &str) -> bool {
        self.0.as_bytes().ct_eq(given.as_bytes()).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::hint::black_box;
    use std::process::Command;

    use super::*;

    const SECRET: &str = "0123456789abcdefghijklmnopqrstuv";

    #[test]
    fn a_token_of_another_form_is_refused_without_being_shown() {
        for wrong in [
            "short-one",
            &"x".repeat(257),
            "spaces are not for tokens",
            "0123456789abcdef;",
            "0123456789abcdé",
        ] {
            let error = Token::new(wrong.to_owned()).expect_err("it is refused");
            assert!(
                !error.contains(wrong) && error.starts_with("`internal_token`"),
                "{error}"
            );
        }
        assert!(Token::new("a".repeat(16)).is_ok() && Token::new("~".repeat(256)).is_ok());
    }

    #[test]
    fn only_the_whole_token_is_right_and_debug_does_not_show_it() {
        let token = Token::new(SECRET.to_owned()).expect("a valid token");
        assert!(token.is(SECRET));
        for wrong in [
            "",
            "0",
            &SECRET[1..],
            &SECRET[..31],
            &format!("{SECRET}v"),
            &SECRET.to_uppercase(),
        ] {
            assert!(!token.is(wrong), "{wrong}");
        }
        assert_eq!(format!("{token:?}"), "Token(***)");
    }

    /// Only callgrind looks at this function.
    #[inline(never)]
    fn compare_once(token: &Token, given: &str) -> bool {
        black_box(token.is(black_box(given)))
    }

    /// Compares a token whose first characters are right. Their number is in a variable.
    #[test]
    #[ignore = "a child process of the next test"]
    fn the_compared_child() {
        let right: usize = env::var("RIGHT").expect("set by the parent").parse().expect("a number");
        let given = format!("{}{}", "x".repeat(right), "-".repeat(LONGEST - right));
        let token = Token::new("x".repeat(LONGEST)).expect("a valid token");
        assert!(!compare_once(&token, &given));
    }

    #[test]
    fn a_wrong_token_costs_the_same_instructions_whichever_part_of_it_is_right() {
        if Command::new("valgrind").arg("--version").output().is_err() {
            assert!(
                env::var_os("HEALTH_REQUIRE_SERVICES").is_none(),
                "valgrind is not installed"
            );
            eprintln!("skipped: valgrind is not installed");
            return;
        }
        let counts = [0, 1, 100, 200, 255].map(instructions);
        assert!(
            counts[0] > 0 && counts.iter().all(|count| *count == counts[0]),
            "{counts:?}"
        );
    }

    fn instructions(right: usize) -> u64 {
        let output = Command::new("valgrind")
            .args([
                "--tool=callgrind",
                "--callgrind-out-file=/dev/null",
                "--toggle-collect=*compare_once*",
            ])
            .arg(env::current_exe().expect("the test itself"))
            .args([
                "--exact",
                "spec::token::tests::the_compared_child",
                "--ignored",
                "--test-threads=1",
            ])
            .env("RIGHT", right.to_string())
            .output()
            .expect("valgrind runs");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}");
        let collected = text.split("Collected :").nth(1).expect("callgrind prints the count");
        collected
            .split_whitespace()
            .next()
            .expect("a number")
            .parse()
            .expect("a number")
    }
}
