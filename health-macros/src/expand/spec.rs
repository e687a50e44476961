//! The code that the derive and the attribute macro share: `CheckSpec`, `ServiceSpec`, and the call of a check
//! function.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use crate::model::{BreakerOptions, Check, Count, Path, Setting, StateOptions, Text, Time};

/// The path of the runtime: `crate = path`, or else `::health_runtime`. If `crate` was refused, it is the path that the
/// user probably meant, or `None` if that is unknown.
pub(crate) fn runtime(krate: &Setting<Path>) -> Option<TokenStream> {
    match krate.meant() {
        Some(path) => Some(path.tokens.clone()),
        None => krate.is_absent().then(|| quote!(::health_runtime)),
    }
}

// Expands to:
// __checks.service(::health_runtime::__private::ServiceSpec::new(::core::env!("CARGO_PKG_NAME"), "1.4.0").drain(…));
pub(crate) fn expand_service(options: &StateOptions, runtime: &TokenStream) -> TokenStream {
    let label = |setting: &Setting<Text>, variable| {
        setting.value().map_or_else(
            || quote!(::core::env!(#variable)),
            |text| text.literal.to_token_stream(),
        )
    };
    let name = label(&options.name, "CARGO_PKG_NAME");
    let version = label(&options.version, "CARGO_PKG_VERSION");
    let setters = [
        time("timeout", &options.timeout),
        time("interval", &options.interval),
        time("ttl", &options.ttl),
        time("probe_budget", &options.probe_budget),
        text("prefix", &options.prefix),
        paths("Liveness", &options.liveness_paths, runtime),
        paths("Readiness", &options.readiness_paths, runtime),
        paths("Startup", &options.startup_paths, runtime),
        paths("Health", &options.health_paths, runtime),
        each("alias", &options.alias),
        each("plain", &options.plain),
        flag("manual_start", &options.manual_start),
        public(&options.public, runtime),
        time("stalled_after", &options.stalled_after),
        time("drain", &options.drain),
        time("shutdown_grace", &options.shutdown_grace),
    ];
    let setters = setters.iter().flatten();
    quote! { __checks.service(#runtime::__private::ServiceSpec::new(#name, #version) #(#setters)*); }
}

// Expands to:
// ::health_runtime::CheckSpec::new("db").critical().timeout_ms(3000u64).depends_on(["cache"])
pub(crate) fn expand_spec(check: &Check<'_>, name: &str, depends_on: &[String], runtime: &TokenStream) -> TokenStream {
    let options = &check.options;
    let setters = [
        flag("critical", &options.critical),
        flag("readiness", &options.readiness),
        flag("startup", &options.startup),
        flag("liveness", &options.liveness),
        flag("in_process", &options.in_process),
        millis("timeout", &options.timeout),
        millis("interval", &options.interval),
        millis("ttl", &options.ttl),
        millis("max_age", &options.max_age),
        millis("degraded_after", &options.degraded_after),
        count("failure_threshold", &options.failure_threshold),
        count("success_threshold", &options.success_threshold),
        options.breaker.value().map(|breaker| expand_breaker(breaker, runtime)),
        flag("fail_open", &options.fail_open),
        flag("blocking", &options.blocking),
        options.groups.value().map(|groups| {
            let groups = groups.iter().map(|group| &group.literal);
            quote!(.groups([#(#groups),*]))
        }),
        (!depends_on.is_empty()).then(|| quote!(.depends_on([#(#depends_on),*]))),
        text("restart_helps", &options.restart_helps),
        text("runbook", &options.runbook),
        check
            .description()
            .map(|description| quote!(.description(#description))),
    ];
    let setters = setters.iter().flatten();
    quote! { #runtime::CheckSpec::new(#name) #(#setters)* }
}

// Expands to:
// .breaker(::health_runtime::Breaker::new().failures(5u32).reset(::core::time::Duration::from_millis(30000u64)))
fn expand_breaker(options: &BreakerOptions, runtime: &TokenStream) -> TokenStream {
    let setters = [
        count("failures", &options.failures),
        count("successes", &options.successes),
        time("reset", &options.reset),
    ];
    let setters = setters.iter().flatten();
    quote!(.breaker(#runtime::Breaker::new() #(#setters)*))
}

// Expands to:
// ::health_runtime::run(payments::ping(&__state.payments))
//
// Everything except the path has the span of the last name in the path. So anything wrong with the function is one
// error at that name:
//     #[health_check(with = payments::ping)]
//                                     ^^^^
pub(crate) fn expand_call(run: &TokenStream, path: &TokenStream, at: Span, argument: &TokenStream) -> TokenStream {
    let group = |tokens| {
        let mut group = Group::new(Delimiter::Parenthesis, tokens);
        group.set_span(at);
        group
    };
    let argument = group(argument.clone());
    let call = group(quote!(#path #argument));
    quote_spanned! {at=> #run #call }
}

/// The same name, marked as generated. If it is `#[deprecated]`, rustc then does not warn the user about this use.
pub(crate) fn in_expansion(ident: &Ident) -> Ident {
    let mut ident = ident.clone();
    ident.set_span(ident.span().resolved_at(Span::mixed_site()));
    ident
}

fn flag(setter: &str, setting: &Setting<()>) -> Option<TokenStream> {
    let setter = Ident::new(setter, Span::mixed_site());
    setting.is_given().then(|| quote!(.#setter()))
}

fn text(setter: &str, setting: &Setting<Text>) -> Option<TokenStream> {
    let setter = Ident::new(setter, Span::mixed_site());
    let text = &setting.value()?.literal;
    Some(quote!(.#setter(#text)))
}

// Expands to:
// .paths(::health_runtime::Probe::Readiness, ["/ready", "/readyz"])
fn paths(probe: &str, setting: &Setting<Vec<Text>>, runtime: &TokenStream) -> Option<TokenStream> {
    let probe = Ident::new(probe, Span::mixed_site());
    let paths = setting.value()?.iter().map(|path| &path.literal);
    Some(quote!(.paths(#runtime::Probe::#probe, [#(#paths),*])))
}

// Expands to:
// .public(::health_runtime::Public::StatusOnly)
fn public(setting: &Setting<Text>, runtime: &TokenStream) -> Option<TokenStream> {
    let variant = match setting.value()?.text.as_str() {
        "status" => "StatusOnly",
        "details" => "Details",
        _ => "CheckStates",
    };
    let variant = Ident::new(variant, Span::mixed_site());
    Some(quote!(.public(#runtime::Public::#variant)))
}

// Expands to:
// .alias("/ping").alias("/healthz")
fn each(setter: &str, setting: &Setting<Vec<Text>>) -> Option<TokenStream> {
    let setter = Ident::new(setter, Span::mixed_site());
    let texts = setting.value()?.iter().map(|text| &text.literal);
    Some(quote!(#(.#setter(#texts))*))
}

fn count(setter: &str, setting: &Setting<Count>) -> Option<TokenStream> {
    let setter = Ident::new(setter, Span::mixed_site());
    let count = setting.value()?.count;
    Some(quote!(.#setter(#count)))
}

// Expands to:
// .timeout_ms(3000u64)
fn millis(setter: &str, setting: &Setting<Time>) -> Option<TokenStream> {
    let setter = Ident::new(&format!("{setter}_ms"), Span::mixed_site());
    let millis = setting.value()?.millis();
    Some(quote!(.#setter(#millis)))
}

// Expands to:
// .drain(::core::time::Duration::from_millis(3000u64))
fn time(setter: &str, setting: &Setting<Time>) -> Option<TokenStream> {
    let setter = Ident::new(setter, Span::mixed_site());
    let millis = setting.value()?.millis();
    Some(quote!(.#setter(::core::time::Duration::from_millis(#millis))))
}
