//! What the macros can stand on: a struct that owns its data, a free function that takes the state by reference.

use proc_macro2::TokenTree;
use quote::ToTokens;
use syn::{Data, DeriveInput, GenericArgument, GenericParam, PathArguments, Type, TypePath};

use crate::errors::Errors;
use crate::signature::{Input, Signature};
use crate::tokens::{mentions, peel, show_token, show_type};

/// Refuses everything but a struct without lifetimes.
pub(crate) fn validate_struct(input: &DeriveInput, errors: &mut Errors) {
    let way_out = "derive it on the struct that holds the service's state, and implement `HealthCheck` for this type if \
                   it is one of its fields";
    match &input.data {
        Data::Struct(_) => {}
        Data::Enum(data) => {
            errors.at(
                data.enum_token,
                format!("`HealthState` cannot be derived for an enum; {way_out}"),
            );
        }
        Data::Union(data) => {
            errors.at(
                data.union_token,
                format!("`HealthState` cannot be derived for a union; {way_out}"),
            );
        }
    }
    for param in &input.generics.params {
        if let GenericParam::Lifetime(param) = param {
            let lifetime = &param.lifetime;
            errors.at(
                lifetime,
                format!(
                    "a health state cannot borrow for `{lifetime}`, because its checks run for as long as the process \
                     lives; own the data, for example in an `Arc`"
                ),
            );
        }
    }
}

/// Reports an item that is no function.
pub(crate) fn report_no_function(found: Option<&TokenTree>, errors: &mut Errors) {
    let way_out = match found {
        Some(TokenTree::Ident(word)) if word == "struct" => {
            "write `#[derive(HealthState)]` here, and `#[health_check]` on the fields to be checked"
        }
        _ => "put it on the function that checks, or on a field of a struct with `#[derive(HealthState)]`",
    };
    let what = found.map_or_else(|| "nothing".into(), |found| format!("`{}`", show_token(found)));
    errors.at(
        found.to_token_stream(),
        format!("expected a function below `#[health_check]`, found {what}; {way_out}"),
    );
}

/// Refuses everything but a free function that can be called with a reference to the state, or with nothing.
pub(crate) fn validate_signature(signature: &Signature, errors: &mut Errors) {
    let name = &signature.ident;
    if let Some(constness) = &signature.constness {
        errors.at(constness, "a check is a plain `fn` or an `async fn`; remove `const`");
    }
    if let Some(unsafety) = &signature.unsafety {
        errors.at(
            unsafety,
            "an `unsafe fn` cannot be a check, because its caller would have to keep a promise; wrap the call in a safe \
             function, and put `#[health_check]` there",
        );
    }
    if let Some(abi) = &signature.abi {
        errors.at(
            abi,
            "a check is a plain `fn` or an `async fn`; call this one from such a function, and put `#[health_check]` there",
        );
    }
    if let Some(Input::Receiver(receiver)) = signature.inputs.first() {
        errors.at(
            receiver,
            format!(
                "a method cannot be a check, because nothing says on which value to call it; write a free function: \
                 `fn {name}(state: &AppState)`"
            ),
        );
        return;
    }
    if !signature.has_body {
        errors.at(
            name,
            "a function without a body cannot be a check; put `#[health_check]` on a free function with one",
        );
    }
    if signature.says_self() {
        errors.at(
            name,
            format!(
                "an associated function cannot be a check, because the type beside it has no place here; write a free \
                 function: `fn {name}(state: &AppState)`"
            ),
        );
        return;
    }
    if let Some(Input::Typed { ty, .. }) = signature.inputs.first() {
        validate_state(ty, signature, errors);
    }
    for second in signature.inputs.iter().skip(1) {
        let (Input::Receiver(tokens) | Input::Typed { tokens, .. }) = second;
        errors.at(
            tokens,
            "a check function takes the state and nothing else; remove this parameter, and keep in the state what it \
             brings",
        );
    }
    validate_params(signature, errors);
}

/// The parameter is `&State`.
fn validate_state(ty: &Type, signature: &Signature, errors: &mut Errors) {
    let name = &signature.ident;
    let reference = match peel(ty) {
        Type::Reference(reference) => reference,
        Type::ImplTrait(ty) => {
            let bounds = show_type(&ty.bounds);
            errors.at(
                ty,
                format!("a check takes the state by reference, and names its type; write `fn {name}<S: {bounds}>(state: &S)`"),
            );
            return;
        }
        ty => {
            let (wrapper, state) = unwrap(ty);
            let why = match wrapper.as_deref() {
                Some("State") => "a check is no handler and takes the state itself, by reference",
                Some(_) => "a check takes the state itself, by reference, however it is shared",
                None => "a check takes the state by reference",
            };
            errors.at(ty, format!("{why}; write `&{}`", show_type(state)));
            return;
        }
    };
    let state = peel(&reference.elem);
    if let Some(mutability) = &reference.mutability {
        errors.at(
            mutability,
            format!(
                "a check cannot change the state, which everybody shares; write `&{}`, and use a lock or an atomic inside \
                 of it",
                show_type(state)
            ),
        );
    }
    match state {
        Type::ImplTrait(ty) => {
            let bounds = show_type(&ty.bounds);
            errors.at(
                ty,
                format!("a check names the type of its state; write `fn {name}<S: {bounds}>(state: &S)`"),
            );
        }
        Type::TraitObject(ty) => {
            let bounds = show_type(&ty.bounds);
            errors.at(
                ty,
                format!("no state is a `dyn {bounds}`; write `fn {name}<S: {bounds}>(state: &S)`"),
            );
        }
        _ => {}
    }
}

/// Every parameter of the function is one of the state: nothing else could say what it stands for.
fn validate_params(signature: &Signature, errors: &mut Errors) {
    let state = signature.state().to_token_stream();
    for param in &signature.generics.params {
        match param {
            GenericParam::Lifetime(param) => {
                let lifetime = &param.lifetime;
                let used = state.clone().into_iter().collect::<Vec<_>>();
                if has_lifetime(&used, lifetime) {
                    errors.at(
                        lifetime,
                        format!(
                            "a health state cannot borrow for `{lifetime}`, because its checks run for as long as the \
                             process lives; own the data, for example in an `Arc`"
                        ),
                    );
                }
            }
            GenericParam::Type(syn::TypeParam { ident, .. }) | GenericParam::Const(syn::ConstParam { ident, .. }) => {
                if !mentions(state.clone(), &[ident.to_string()]) {
                    errors.at(
                        ident,
                        format!(
                            "nothing says what `{ident}` is where the check is called; remove it, or use it in the type \
                             of the state"
                        ),
                    );
                }
            }
        }
    }
}

fn has_lifetime(tokens: &[TokenTree], lifetime: &syn::Lifetime) -> bool {
    tokens.iter().enumerate().any(|(i, token)| match token {
        TokenTree::Ident(ident) => {
            *ident == lifetime.ident
                && i > 0
                && matches!(&tokens[i - 1], TokenTree::Punct(punct) if punct.as_char() == '\'')
        }
        TokenTree::Group(group) => has_lifetime(&group.stream().into_iter().collect::<Vec<_>>(), lifetime),
        _ => false,
    })
}

/// What is inside of `State<…>`, `Arc<…>` and the like, and the name of the first of them.
fn unwrap(ty: &Type) -> (Option<String>, &Type) {
    let Type::Path(TypePath { path, .. }) = ty else {
        return (None, ty);
    };
    let Some(last) = path.segments.last() else {
        return (None, ty);
    };
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return (None, ty);
    };
    match arguments.args.first() {
        Some(GenericArgument::Type(inner))
            if arguments.args.len() == 1
                && ["State", "Arc", "Box", "Rc", "Extension"]
                    .iter()
                    .any(|name| last.ident == name) =>
        {
            let (_, innermost) = unwrap(peel(inner));
            (Some(last.ident.to_string()), innermost)
        }
        _ => (None, ty),
    }
}
