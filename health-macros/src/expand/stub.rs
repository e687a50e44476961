//! The stubs that go out beside errors. Without them, one mistake would cause more errors, such as "no method
//! `start_health` found".

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::GenericParam;

use crate::expand::derive::{expand_where, without_bounds};
use crate::expand::function::{expand_for_any_state, expand_type, type_name};
use crate::expand::spec::runtime;
use crate::model::{Function, StateStruct};
use crate::util::tokens::rename_lifetimes;

// Expands to:
// const _: () = {
//     #[automatically_derived]
//     impl ::health_runtime::HealthState for AppState {
//         fn register(_: &mut ::health_runtime::Checks<Self>) {}
//     }
// };
pub(crate) fn expand_state_stub(state: &StateStruct<'_>) -> TokenStream {
    let Some(runtime) = runtime(&state.options.krate) else {
        return TokenStream::new(); // The path of the trait is unknown, so a stub would be one more error.
    };
    let name = &state.input.ident;
    let mut generics = without_bounds(&state.input.generics);
    let lifetimes: Vec<Ident> = generics.lifetimes().map(|param| param.lifetime.ident.clone()).collect();
    let (_, type_generics, _) = generics.split_for_impl();
    let type_generics = rename_lifetimes(type_generics.to_token_stream(), &lifetimes, "static");
    // Leaves out the bounds of the fields: a check with wrong options may need another bound.
    let where_clause = rename_lifetimes(expand_where(state, &[]), &lifetimes, "static");
    generics.params = generics
        .params
        .into_iter()
        .filter(|param| !matches!(param, GenericParam::Lifetime(_)))
        .collect();
    let (impl_generics, ..) = generics.split_for_impl();
    let impl_generics = rename_lifetimes(impl_generics.to_token_stream(), &lifetimes, "static");
    quote! {
        const _: () = {
            #[automatically_derived]
            impl #impl_generics #runtime::HealthState for #name #type_generics #where_clause {
                fn register(_: &mut #runtime::Checks<Self>) {}
            }
        };
    }
}

// Expands to, beside errors:
// #[doc(hidden)]
// pub struct disk_space {}
// #[automatically_derived]
// impl<__S: ?Sized> ::health_runtime::HealthFn<__S> for disk_space { … }
pub(crate) fn expand_function_stub(function: &Function<'_>) -> TokenStream {
    let signature = function.signature;
    if signature.is_associated() || signature.uses_own_name().is_some() {
        return TokenStream::new(); // A type cannot be in an `impl`, and must not hide what has the same name.
    }
    let Some(runtime) = runtime(&function.check.options.krate) else {
        return TokenStream::new(); // The path of the trait is unknown.
    };
    let ty = expand_type(signature);
    let name = type_name(&signature.ident);
    let spec = quote!(#runtime::CheckSpec::new(""));
    let check = expand_for_any_state(&name, &spec, &quote!(#runtime::run::<_, ()>(())), &runtime);
    quote! { #ty #check }
}
