//! The stub that goes out beside errors, so that one mistake does not also say "no method `start_health` found".

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::GenericParam;

use crate::derive::{expand_where, runtime};
use crate::model::State;

// Expands to:
// const _: () = {
//     #[automatically_derived]
//     impl ::health_runtime::HealthState for AppState {
//         fn register(_: &mut ::health_runtime::Checks<Self>) {}
//     }
// };
pub(crate) fn expand_stub(state: &State<'_>) -> TokenStream {
    if state.options.krate.is_refused() {
        return TokenStream::new(); // Nobody knows where the trait is: the stub would be one more error.
    }
    let runtime = runtime(&state.options);
    let name = &state.input.ident;
    let mut generics = state.input.generics.clone();
    let lifetimes: Vec<Ident> = generics.lifetimes().map(|param| param.lifetime.ident.clone()).collect();
    let (_, type_generics, _) = generics.split_for_impl();
    let type_generics = forever(type_generics.to_token_stream(), &lifetimes);
    let where_clause = forever(expand_where(state, &runtime), &lifetimes);
    generics.params = generics
        .params
        .into_iter()
        .filter(|param| !matches!(param, GenericParam::Lifetime(_)))
        .collect();
    let (impl_generics, ..) = generics.split_for_impl();
    let impl_generics = forever(impl_generics.to_token_stream(), &lifetimes);
    quote! {
        const _: () = {
            #[automatically_derived]
            impl #impl_generics #runtime::HealthState for #name #type_generics #where_clause {
                fn register(_: &mut #runtime::Checks<Self>) {}
            }
        };
    }
}

/// Writes `'static` for the lifetimes of a state that borrows: it is refused, and still the stub has to be an
/// implementation for a type that lives as long as the process.
fn forever(tokens: TokenStream, lifetimes: &[Ident]) -> TokenStream {
    let mut after_tick = false;
    let replaced = tokens.into_iter().map(|token| {
        let is_tick = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '\'');
        let is_lifetime = std::mem::replace(&mut after_tick, is_tick);
        match token {
            TokenTree::Ident(ident) if is_lifetime && lifetimes.contains(&ident) => {
                Ident::new("static", ident.span()).into()
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), forever(group.stream(), lifetimes));
                inner.set_span(group.span());
                inner.into()
            }
            other => other,
        }
    });
    replaced.collect()
}
