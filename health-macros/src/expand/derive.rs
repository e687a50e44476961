//! The output of `#[derive(HealthState)]`. It only declares the checks; the runtime runs them.

use proc_macro2::{Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Generics, Index, Member, Type, TypeParam};

use crate::expand::spec::{expand_call, expand_service, expand_spec, in_expansion, runtime};
use crate::model::resolved::{self, Checker, Field};
use crate::model::{Path, StateStruct};
use crate::util::tokens::{mentions, peel};

/// With at least this many fields, several functions register them. In rustc's incremental mode, the cost of each
/// closure grows with the number of closures in its function: 500 closures in one function add half a second to each
/// `cargo check` from scratch. With fewer fields, the split saves nothing, and one function is easier to read.
const MANY: usize = 120;

/// The number of fields that each of these functions registers.
const PART: usize = 16;

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
pub(crate) fn expand_state(state: &StateStruct<'_>) -> TokenStream {
    let runtime = runtime(&state.options.krate).expect("validation refuses a path that is none");
    let name = in_expansion(&state.input.ident);
    let generics = without_bounds(&state.input.generics);
    let (impl_generics, type_generics, _) = generics.split_for_impl();
    let fields = resolved::fields(state);
    let bounds = expand_bounds(state, &fields, &runtime);
    let where_clause = expand_where(state, &bounds);
    let service = expand_service(&state.options, &runtime);
    let imports = expand_imports(&fields, &runtime);
    let mut fields: Vec<TokenStream> = fields.iter().map(|field| expand_field(field, &runtime)).collect();
    let mut parts = TokenStream::new();
    if fields.len() >= MANY {
        let header = quote! { impl #impl_generics __Part };
        let implements = quote! { for #name #type_generics #where_clause };
        (parts, fields) = expand_parts(&fields, &header, &implements, &runtime);
    }
    let functions = state.options.checks.value().into_iter().flatten();
    let functions = functions.map(|path| expand_function(path, &runtime));
    quote! {
        const _: () = {
            #imports
            #parts
            #[automatically_derived]
            impl #impl_generics #runtime::HealthState for #name #type_generics #where_clause {
                fn register(__checks: &mut #runtime::Checks<Self>) {
                    #service
                    #(#fields)*
                    #(#functions)*
                }
            }
        };
    }
}

// Expands to, for every [`PART`] fields:
// trait __Part<const N: usize>: ::core::marker::Sized { fn register(__checks: &mut ::health_runtime::Checks<Self>); }
// #[automatically_derived]
// impl __Part<0> for AppState { fn register(__checks: &mut ::health_runtime::Checks<Self>) { … } }
// and the calls:
// <Self as __Part<0>>::register(__checks);
fn expand_parts(
    fields: &[TokenStream],
    header: &TokenStream,
    implements: &TokenStream,
    runtime: &TokenStream,
) -> (TokenStream, Vec<TokenStream>) {
    let numbers: Vec<_> = (0..fields.len().div_ceil(PART))
        .map(Literal::usize_unsuffixed)
        .collect();
    let parts = fields.chunks(PART).map(|part| quote!(#(#part)*));
    let parts = quote! {
        trait __Part<const N: usize>: ::core::marker::Sized {
            fn register(__checks: &mut #runtime::Checks<Self>);
        }
        #(
            #[automatically_derived]
            #header<#numbers> #implements {
                fn register(__checks: &mut #runtime::Checks<Self>) {
                    #parts
                }
            }
        )*
    };
    let calls = numbers
        .iter()
        .map(|number| quote! { <Self as __Part<#number>>::register(__checks); });
    (parts, calls.collect())
}

// Expands to one of:
// __checks.add::<Pool>(SPEC, |__state| &__state.db);
// __checks.add_live::<Worker>(SPEC, |__state| &__state.worker);
// __checks.with(SPEC, |__state| ::health_runtime::run(payments::ping(&__state.payments)));
// __checks.nest::<Billing>("billing", |__state| &__state.billing);
//
// One plain call with the type in its turbofish. So a missing trait is one error, and it is under the type:
//     db: Pool,
//         ^^^^
fn expand_field(field: &Field<'_>, runtime: &TokenStream) -> TokenStream {
    let (ty, name, member) = (field.ty, &field.name, in_expansion_member(field.member));
    let spec = || expand_spec(field.check, name, &field.depends_on, runtime);
    match field.checker {
        Checker::Own => {
            let spec = spec();
            quote! { __checks.add::<#ty>(#spec, |__state| &__state.#member); }
        }
        Checker::Live => {
            let spec = spec();
            quote! { __checks.add_live::<#ty>(#spec, |__state| &__state.#member); }
        }
        Checker::With { path, blocking } => {
            let run = if blocking { "run_blocking" } else { "run" };
            let (spec, call) = (spec(), expand_with(run, path, &member, ty, runtime));
            quote! { __checks.with(#spec, #call); }
        }
        Checker::Nested => quote! { __checks.nest::<#ty>(#name, |__state| &__state.#member); },
    }
}

// Expands to:
// |__state| ::health_runtime::run(payments::ping(&__state.payments))
//
// or, for a type that may be an `Arc<dyn Mailer>`:
// |__state| ::health_runtime::run(mail::ping((&&__Argument(&__state.mailer)).argument()))
fn expand_with(run: &str, path: &Path, member: &Member, ty: &Type, runtime: &TokenStream) -> TokenStream {
    let at = Span::mixed_site().located_at(path.last.span());
    let run = Ident::new(run, at);
    let member = member.to_token_stream().into_iter().map(|mut token| {
        token.set_span(at);
        token
    });
    let member: TokenStream = member.collect();
    let field = quote_spanned!(at=> &__state.#member);
    let argument = if may_point(ty) {
        quote_spanned!(at=> (&&__Argument(#field)).argument())
    } else {
        field
    };
    // Marks a path of one word as generated; it still names the same function. Otherwise rustc advises the user to
    // write the argument into the attribute.
    let mut tokens: Vec<TokenTree> = path.tokens.clone().into_iter().collect();
    if let [TokenTree::Ident(only)] = tokens.as_mut_slice() {
        *only = in_expansion(only);
    }
    let call = expand_call(&quote!(#runtime::#run), &tokens.into_iter().collect(), at, &argument);
    quote_spanned! {at=> |__state| #call }
}

// Expands to, once for all fields:
// use ::health_runtime::__private::{Argument as __Argument, Itself as _, PointsToSized as _, PointsToUnsized as _};
fn expand_imports(fields: &[Field<'_>], runtime: &TokenStream) -> Option<TokenStream> {
    let points = |field: &Field<'_>| matches!(field.checker, Checker::With { .. }) && may_point(field.ty);
    fields.iter().any(points).then(|| {
        quote! {
            use #runtime::__private::{Argument as __Argument, Itself as _, PointsToSized as _, PointsToUnsized as _};
        }
    })
}

// Expands to:
// { type __CheckFunction = ::health_runtime::Unannotated; { use {queue::depth as __CheckFunction}; __checks.function::<__CheckFunction>(); } }
//
// The braces after `use` keep the path apart: if rustc does not find it, its advice is about the path alone.
//
// The attribute macro adds a type with the function's name, and `use` imports both. Without the attribute, `use`
// imports no type. Then `__CheckFunction` means the type alias above, and the error says that the attribute is missing.
// Errors point at the last name in the path:
//     #[health(checks(queue::depth))]
//                            ^^^^^
fn expand_function(path: &Path, runtime: &TokenStream) -> TokenStream {
    let at = Span::mixed_site().located_at(path.last.span());
    let path = &path.tokens;
    let check = Ident::new("__CheckFunction", at);
    quote! {
        {
            type __CheckFunction = #runtime::Unannotated;
            {
                use {#path as #check};
                __checks.function::<#check>();
            }
        }
    }
}

// Expands to, for `struct AppState<T: Clone> where T: Debug` and the bounds of its fields:
// where T: Clone, T: Debug, Pool<T>: ::health_runtime::HealthCheck, Self: Sized + Send + Sync + 'static
pub(crate) fn expand_where(state: &StateStruct<'_>, bounds: &[TokenStream]) -> TokenStream {
    let generics = &state.input.generics;
    if generics.params.is_empty() {
        return generics.where_clause.to_token_stream();
    }
    let inline = generics.type_params().filter(|param| !param.bounds.is_empty());
    let inline = inline.map(|TypeParam { ident, bounds, .. }| quote!(#ident: #bounds));
    let declared = generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    // The bounds on `Self`: the trait requires them of the whole struct, including the fields that are not checks.
    quote! {
        where #(#inline,)* #(#declared,)* #(#bounds,)* Self: ::core::marker::Sized + ::core::marker::Send + ::core::marker::Sync + 'static
    }
}

// Expands to, for the fields that name a parameter:
// Pool<T>: ::health_runtime::HealthCheck
fn expand_bounds(state: &StateStruct<'_>, fields: &[Field<'_>], runtime: &TokenStream) -> Vec<TokenStream> {
    let params = state.input.generics.type_params();
    let params: Vec<String> = params.map(|param| param.ident.to_string()).collect();
    let mention = fields
        .iter()
        .filter(|field| mentions(field.ty.to_token_stream(), &params));
    let bounds = mention.map(|field| {
        let ty = field.ty;
        match field.checker {
            Checker::Own => quote!(#ty: #runtime::HealthCheck),
            Checker::Live => quote!(#ty: #runtime::InProcess),
            // These ask no more than the bounds on `Self`. With them, rustc sees that the function's future is `Send`.
            Checker::With { .. } => quote!(#ty: ::core::marker::Send + ::core::marker::Sync + 'static),
            Checker::Nested => quote!(#ty: #runtime::HealthState),
        }
    });
    bounds.collect()
}

/// The generics without the bounds that are written at the parameters. [`expand_where`] puts all bounds in one place,
/// because clippy reports a parameter with bounds in two places.
pub(crate) fn without_bounds(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    for param in generics.type_params_mut() {
        param.colon_token = None;
        param.bounds.clear();
    }
    generics
}

/// Whether the type may be an `Arc`, a `Box` or a reference. Most paths may be, because they may be an alias, such as
/// `Mail` or `Shared<dyn Mailer>`.
fn may_point(ty: &Type) -> bool {
    match peel(ty) {
        Type::Reference(_) => true,
        Type::Path(path) => path.path.segments.last().is_some_and(|last| {
            let is_std = ["String", "Vec", "Option", "Mutex", "RwLock"]
                .iter()
                .any(|name| last.ident == name);
            !is_std
        }),
        _ => false,
    }
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
