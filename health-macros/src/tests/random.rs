//! Random tokens in the attributes: valid options, options with one change, or garbage. The macro must either accept
//! the tokens as a list of known options, each once, or refuse them with errors that point into the attribute.
//!
//! A run takes a few seconds and always uses the same tokens. To test a million other inputs for each attribute:
//!
//! ```console
//! export CARGO_PROFILE_RELEASE_BUILD_OVERRIDE_OPT_LEVEL=3 # otherwise release builds do not optimize macros
//! HEALTH_MACROS_CASES=1000000 cargo test --release -p health-macros random
//! ```
//!
//! The test shrinks and prints an input that fails. Add this input to `found` of its [`Subject`], together with the
//! fix. Do not record the seed: with one more option, the same seed generates other tokens.
//!
//! A new option needs nothing here, because the tests read the tables. A new attribute needs a [`Subject`] and a test.

mod accepted;
mod generate;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use proc_macro2::{Span, TokenStream, TokenTree};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestRunner};

use self::accepted::{flat, match_options};
use self::generate::{attribute, with_invisible};
use crate::model::Place;
use crate::model::{CheckOptions, StateOptions};
use crate::tests::{derive, function, rows};

/// The number of inputs for each attribute, unless `HEALTH_MACROS_CASES` is set.
const CASES: u32 = 3_000;

/// The number of inputs from one seed. Each thread, one per CPU, takes one seed at a time.
const CHUNK: u32 = 500;

/// An attribute and the source around it.
struct Subject {
    before: &'static str,
    /// The part of the source that errors may point at. The random tokens replace `{}`.
    blamable: &'static str,
    after: &'static str,
    /// Each option and its example. The macro may accept only values of the same kind as in the example.
    options: BTreeMap<&'static str, &'static str>,
    /// Combinations of options. Some options are valid only in combination, and random inputs rarely combine them.
    together: &'static [&'static str],
    /// Inputs that failed in the past.
    found: &'static [&'static str],
    /// Expands the source.
    expand: fn(TokenStream) -> TokenStream,
    /// Text that every expansion contains, but no stub does.
    expanded: &'static str,
}

#[test]
fn any_tokens_on_a_field_are_known_options_or_give_an_error_at_their_position() {
    test(&Subject {
        before: "struct AppState<T> { #[health_check(name = \"main\")] db: u8, config: u8, ",
        blamable: "#[health_check({})]",
        after: " orders: Pool<T> }",
        options: rows::<CheckOptions>(Place::Field).collect(),
        together: &[
            "liveness, in_process, with = path::to::check",
            "liveness, restart_helps = \"why\"",
            "critical, fail_open",
            "blocking, with = path::to::check",
        ],
        found: &["with = a: :b", "with = a::<=>"],
        expand: derive,
        expanded: "fn register (__checks",
    });
}

#[test]
fn any_tokens_on_a_function_are_known_options_or_give_an_error_at_their_position() {
    test(&Subject {
        before: "",
        blamable: "#[health_check({})]",
        after: " fn look<T: Clone>(state: &AppState<T>) -> bool { true }",
        options: rows::<CheckOptions>(Place::Function).collect(),
        together: &[
            "liveness, in_process",
            "liveness, restart_helps = \"why\"",
            "critical, fail_open",
        ],
        found: &[],
        expand: function,
        expanded: "HealthFn < AppState < T > > for look",
    });
}

#[test]
fn any_tokens_on_the_struct_are_known_options_or_give_an_error_at_their_position() {
    test(&Subject {
        before: "#[derive(Clone)] ",
        blamable: "#[health({})]",
        after: " struct AppState<T> { #[health_check(critical)] db: Pool<T> }",
        options: rows::<StateOptions>(Place::Struct).collect(),
        together: &[],
        found: &["crate = : :a", "crate = <A as B>::c", "=, crate = <A>::c"],
        expand: derive,
        expanded: "fn register (__checks",
    });
}

/// How often each option was accepted, and how many inputs were accepted and refused.
#[derive(Default)]
struct Seen {
    options: BTreeMap<&'static str, u32>,
    accepted: u32,
    refused: u32,
}

fn test(subject: &Subject) {
    let asked = std::env::var("HEALTH_MACROS_CASES").ok();
    let cases = asked
        .as_ref()
        .map_or(CASES, |cases| cases.parse().expect("HEALTH_MACROS_CASES is a number"));
    let first = asked.map_or(0, |_| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
        now.as_secs() << 32
    });
    let (next, failure, seen) = (AtomicU32::new(0), Mutex::new(None), Mutex::new(Seen::default()));
    for tokens in subject.found {
        if let Err(wrong) = judge(subject, tokens, &seen) {
            panic!("{tokens}: {wrong}");
        }
    }
    let work = || {
        let strategy = attribute(subject);
        while failure.lock().unwrap().is_none() {
            let chunk = next.fetch_add(1, Ordering::Relaxed);
            if chunk >= cases.div_ceil(CHUNK) {
                break;
            }
            let mut runner = TestRunner::new(config(first + u64::from(chunk)));
            let result = runner.run(&strategy, |tokens| judge(subject, &tokens, &seen));
            if let Err(wrong) = result {
                failure.lock().unwrap().get_or_insert(wrong);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    if let Some(wrong) = failure.into_inner().unwrap() {
        panic!("{}: {wrong}", subject.blamable);
    }
    let Seen {
        options,
        accepted,
        refused,
    } = seen.into_inner().unwrap();
    println!(
        "{}: {accepted} accepted, {refused} refused, {options:?}",
        subject.blamable
    );
    let floor = cases / 10;
    assert!(
        accepted > floor,
        "only {accepted} of {cases} were right: the garbage is too bad to test anything"
    );
    assert!(
        refused > floor,
        "only {refused} of {cases} were wrong: the garbage is too good to test anything"
    );
    for name in subject.options.keys() {
        assert!(options.contains_key(name), "no random input with `{name}` was accepted");
    }
}

fn config(seed: u64) -> Config {
    Config {
        cases: CHUNK,
        rng_algorithm: RngAlgorithm::XorShift,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        ..Config::default()
    }
}

/// Asserts what must hold for every input.
fn judge(subject: &Subject, tokens: &str, seen: &Mutex<Seen>) -> Result<(), TestCaseError> {
    proc_macro2::extra::invalidate_current_thread_spans(); // Otherwise proc-macro2 keeps every source in memory.
    let Subject {
        before,
        blamable,
        after,
        ..
    } = subject;
    let blamable = blamable.replace("{}", tokens);
    let source: TokenStream = format!("{before}{blamable}{after}").parse().expect("made of tokens");
    let here = Region {
        file: source.clone().into_iter().next().expect("not empty").span().file(),
        range: before.len()..before.len() + blamable.len(),
    };
    let output = (subject.expand)(with_invisible(source));
    let text = output.to_string();

    let errors = compile_errors(&output);
    for error in &errors {
        for span in spans(error) {
            prop_assert!(
                here.contains(span),
                "points at {:?}, outside of the attribute: {text}",
                span.byte_range()
            );
        }
    }
    prop_assert_eq!(
        errors.is_empty(),
        text.contains(subject.expanded),
        "neither errors nor code: {}",
        text
    );

    let tokens = flat(with_invisible(tokens.parse().expect("made of tokens")));
    if errors.is_empty() {
        let examples: Vec<_> = subject.options.values().map(|example| read(example)).collect();
        let names = match_options(&tokens, &examples);
        let names = names.map_err(|wrong| TestCaseError::fail(format!("accepted, but {wrong}: {text}")))?;
        let mut seen = seen.lock().unwrap();
        seen.accepted += 1;
        for name in names {
            let (name, _) = subject
                .options
                .get_key_value(name.as_str())
                .expect("it was found there");
            *seen.options.entry(name).or_default() += 1;
        }
    } else {
        seen.lock().unwrap().refused += 1;
    }
    syn::parse2::<syn::File>(output)
        .map(drop)
        .map_err(|wrong| TestCaseError::fail(format!("{wrong} in {text}")))
}

/// A range of bytes in a source.
struct Region {
    file: String,
    range: Range<usize>,
}

impl Region {
    /// Whether the span is inside the region. `Span::call_site` never is.
    fn contains(&self, span: Span) -> bool {
        let range = span.byte_range();
        span.file() == self.file && self.range.start <= range.start && range.end <= self.range.end
    }
}

/// The tokens of each `::core::compile_error! { "…" }` that `syn::Error` generates.
fn compile_errors(output: &TokenStream) -> Vec<Vec<TokenTree>> {
    let tokens: Vec<TokenTree> = output.clone().into_iter().collect();
    let at = |(i, token): (usize, &TokenTree)| {
        let is_error = matches!(token, TokenTree::Ident(word) if word == "compile_error");
        is_error.then(|| tokens[i - 5..i + 3].to_vec())
    };
    tokens.iter().enumerate().filter_map(at).collect()
}

fn spans(tokens: &[TokenTree]) -> Vec<Span> {
    let spans = tokens.iter().flat_map(|token| {
        let inner = match token {
            TokenTree::Group(group) => spans(&read_stream(group.stream())),
            _ => Vec::new(),
        };
        [vec![token.span()], inner].concat()
    });
    spans.collect()
}

fn read(text: &str) -> Vec<TokenTree> {
    read_stream(text.parse().expect("every entry is made of tokens"))
}

fn read_stream(tokens: TokenStream) -> Vec<TokenTree> {
    tokens.into_iter().collect()
}
