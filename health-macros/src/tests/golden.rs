//! Snapshot tests of the expansion. Each file in `snapshots/` has a declaration, and then the generated code.
//!
//! For a new case, add one entry to `golden!` below. `INSTA_UPDATE=always cargo test -p health-macros` writes the
//! files. Read the diff as code that somebody has to debug one day.

use std::collections::BTreeSet;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

use crate::model::Place;
use crate::model::{CheckOptions, StateOptions};
use crate::tests::{derive, function, rows};

/// Generates a test for each `name: expander { declaration }`. Its file is `name.snap`.
macro_rules! golden {
    ($($name:ident: $expander:ident { $($input:tt)* })*) => {
        $(
            #[test]
            fn $name() {
                let input = quote! { $($input)* };
                let output = $expander(input.clone());
                let mut settings = insta::Settings::clone_current();
                settings.set_prepend_module_to_snapshot(false);
                settings.set_omit_expression(true);
                settings.bind(|| insta::assert_snapshot!(stringify!($name), show(input, output)));
            }
        )*

        /// All entries, for the tests that check them as a whole.
        fn entries() -> Vec<(&'static str, TokenStream)> {
            vec![$((stringify!($name), quote! { $($input)* })),*]
        }
    };
}

golden! {
    two_fields: derive {
        #[derive(Clone, HealthState)]
        struct AppState {
            /// Orders database.
            #[health_check(critical, timeout = "3s")]
            db: Pool,
            #[health_check]
            cache: Cache,
            config: Arc<str>,
        }
    }

    every_option_of_a_field: derive {
        #[derive(HealthState)]
        struct AppState {
            #[health_check(
                critical,
                timeout = "3s",
                interval = "1m30s",
                max_age = "1h",
                readiness,
                startup,
                name = "orders-db",
                description = "Orders database.",
                degraded_after = "100ms",
                failure_threshold = 3,
                success_threshold = 2,
                breaker(failures = 5, successes = 2, reset = "2m"),
                fail_open,
                runbook = "https://wiki.example/db",
                groups("db", "core"),
                depends_on(disk, r#loop, "billing.ledger"),
            )]
            db: Pool,
            #[health_check(ttl = "0s")]
            r#loop: Loop,
            #[health_check(liveness, restart_helps = "it leaks")]
            driver: Driver,
            #[health_check(liveness, in_process, with = payments::ping)]
            payments: Payments,
            #[health_check(with = disk::look, blocking, breaker)]
            disk: Disk,
            #[health_check(nested)]
            billing: Billing,
        }
    }

    every_option_of_the_struct: derive {
        #[derive(HealthState)]
        #[health(
            name = "orders",
            version = "1.4.0",
            timeout = "500ms",
            interval = "10s",
            probe_budget = "800ms",
            prefix = "/health",
            liveness_paths("/live", "/livez"),
            readiness_paths("/ready"),
            startup_paths("/started"),
            health_paths("/status"),
            alias("/healthz"),
            plain("/ping"),
            manual_start,
            public = "details",
            checks(disk_space, queue::depth),
            stalled_after = "10s",
            drain = "0s",
            shutdown_grace = "1m",
            crate = crate::reexported::health_runtime,
        )]
        struct AppState {
            #[health_check]
            db: Pool,
        }
    }

    the_struct_with_ttl: derive {
        #[derive(HealthState)]
        #[health(ttl = "1s", public = "checks")]
        struct AppState {
            #[health_check]
            db: Pool,
        }
    }

    tuple_struct: derive {
        #[derive(HealthState)]
        struct AppState(
            #[health_check(name = "db")] Pool,
            Arc<str>,
            #[health_check(name = "cache", with = Self::ping)] Cache,
        );
    }

    unit_struct: derive {
        #[derive(HealthState)]
        struct AppState;
    }

    generic_with_a_where_clause: derive {
        #[derive(HealthState)]
        struct AppState<L, C: Connect + 'static = Tcp>
        where
            for<'a> &'a C: Sync,
        {
            #[health_check]
            db: Pool<C>,
            #[health_check(liveness)]
            worker: Worker<L>,
            #[health_check(with = ping::<L>)]
            payments: Client<L>,
            #[health_check]
            cache: Cache,
            config: L,
        }
    }

    const_generic: derive {
        #[derive(HealthState)]
        struct AppState<const N: usize, T> {
            #[health_check]
            shards: Shards<T, N>,
            #[health_check(with = any::<N>)]
            queues: [Queue; N],
        }
    }

    with_paths: derive {
        #[derive(HealthState)]
        struct AppState {
            #[health_check(with = payments::ping)]
            payments: payments::Client,
            #[health_check(with = <Client as Ping>::ping, critical)]
            search: Client,
            #[health_check(with = ping::<u8>)]
            mailer: Arc<dyn Mailer>,
            #[health_check(with = Self::look)]
            printer: Box<dyn Printer + Send + Sync>,
            #[health_check(with = crate::look)]
            global: &'static dyn Global,
            #[health_check(with = optional)]
            beta: Option<Client>,
        }
    }

    liveness: derive {
        #[derive(HealthState)]
        struct AppState {
            #[health_check(liveness)]
            worker: Worker,
            #[health_check(liveness, readiness, critical)]
            queue: Queue,
            #[health_check(liveness, restart_helps = "its connections leak")]
            driver: Driver,
            #[health_check(liveness, in_process, with = deadlock::look)]
            locks: Locks,
            #[health_check(liveness, restart_helps = "it hangs", with = ping)]
            device: Device,
        }
    }

    nested: derive {
        #[derive(HealthState)]
        struct AppState<B> {
            #[health_check(nested)]
            billing: Arc<Billing>,
            #[health_check(nested, name = "backend-eu")]
            backend: B,
        }
    }

    async_function: function {
        #[health_check(critical, timeout = "1s")]
        /// Space on the disk.
        pub async fn disk_space(state: &AppState) -> std::io::Result<()> {
            statvfs(&state.data).await
        }
    }

    sync_function: function {
        #[health_check]
        fn depth(state: &AppState) -> bool {
            state.queue.len() < 1_000
        }
    }

    blocking_function: function {
        #[health_check(blocking, depends_on(disk, "billing.ledger"), crate = crate::reexported::health_runtime)]
        fn mount(state: &AppState) -> std::io::Result<()> {
            std::fs::metadata(&state.data).map(drop)
        }
    }

    function_for_any_state: function {
        #[health_check]
        pub(crate) async fn ping<'a, S>(state: &'a S) -> Result<(), Error<'a>>
        where
            S: HasDb + 'a,
        {
            state.db().ping().await
        }
    }

    function_without_state: function {
        #[health_check(liveness, in_process)]
        async fn r#loop() {}
    }

    mistakes_of_a_function: function {
        #[health_check(critcal)]
        #[health_check]
        const fn depth(state: &mut AppState) -> bool {
            true
        }
    }

    mistakes: derive {
        #[derive(HealthState)]
        #[health(drain = "ten seconds")]
        struct AppState<'a, T: 'a>
        where
            for<'b> &'b T: Send,
        {
            #[health_check(critcal, timeout = "3")]
            db: Pool<T>,
            #[health_check(name = "db")]
            cache: &'a Cache,
        }
    }
}

#[test]
fn two_fields_take_fewer_than_40_lines() {
    let (_, input) = entries()
        .into_iter()
        .find(|(name, _)| *name == "two_fields")
        .expect("it is above");
    let written = pretty(derive(input));
    assert!(written.lines().count() < 40, "{written}");
}

#[test]
fn fields_beyond_the_limit_of_one_function_are_split_into_parts() {
    let parts = |count: usize| {
        let fields = (0..count).map(|index| {
            let name = proc_macro2::Ident::new(&format!("f{index}"), proc_macro2::Span::call_site());
            quote!(#[health_check] #name: Flag)
        });
        let written = derive(quote!(struct AppState { #(#fields),* })).to_string();
        assert_eq!(written.matches("__checks . add ::").count(), count, "{written}");
        let (impls, calls) = (
            written.matches("impl __Part").count(),
            written.matches("Self as __Part").count(),
        );
        assert_eq!(impls, calls, "{written}");
        impls
    };
    assert_eq!([1, 119, 120, 128, 129].map(parts), [0, 0, 8, 8, 9]);
}

#[test]
fn the_every_option_entries_contain_every_option() {
    let entries = entries();
    let words = |wanted: &str| {
        let mut words = BTreeSet::new();
        let found = entries.iter().filter(|(name, _)| name.starts_with(wanted));
        found.for_each(|(_, input)| collect_words(input.clone(), &mut words));
        words
    };
    let (of_a_field, of_the_struct) = (words("every_option_of_a_field"), words("every_option_of_the_struct"));
    for (name, _) in rows::<CheckOptions>(Place::Field) {
        assert!(
            of_a_field.contains(name),
            "`{name}` is missing in `every_option_of_a_field`"
        );
    }
    for (name, _) in rows::<StateOptions>(Place::Struct).filter(|(name, _)| *name != "ttl") {
        assert!(
            of_the_struct.contains(name),
            "`{name}` is missing in `every_option_of_the_struct`"
        );
    }
}

#[test]
fn every_snapshot_file_belongs_to_an_entry() {
    let entries = entries();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/snapshots");
    for file in folder.read_dir().expect("the entries have files") {
        let file = file.expect("the folder can be read").path();
        let name = file.file_stem().unwrap_or_default();
        let is_snapshot = file.extension().is_some_and(|extension| extension == "snap");
        let is_known = entries.iter().any(|(entry, _)| *entry == name);
        assert!(!is_snapshot || is_known, "nothing writes {}; remove it", file.display());
    }
}

fn show(input: TokenStream, output: TokenStream) -> String {
    format!("{}\n// Expands to:\n\n{}", pretty(input), pretty(output))
}

fn pretty(tokens: TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(tokens).expect("what is declared and what is generated are items"))
}

fn collect_words(tokens: TokenStream, words: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(word) => drop(words.insert(word.to_string())),
            TokenTree::Group(group) => collect_words(group.stream(), words),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}
