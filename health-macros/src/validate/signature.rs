//! Validates the item under a macro: a struct that owns its data, or a free function that takes the state by reference.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, GenericArgument, GenericParam, PathArguments, Type, TypePath};

use crate::model::signature::{Input, Signature, Used};
use crate::util::errors::Errors;
use crate::util::tokens::{is_punct, mentions, peel, show_token, show_type};

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

/// Reports an item that is not a function.
pub(crate) fn report_no_function(found: Option<&TokenTree>, derives: bool, errors: &mut Errors) {
    let way_out = match found {
        Some(TokenTree::Ident(word)) if word == "struct" && derives => {
            "remove it here, and put `#[health_check]` on the fields to be checked"
        }
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

/// Refuses everything but a free function that takes a reference to the state, or nothing.
pub(crate) fn validate_signature(signature: &Signature, errors: &mut Errors) {
    let (words, name) = (signature.words(), &signature.ident);
    if let Some(unsafety) = &signature.unsafety {
        errors.at(
            unsafety,
            "an `unsafe fn` cannot be a check, because the engine cannot know its safety requirements; call it from a safe function, \
             and put `#[health_check]` there",
        );
    }
    if let Some(Input::Receiver(receiver)) = signature.inputs.first() {
        errors.at(
            receiver,
            format!(
                "a method cannot be a check, because the engine has no value to call it on; write a free function: \
                 `{words} {name}(state: &AppState)`"
            ),
        );
        return;
    }
    if !signature.has_body() {
        errors.at(
            name,
            "a function without a body cannot be a check; put `#[health_check]` on a free function with one",
        );
    }
    if signature.says_self() {
        errors.at(
            name,
            format!(
                "an associated function cannot be a check, because `#[health_check]` adds a type, which cannot live in \
                 an `impl`; write a free function: `{words} {name}(state: &AppState)`"
            ),
        );
        return;
    }
    if let Some(used) = signature.uses_own_name() {
        let what = match used {
            Used::Primitive => format!("the type `{name}`"),
            Used::Path => format!("`{name}::`"),
        };
        errors.at(
            name,
            format!(
                "the function `{name}` has the name of what it uses: `#[health_check]` adds a type of the function's name, \
                 which hides {what}; rename the function, for example to `check_{0}`, and keep `name = \"{0}\"`",
                name.unraw()
            ),
        );
    }
    for input in &signature.inputs {
        if let Input::Typed { cfg: Some(cfg), .. } = input {
            errors.at(
                cfg,
                format!(
                    "a check cannot have a parameter for some configurations only; write two functions `{name}`, with \
                     `#[cfg(...)]` above each"
                ),
            );
            return;
        }
    }
    if let Some(Input::Typed { ty, .. }) = signature.inputs.first() {
        validate_state(ty, signature, errors);
    }
    for second in signature.inputs.iter().skip(1) {
        let (Input::Receiver(tokens) | Input::Typed { tokens, .. }) = second;
        errors.at(
            tokens,
            "a check function takes the state and nothing else; remove this parameter, and put what it carries into \
             the state",
        );
    }
    validate_params(signature, errors);
}

/// The parameter must be a plain reference to the state, `&AppState`.
fn validate_state(ty: &Type, signature: &Signature, errors: &mut Errors) {
    let right = |bounds: &dyn ToTokens| {
        let (words, name, bounds) = (signature.words(), &signature.ident, show_type(&bounds));
        format!("write `{words} {name}<S: {bounds}>(state: &S)`")
    };
    let reference = match peel(ty) {
        Type::Reference(reference) => reference,
        Type::ImplTrait(ty) => {
            let right = right(&ty.bounds);
            errors.at(
                ty,
                format!("a check takes the state by reference, and names its type; {right}"),
            );
            return;
        }
        ty => {
            let (wrapper, state) = unwrap(ty);
            if let (Some(lock), locked) = unlock(state) {
                report_lock(ty, &lock, locked, errors);
                return;
            }
            if wrapper.as_deref() == Some("State") {
                errors.at(
                    ty,
                    "a check takes the whole state, and extractors work in handlers only; write `&AppState`, a reference to the struct that \
                     derives `HealthState`",
                );
                return;
            }
            let why = match wrapper {
                Some(_) => "a check takes the state itself, by reference, however it is shared",
                None => "a check takes the state by reference",
            };
            errors.at(ty, format!("{why}; write `&{}`", show_type(state)));
            return;
        }
    };
    let state = peel(&reference.elem);
    if let (Some(lock), locked) = unlock(unwrap(state).1) {
        report_lock(state, &lock, locked, errors);
        return;
    }
    if let Some(lifetime) = reference
        .lifetime
        .as_ref()
        .filter(|lifetime| lifetime.ident == "static")
    {
        errors.at(
            lifetime,
            format!(
                "a check borrows the state for one run only; write `&{}`",
                show_type(state)
            ),
        );
    }
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
            errors.at(
                ty,
                format!("a check names the type of its state; {}", right(&ty.bounds)),
            );
        }
        Type::TraitObject(ty) => {
            let bounds = show_type(&ty.bounds);
            errors.at(
                ty,
                format!(
                    "a check names the type of its state, which cannot be `dyn {bounds}`; {}",
                    right(&ty.bounds)
                ),
            );
        }
        ty if mentions(ty.to_token_stream(), &["impl".to_owned()]) => {
            errors.at(
                ty,
                "a check names the type of its state; write `&AppState`, or the name of yours",
            );
        }
        _ => {}
    }
}

/// Every generic parameter must be in the type of the state, because the call infers it from there.
fn validate_params(signature: &Signature, errors: &mut Errors) {
    let state = match (signature.state(), signature.inputs.first()) {
        (Some(state), _) => state.to_token_stream(),
        // Not a reference; `validate_state` has reported that.
        (None, Some(Input::Typed { ty, .. })) => ty.to_token_stream(),
        (None, _) => TokenStream::new(),
    };
    let state: Vec<TokenTree> = state.into_iter().collect();
    for param in &signature.generics.params {
        match param {
            GenericParam::Lifetime(param) => {
                let lifetime = &param.lifetime;
                if has_lifetime(&state, lifetime) {
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
                if !is_determined(&state, ident) {
                    errors.at(
                        ident,
                        format!(
                            "the compiler cannot infer `{ident}` where the check is called; remove it, or use it in the type of \
                             the state"
                        ),
                    );
                }
            }
        }
    }
}

/// Whether rustc can infer the parameter from the type: it can from `Pool<T>`, but not from `T::Pool` or
/// `<T as Trait>::Pool`.
fn is_determined(ty: &[TokenTree], param: &Ident) -> bool {
    ty.iter().enumerate().any(|(i, token)| match token {
        TokenTree::Ident(ident) if ident == param => {
            let before = i.checked_sub(1).map(|before| &ty[before]);
            let is_part = before.is_some_and(|before| is_punct(before, ':') || is_punct(before, '\''));
            let is_projected = match &ty[i + 1..] {
                [a, b, ..] if is_punct(a, ':') && is_punct(b, ':') => true,
                [TokenTree::Ident(word), ..] => word == "as",
                _ => false,
            };
            !is_part && !is_projected
        }
        TokenTree::Group(group) => is_determined(&group.stream().into_iter().collect::<Vec<_>>(), param),
        _ => false,
    })
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

fn report_lock(ty: &Type, lock: &str, locked: &Type, errors: &mut Errors) {
    errors.at(
        ty,
        format!(
            "a check takes the struct that derives `HealthState`, not a lock around it; write `&{}`, and put what changes \
             into a `{lock}` inside of it",
            show_type(locked)
        ),
    );
}

/// The name of the lock and the type inside, for `RwLock<…>` and `Mutex<…>`. Otherwise no name and the type itself.
fn unlock(ty: &Type) -> (Option<String>, &Type) {
    match argument_of(ty, &["Mutex", "RwLock"]) {
        Some((name, inner)) => (Some(name), peel(inner)),
        None => (None, ty),
    }
}

/// The name of the outermost wrapper and the innermost type, for `State<…>`, `Arc<…>` and the like. Otherwise no name
/// and the type itself.
fn unwrap(ty: &Type) -> (Option<String>, &Type) {
    let Some((name, inner)) = argument_of(ty, &["State", "Arc", "Box", "Rc", "Extension", "Option"]) else {
        return (None, ty);
    };
    let (_, innermost) = unwrap(peel(inner));
    let innermost = match innermost {
        Type::Reference(reference) => peel(&reference.elem),
        innermost => innermost,
    };
    (Some(name), innermost)
}

/// The name and the type argument of a type with one of these names and exactly one argument.
fn argument_of<'a>(ty: &'a Type, names: &[&str]) -> Option<(String, &'a Type)> {
    let Type::Path(TypePath { path, .. }) = ty else {
        return None;
    };
    let last = path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first() {
        Some(GenericArgument::Type(inner))
            if arguments.args.len() == 1 && names.iter().any(|name| last.ident == name) =>
        {
            Some((last.ident.to_string(), inner))
        }
        _ => None,
    }
}
