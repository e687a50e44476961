//! The output of `#[derive(HealthState)]`: it declares, the runtime runs.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{DeriveInput, GenericArgument, Index, Member, PathArguments, Type};

use crate::errors::Errors;
use crate::model::{Check, Path, Setting, State, StateOptions, Text, Time};
use crate::{fallback, validate};

/// The whole pipeline, from the struct to its implementation, or to all errors and a stub.
pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let state = State::parse(input, &mut errors);
    validate::validate(&state, &mut errors);
    match errors.into_tokens() {
        None => expand_state(&state),
        Some(errors) => {
            let stub = fallback::expand_stub(&state);
            quote! { #errors #stub }
        }
    }
}

/// Where the runtime is: `crate = path`, or else `::health_runtime`.
pub(crate) fn runtime(options: &StateOptions) -> TokenStream {
    options
        .krate
        .value()
        .map_or_else(|| quote!(::health_runtime), |path| path.tokens.clone())
}

// Expands to:
// const _: () = {
//     #[automatically_derived]
//     impl ::health_runtime::HealthState for AppState {
//         fn register(__checks: &mut ::health_runtime::Checks<Self>) {
//             __checks.service(…);
//             __checks.add::<Pool>(…);
//         }
//     }
// };
fn expand_state(state: &State<'_>) -> TokenStream {
    let runtime = runtime(&state.options);
    let name = in_expansion(&state.input.ident);
    let (impl_generics, type_generics, _) = state.input.generics.split_for_impl();
    let where_clause = expand_where(state, &runtime);
    let service = expand_service(&state.options, &runtime);
    let checks = state.checks.iter().map(|check| expand_check(check, &runtime));
    quote! {
        const _: () = {
            #[automatically_derived]
            impl #impl_generics #runtime::HealthState for #name #type_generics #where_clause {
                fn register(__checks: &mut #runtime::Checks<Self>) {
                    #service
                    #(#checks)*
                }
            }
        };
    }
}

// Expands to:
// __checks.service(::health_runtime::ServiceSpec::new(::core::env!("CARGO_PKG_NAME"), "1.4.0").drain(…));
fn expand_service(options: &StateOptions, runtime: &TokenStream) -> TokenStream {
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
        options.manual_start.value().map(|()| quote!(.manual_start())),
        options.public_details.value().map(|()| quote!(.public_details())),
        time("drain", &options.drain),
        time("shutdown_grace", &options.shutdown_grace),
    ];
    let setters = setters.iter().flatten();
    quote! { __checks.service(#runtime::ServiceSpec::new(#name, #version) #(#setters)*); }
}

// Expands to one of:
// __checks.add::<Pool>(SPEC, |__state| &__state.db);
// __checks.add_live::<Worker>(SPEC, |__state| &__state.worker);
// __checks.with(SPEC, |__state| ::health_runtime::run(payments::ping(&__state.payments)));
fn expand_check(check: &Check<'_>, runtime: &TokenStream) -> TokenStream {
    let spec = expand_spec(check, runtime);
    let member = in_expansion_member(&check.member);
    if let Some(path) = check.options.with.value() {
        let call = expand_call(path, &member, &check.field.ty, runtime);
        return quote! { __checks.with(#spec, #call); };
    }
    // One plain call with the type in its turbofish: a missing trait is one error, under the type.
    //     db: Pool,
    //         ^^^^
    let ty = &check.field.ty;
    let add = if check.needs_in_process() {
        quote!(add_live)
    } else {
        quote!(add)
    };
    quote! { __checks.#add::<#ty>(#spec, |__state| &__state.#member); }
}

// Expands to:
// ::health_runtime::CheckSpec::new("db").critical().timeout(::core::time::Duration::from_millis(3000u64))
fn expand_spec(check: &Check<'_>, runtime: &TokenStream) -> TokenStream {
    let options = &check.options;
    let (name, _) = check.name().expect("validation refuses a check without a name");
    let flags = [
        ("critical", &options.critical),
        ("readiness", &options.readiness),
        ("startup", &options.startup),
        ("liveness", &options.liveness),
        ("in_process", &options.in_process),
    ];
    let flags = flags
        .into_iter()
        .filter(|(_, given)| given.is_given())
        .map(|(name, _)| {
            let name = Ident::new(name, Span::mixed_site());
            quote!(.#name())
        });
    let others = [
        time("timeout", &options.timeout),
        time("interval", &options.interval),
        time("ttl", &options.ttl),
        time("max_age", &options.max_age),
        text("restart_helps", &options.restart_helps),
        check
            .description()
            .map(|description| quote!(.description(#description))),
    ];
    let others = others.iter().flatten();
    quote! { #runtime::CheckSpec::new(#name) #(#flags)* #(#others)* }
}

// Expands to:
// |__state| ::health_runtime::run(payments::ping(&__state.payments))
//
// Everything but the path stands at the name at the path's end, so that whatever is wrong with the function is one error
// there:
//     #[health_check(with = payments::ping)]
//                                     ^^^^
fn expand_call(path: &Path, member: &Member, ty: &Type, runtime: &TokenStream) -> TokenStream {
    let at = Span::mixed_site().located_at(path.last.span());
    let function = &path.tokens;
    let member = member.to_token_stream().into_iter().map(|mut token| {
        token.set_span(at);
        token
    });
    let member: TokenStream = member.collect();
    // A function takes `&dyn Mailer`, not `&Arc<dyn Mailer>`.
    let field = if is_pointer_to_dyn(ty) {
        quote_spanned!(at=> &*__state.#member)
    } else {
        quote_spanned!(at=> &__state.#member)
    };
    let mut argument = Group::new(Delimiter::Parenthesis, field);
    argument.set_span(at);
    let mut call = Group::new(Delimiter::Parenthesis, quote!(#function #argument));
    call.set_span(at);
    let run = quote_spanned!(at=> run);
    quote_spanned! {at=> |__state| #runtime::#run #call }
}

fn text(setter: &str, setting: &Setting<Text>) -> Option<TokenStream> {
    let setter = Ident::new(setter, Span::mixed_site());
    let text = &setting.value()?.literal;
    Some(quote!(.#setter(#text)))
}

fn time(setter: &str, setting: &Setting<Time>) -> Option<TokenStream> {
    let setter = Ident::new(setter, Span::mixed_site());
    let millis = setting.value()?.time.as_millis();
    let millis = u64::try_from(millis).expect("no option takes more than a day");
    Some(quote!(.#setter(::core::time::Duration::from_millis(#millis))))
}

// Expands to, for `struct AppState<T: Clone> where T: Debug`:
// where T: Debug, Pool<T>: ::health_runtime::HealthCheck, Self: Sized + Send + Sync + 'static
pub(crate) fn expand_where(state: &State<'_>, runtime: &TokenStream) -> TokenStream {
    let generics = &state.input.generics;
    if generics.params.is_empty() {
        return generics.where_clause.to_token_stream();
    }
    let declared = generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    let params: Vec<String> = generics.type_params().map(|param| param.ident.to_string()).collect();
    let mention = state
        .checks
        .iter()
        .filter(|check| mentions(check.field.ty.to_token_stream(), &params));
    let bounds = mention.map(|check| {
        let ty = &check.field.ty;
        if check.options.with.is_given() {
            // No more than `Self` below asks, but said so that the function's future can be seen to be `Send`.
            quote!(#ty: ::core::marker::Send + ::core::marker::Sync + 'static)
        } else if check.needs_in_process() {
            quote!(#ty: #runtime::InProcess)
        } else {
            quote!(#ty: #runtime::HealthCheck)
        }
    });
    // `Self`: what the trait asks of the whole struct, also of its fields that are no checks.
    quote! {
        where #(#declared,)* #(#bounds,)* Self: ::core::marker::Sized + ::core::marker::Send + ::core::marker::Sync + 'static
    }
}

/// Whether one of the type parameters stands in the type: not as a part of a longer path, such as `other::T`.
fn mentions(ty: TokenStream, params: &[String]) -> bool {
    let mut before = ' ';
    ty.into_iter().any(|token| {
        let char = if let TokenTree::Punct(punct) = &token {
            punct.as_char()
        } else {
            ' '
        };
        let after = std::mem::replace(&mut before, char);
        match token {
            TokenTree::Ident(ident) => after != ':' && after != '\'' && params.iter().any(|param| ident == param),
            TokenTree::Group(group) => mentions(group.stream(), params),
            TokenTree::Punct(_) | TokenTree::Literal(_) => false,
        }
    })
}

/// Whether a type is written `Arc<dyn …>`, `Box<dyn …>` or `&'static dyn …`.
fn is_pointer_to_dyn(ty: &Type) -> bool {
    let is_dyn = |ty| matches!(peel(ty), Type::TraitObject(_));
    let path = match peel(ty) {
        Type::Reference(reference) => return is_dyn(&reference.elem),
        Type::Path(path) => &path.path,
        _ => return false,
    };
    let Some(last) = path.segments.last() else { return false };
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return false;
    };
    (last.ident == "Arc" || last.ident == "Box")
        && matches!(arguments.args.first(), Some(GenericArgument::Type(pointee)) if is_dyn(pointee))
}

/// The type inside of parentheses, and of the invisible delimiters that a `macro_rules` fragment arrives in.
fn peel(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => peel(&group.elem),
        Type::Paren(paren) => peel(&paren.elem),
        ty => ty,
    }
}

/// The same name, marked as generated: using what is `#[deprecated]` here is no use by the user.
fn in_expansion(ident: &Ident) -> Ident {
    let mut ident = ident.clone();
    ident.set_span(ident.span().resolved_at(Span::mixed_site()));
    ident
}

fn in_expansion_member(member: &Member) -> Member {
    match member {
        Member::Named(ident) => Member::Named(in_expansion(ident)),
        Member::Unnamed(index) => {
            let span = index.span.resolved_at(Span::mixed_site());
            Member::Unnamed(Index {
                index: index.index,
                span,
            })
        }
    }
}
