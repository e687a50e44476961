//! The pipeline as a whole: what it writes for what is declared, and that no tokens whatever make it panic or slip
//! through. What its errors say is tested in `tests/ui`.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;
use syn::{DeriveInput, parse_quote};

use crate::derive::expand;

#[test]
fn everything_that_is_declared_is_registered() {
    let input: DeriveInput = parse_quote! {
        #[health(name = "orders", interval = "1m30s", prefix = "/health", manual_start, drain = "0s")]
        struct AppState<T> {
            /// Orders database.
            #[health_check(critical, timeout = "3s", max_age = "5m", readiness, startup)]
            db: Pool<T>,
            #[health_check(liveness)]
            r#loop: Worker,
            #[health_check(liveness, restart_helps = "it leaks", ttl = "0s", name = "driver-1")]
            driver: Driver,
            #[health_check(with = payments::ping, liveness, in_process, description = "pays")]
            payments: Arc<dyn Payments>,
            config: T,
        }
    };
    let expected = quote! {
        const _: () = {
            #[automatically_derived]
            impl<T> ::health_runtime::HealthState for AppState<T>
            where
                Pool<T>: ::health_runtime::HealthCheck,
                Self: ::core::marker::Sized + ::core::marker::Send + ::core::marker::Sync + 'static
            {
                fn register(__checks: &mut ::health_runtime::Checks<Self>) {
                    __checks.service(
                        ::health_runtime::ServiceSpec::new("orders", ::core::env!("CARGO_PKG_VERSION"))
                            .interval(::core::time::Duration::from_millis(90000u64))
                            .prefix("/health")
                            .manual_start()
                            .drain(::core::time::Duration::from_millis(0u64))
                    );
                    __checks.add::<Pool<T>>(
                        ::health_runtime::CheckSpec::new("db")
                            .critical()
                            .readiness()
                            .startup()
                            .timeout(::core::time::Duration::from_millis(3000u64))
                            .max_age(::core::time::Duration::from_millis(300000u64))
                            .description("Orders database."),
                        |__state| &__state.db
                    );
                    __checks.add_live::<Worker>(
                        ::health_runtime::CheckSpec::new("loop").liveness(),
                        |__state| &__state.r#loop
                    );
                    __checks.add::<Driver>(
                        ::health_runtime::CheckSpec::new("driver-1")
                            .liveness()
                            .ttl(::core::time::Duration::from_millis(0u64))
                            .restart_helps("it leaks"),
                        |__state| &__state.driver
                    );
                    __checks.with(
                        ::health_runtime::CheckSpec::new("payments").liveness().in_process().description("pays"),
                        |__state| ::health_runtime::run(payments::ping(&*__state.payments))
                    );
                }
            }
        };
    };
    assert_eq!(text(&expand(&input)), text(&expected));
}

#[test]
fn beside_errors_goes_a_stub() {
    let input: DeriveInput = parse_quote! {
        struct AppState<'a, T: 'a>(#[health_check] T, &'a u8) where for<'b> &'b T: Send;
    };
    let expected = quote! {
        const _: () = {
            #[automatically_derived]
            impl<T: 'static> ::health_runtime::HealthState for AppState<'static, T>
            where
                for<'b> &'b T: Send,
                T: ::health_runtime::HealthCheck,
                Self: ::core::marker::Sized + ::core::marker::Send + ::core::marker::Sync + 'static
            {
                fn register(_: &mut ::health_runtime::Checks<Self>) {}
            }
        };
    };
    let written = text(&expand(&input));
    assert_eq!(written.matches("compile_error").count(), 2, "{written}");
    assert!(written.ends_with(&text(&expected)), "{written}");
}

#[test]
fn an_attribute_that_is_not_one_list_of_known_options_is_an_error() {
    let mut random = Random(0x5eed);
    let mut accepted = 0;
    for _ in 0..5_000 {
        let (check, state) = (attribute(&mut random, &CHECK), attribute(&mut random, &STATE));
        let input: DeriveInput = parse_quote! {
            #[health(#state)]
            struct AppState<T> {
                #[health_check(#check)]
                db: Pool<T>,
            }
        };
        let written = expand(&input).to_string();
        let is_refused = written.contains("compile_error");
        assert_eq!(
            is_refused,
            written.contains("register (_ :") || !written.contains("register ("),
            "{check} | {state}"
        );
        if !is_refused {
            accepted += 1;
            assert_known(check, &CHECK);
            assert_known(state, &STATE);
        }
    }
    assert!(
        accepted > 100,
        "only {accepted} were right: the garbage is too bad to test anything"
    );
}

const CHECK: [&str; 13] = [
    "critical",
    "readiness",
    "startup",
    "timeout = \"3s\"",
    "interval = \"1m\"",
    "ttl = \"0s\"",
    "max_age = \"1h\"",
    "liveness",
    "in_process",
    "restart_helps = \"why\"",
    "name = \"db\"",
    "description = \"d\"",
    "with = <A<u8, fn() -> u8> as B>::c::<D, E>",
];

const STATE: [&str; 12] = [
    "manual_start",
    "public_details",
    "name = \"n\"",
    "version = \"v\"",
    "timeout = \"2s\"",
    "interval = \"3s\"",
    "ttl = \"1s\"",
    "probe_budget = \"800ms\"",
    "prefix = \"/health\"",
    "drain = \"0s\"",
    "shutdown_grace = \"20s\"",
    "crate = crate::hr",
];

const GARBAGE: [&str; 36] = [
    "=", ",", ",", "::", "<", ">", "->", "=>", "|", "||", "-", "!", "&", "#", "$", ";", "?", "@", "..", "critical",
    "timeout", "with", "crate", "self", "async", "move", "r#type", "_", "3", "3s", "1.5", "\"3 s\"", "b\"3s\"", "'3'",
    "'a", "true",
];

/// Tokens as text without spaces, since these differ with how the tokens came about.
fn text(tokens: &TokenStream) -> String {
    tokens.to_string().replace(' ', "")
}

/// A linear congruential generator: the same garbage in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % limit
    }
}

/// Up to three options, each one whole, or bent in one place, or nothing but garbage.
fn attribute(random: &mut Random, options: &[&str]) -> TokenStream {
    let mut tokens = TokenStream::new();
    for _ in 0..random.below(4) {
        let option = options[random.below(options.len())];
        let mut option: Vec<TokenTree> = read(option).into_iter().collect();
        match random.below(8) {
            0 => {
                option.remove(random.below(option.len()));
            }
            1 => option.insert(random.below(option.len() + 1), garbage(random, 2)),
            2 => option = (0..random.below(4)).map(|_| garbage(random, 2)).collect(),
            3 => option = vec![Group::new(Delimiter::None, option.into_iter().collect()).into()],
            _ => {}
        }
        tokens.extend(option);
        if random.below(16) > 0 {
            tokens.extend(quote!(,));
        }
    }
    tokens
}

fn garbage(random: &mut Random, depth: usize) -> TokenTree {
    if depth > 0 && random.below(6) == 0 {
        let delimiters = [
            Delimiter::None,
            Delimiter::Parenthesis,
            Delimiter::Brace,
            Delimiter::Bracket,
        ];
        let inner = (0..random.below(3)).map(|_| garbage(random, depth - 1)).collect();
        return Group::new(delimiters[random.below(4)], inner).into();
    }
    let tokens = read(GARBAGE[random.below(GARBAGE.len())]);
    tokens.into_iter().next().expect("no entry is empty")
}

fn read(text: &str) -> TokenStream {
    text.parse().expect("every entry is made of tokens")
}

/// Asserts that what was accepted is a list of known options, each once, with a literal or a path where it has a value.
fn assert_known(tokens: TokenStream, options: &[&str]) {
    let tokens = ungrouped(tokens);
    let text = tokens.join(" ");
    if text.contains('<') {
        return; // What stands between angle brackets is left to rustc.
    }
    let mut seen = Vec::new();
    for option in text
        .split(" , ")
        .map(|option| option.trim_matches([',', ' ']))
        .filter(|option| !option.is_empty())
    {
        let (name, value) = option.split_once(" = ").unwrap_or((option, ""));
        let known = options.iter().find(|known| known.split(' ').next() == Some(name));
        let known = known.unwrap_or_else(|| panic!("`{name}` is no option: {text}"));
        assert_eq!(known.contains('='), !value.is_empty(), "{text}");
        let is_path = || value.chars().all(|c| c.is_alphanumeric() || "_:# ".contains(c));
        assert!(known.ends_with(value) || is_path(), "{text}");
        assert!(!seen.contains(&name), "{name} twice: {text}");
        seen.push(name);
    }
}

/// All tokens outside of any invisible delimiters.
fn ungrouped(tokens: TokenStream) -> Vec<String> {
    let tokens = tokens.into_iter().flat_map(|token| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => ungrouped(group.stream()),
        token => vec![token.to_string()],
    });
    tokens.collect()
}
