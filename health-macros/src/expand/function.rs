//! The code that `#[health_check]` adds after a function: a type with the function's name.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{GenericArgument, GenericParam, Generics, Meta, PathArguments, ReturnType, Type, TypePath};

use crate::expand::spec::{expand_call, expand_spec, runtime};
use crate::model::signature::{PRIMITIVES, Signature};
use crate::model::{Dependency, Function};
use crate::util::tokens::{mentions, peel, rename_lifetimes};

// Expands to:
// #[doc(hidden)]
// pub struct disk_space {}
// #[automatically_derived]
// impl ::health_runtime::HealthFn<AppState> for disk_space {
//     fn spec() -> ::health_runtime::CheckSpec { … }
//     fn call<'__state>(state: &'__state AppState) -> ::health_runtime::CheckFuture<'__state> {
//         ::health_runtime::run_async::<io::Result<()>, _>(disk_space(state))
//     }
// }
//
// and the same for `Arc<AppState>`, the state of `Health::builder(Arc::new(state))`. If the type of the state is a type
// parameter, there is no second impl: the parameter may already stand for the `Arc`.
//
// The struct has braces because a unit struct is also a value, and the function already uses the name for a value.
// There is no `const _` around the impl: on an associated function, where this code is an error anyway, it would cause
// two more errors.
pub(crate) fn expand_function(function: &Function<'_>) -> TokenStream {
    let signature = function.signature;
    let runtime = runtime(&function.check.options.krate).expect("validation refuses a path that is none");
    let ty = expand_type(signature);
    let name = type_name(&signature.ident);
    let (check, _) = function.check.name().expect("a function has a name");
    let depends_on = function.check.options.depends_on.value().into_iter().flatten();
    let depends_on: Vec<String> = depends_on.map(Dependency::name).collect();
    let spec = expand_spec(&function.check, &check, &depends_on, &runtime);
    let lifetimes: Vec<Ident> = lifetimes(&signature.generics);
    let allow = is_deprecated_use(signature).then(|| quote!(#[allow(deprecated)]));
    let Some(state) = signature.state() else {
        let call = expand_run(function, &lifetimes, &runtime, &TokenStream::new());
        let check = expand_for_any_state(&name, &spec, &call, &runtime);
        return quote! { #ty #allow #check };
    };
    // rustc shows this name if the function returns something that borrows from the state.
    let argument = Ident::new("state", returned(signature));
    let call = expand_run(function, &lifetimes, &runtime, &argument.to_token_stream());
    let state = rename_lifetimes(state.to_token_stream(), &lifetimes, "static");
    let (generics, predicates) = expand_generics(&signature.generics, &lifetimes, &state);
    let shared = is_named(signature).then(|| {
        let header = quote!(impl #generics);
        let shared = expand_shared(&header, &name, &state, &predicates, &runtime);
        quote!(#allow #shared)
    });
    quote! {
        #ty
        #shared
        #allow
        #[automatically_derived]
        impl #generics #runtime::HealthFn<#state> for #name #predicates {
            fn spec() -> #runtime::CheckSpec { #spec }
            fn call<'__state>(#argument: &'__state #state) -> #runtime::CheckFuture<'__state> {
                #call
            }
        }
    }
}

// Expands to:
// #[automatically_derived]
// impl ::health_runtime::HealthFn<::std::sync::Arc<AppState>> for disk_space {
//     fn spec() -> ::health_runtime::CheckSpec { <Self as ::health_runtime::HealthFn<AppState>>::spec() }
//     fn call<'__state>(state: &'__state ::std::sync::Arc<AppState>) -> ::health_runtime::CheckFuture<'__state> {
//         <Self as ::health_runtime::HealthFn<AppState>>::call(state)
//     }
// }
fn expand_shared(
    header: &TokenStream,
    name: &Ident,
    state: &TokenStream,
    predicates: &TokenStream,
    runtime: &TokenStream,
) -> TokenStream {
    quote! {
        #[automatically_derived]
        #header #runtime::HealthFn<::std::sync::Arc<#state>> for #name #predicates {
            fn spec() -> #runtime::CheckSpec { <Self as #runtime::HealthFn<#state>>::spec() }
            fn call<'__state>(state: &'__state ::std::sync::Arc<#state>) -> #runtime::CheckFuture<'__state> {
                <Self as #runtime::HealthFn<#state>>::call(state)
            }
        }
    }
}

// Expands to one of:
// ::health_runtime::run_async::<io::Result<()>, _>(disk_space(state))
// ::health_runtime::run_blocking::<io::Result<()>>(disk_space(state))
// ::health_runtime::run_plain::<io::Result<()>>(disk_space(state))
// ::health_runtime::run(disk_space(state))
//
// `run` and `run_blocking` are for a plain `fn` that may return a future.
//
// If a check cannot return its type, the error is under the whole type. Without the type in the call, it is only under
// the first word of the type. If the future is not `Send`, the error is under the function's name:
//     async fn disk_space() -> io::Result<u8> {
//              ^^^^^^^^^^      ^^^^^^^^^^^^^^
fn expand_run(
    function: &Function<'_>,
    lifetimes: &[Ident],
    runtime: &TokenStream,
    argument: &TokenStream,
) -> TokenStream {
    let signature = function.signature;
    let path = |at| located(signature.ident.to_token_stream(), Some(at));
    let output = match &signature.output {
        ReturnType::Default => quote!(()),
        // `impl Trait` cannot be written in the call.
        ReturnType::Type(_, ty) if mentions(ty.to_token_stream(), &["impl".to_owned()]) => {
            quote_spanned!(returned(signature)=> _)
        }
        ReturnType::Type(_, ty) => rename_lifetimes(ty.to_token_stream(), lifetimes, "_"),
    };
    let name = Span::mixed_site().located_at(signature.ident.span());
    let first = returned(signature);
    // The path in `crate = path` keeps its span, so that an error in it is shown there.
    let at = if function.check.options.krate.is_given() {
        None
    } else {
        Some(name)
    };
    let is_blocking = function.check.options.blocking.is_given();
    if signature.asyncness.is_some() {
        let run = located(quote!(#runtime::run_async), at);
        expand_call(&quote_spanned!(name=> #run::<#output, _>), &path(name), name, argument)
    } else {
        let is_named = output.to_string() != "_";
        let run = match &signature.output {
            ReturnType::Default => quote!(run_plain::<#output>),
            ReturnType::Type(_, ty) if is_no_future(ty) => quote!(run_plain::<#output>),
            ReturnType::Type(..) if is_blocking && is_named => quote!(run_blocking::<#output>),
            ReturnType::Type(..) if is_blocking => quote!(run_blocking),
            ReturnType::Type(..) => quote!(run),
        };
        let run = if is_named { run } else { located(run, Some(first)) };
        expand_call(&quote!(#runtime::#run), &path(first), first, argument)
    }
}

/// Whether the name of the type shows that it is not a future: `Result<…>`, `Option<…>`, `String`, `bool`.
fn is_no_future(ty: &Type) -> bool {
    match peel(ty) {
        Type::Tuple(_) | Type::Array(_) | Type::Never(_) => true,
        Type::Path(TypePath { qself: None, path, .. }) => path.segments.last().is_some_and(|last| {
            let name = last.ident.to_string();
            let name = name.as_str();
            // A type argument is required: the alias `type Result<'a> = BoxFuture<'a, bool>` is a future and has none.
            let has_type = matches!(&last.arguments, PathArguments::AngleBracketed(arguments)
                if arguments.args.iter().any(|argument| matches!(argument, GenericArgument::Type(_))));
            (["Result", "Option", "Vec"].contains(&name) && has_type) || name == "String" || PRIMITIVES.contains(&name)
        }),
        _ => false,
    }
}

/// The span of the return type, or of the function's name if there is no return type.
fn returned(signature: &Signature) -> Span {
    Span::mixed_site().located_at(match &signature.output {
        ReturnType::Default => signature.ident.span(),
        ReturnType::Type(_, ty) => ty.span(),
    })
}

/// The same tokens, but with the position of `at`, so that errors are shown there.
fn located(tokens: TokenStream, at: Option<Span>) -> TokenStream {
    let tokens = tokens.into_iter().map(|mut token| {
        let span = token.span();
        token.set_span(at.map_or(span, |at| span.located_at(at)));
        token
    });
    tokens.collect()
}

// Expands to:
// #[automatically_derived]
// impl<__S: ?Sized> ::health_runtime::HealthFn<__S> for disk_space {
//     fn spec() -> ::health_runtime::CheckSpec { … }
//     fn call(_: &__S) -> ::health_runtime::CheckFuture<'_> {
//         ::health_runtime::run(disk_space())
//     }
// }
pub(super) fn expand_for_any_state(
    name: &Ident,
    spec: &TokenStream,
    call: &TokenStream,
    runtime: &TokenStream,
) -> TokenStream {
    quote! {
        #[automatically_derived]
        impl<__S: ?::core::marker::Sized> #runtime::HealthFn<__S> for #name {
            fn spec() -> #runtime::CheckSpec { #spec }
            fn call(_: &__S) -> #runtime::CheckFuture<'_> {
                #call
            }
        }
    }
}

// Expands to:
// #[doc(hidden)]
// pub struct disk_space {}
pub(super) fn expand_type(signature: &Signature) -> TokenStream {
    let (vis, name) = (&signature.vis, type_name(&signature.ident));
    quote_spanned! {name.span()=> #[doc(hidden)] #vis struct #name {} }
}

/// The function's name, as the name of the generated type. The user can name this type, but rustc sees generated code
/// and does not apply its style lints.
pub(super) fn type_name(function: &Ident) -> Ident {
    let mut name = function.clone();
    name.set_span(function.span().resolved_at(Span::call_site()));
    name
}

// Expands to, for `fn f<'a, S: HasDb>(state: &'a S) where S: 'a`:
// <S: HasDb>
// where S: 'static, S: Send + Sync + 'static
fn expand_generics(generics: &Generics, lifetimes: &[Ident], state: &TokenStream) -> (TokenStream, TokenStream) {
    if generics.type_params().next().is_none() && generics.const_params().next().is_none() {
        return (TokenStream::new(), TokenStream::new());
    }
    let params = generics
        .params
        .iter()
        .filter(|param| !matches!(param, GenericParam::Lifetime(_)));
    let params = rename_lifetimes(quote!(#(#params),*), lifetimes, "static");
    let predicates = generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    let predicates = rename_lifetimes(quote!(#(#predicates,)*), lifetimes, "static");
    // Every state has these bounds. They are repeated so that rustc sees that the function's future is `Send`.
    let send = quote!(::core::marker::Send + ::core::marker::Sync + 'static);
    (quote!(<#params>), quote!(where #predicates #state: #send))
}

/// Whether the type of the state is a path that does not begin with a type parameter, as `S` and `S::State` do.
fn is_named(signature: &Signature) -> bool {
    let params: Vec<&Ident> = signature.generics.type_params().map(|param| &param.ident).collect();
    match signature.state().map(peel) {
        Some(Type::Path(TypePath { qself: None, path, .. })) => path
            .segments
            .first()
            .is_some_and(|first| !params.contains(&&first.ident)),
        _ => false,
    }
}

/// Whether the generated impl needs `#[allow(deprecated)]`. It does if the function is deprecated, because the user did
/// not write the generated call. It also does if the function allows or expects deprecated items.
fn is_deprecated_use(signature: &Signature) -> bool {
    signature.attrs.iter().any(|attr| match &attr.meta {
        Meta::List(list) if list.path.is_ident("allow") || list.path.is_ident("expect") => {
            mentions(list.tokens.clone(), &["deprecated".to_owned()])
        }
        meta => meta.path().is_ident("deprecated"),
    })
}

fn lifetimes(generics: &Generics) -> Vec<Ident> {
    let lifetimes = generics.lifetimes();
    lifetimes.map(|param| param.lifetime.ident.clone()).collect()
}
