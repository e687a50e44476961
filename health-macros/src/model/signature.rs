//! A function as the attribute macro sees it. The body is not parsed: that would need all of syn's grammar, and the
//! function is in the output as it was in the input. The macro only searches the body for names, token by token.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, Generics, ReturnType, Token, Type, Visibility};

use crate::util::tokens::{is_punct, mentions, peel, ungroup};

/// The parts of a function before its body, and the body as tokens.
pub(crate) struct Signature {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) asyncness: Option<Token![async]>,
    pub(crate) unsafety: Option<Token![unsafe]>,
    pub(crate) ident: Ident,
    /// Includes the where clause.
    pub(crate) generics: Generics,
    pub(crate) inputs: Vec<Input>,
    pub(crate) output: ReturnType,
    /// The body in braces, or `;`.
    pub(crate) body: Vec<TokenTree>,
}

/// A parameter.
pub(crate) enum Input {
    /// All tokens of `self` in any form, such as `&mut self` or `self: Arc<Self>`.
    Receiver(TokenStream),
    /// `pattern: Type`.
    Typed {
        tokens: TokenStream,
        ty: Box<Type>,
        /// `#[cfg(…)]` on the parameter. rustc does not evaluate it before it calls the macro.
        cfg: Option<Box<Attribute>>,
    },
}

/// What a function uses although it has the function's own name.
pub(crate) enum Used {
    Primitive,
    /// The crate or module at the start of a path.
    Path,
}

pub(crate) const PRIMITIVES: [&str; 17] = [
    "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "str", "u8", "u16", "u32", "u64", "u128",
    "usize",
];

impl Signature {
    /// The type of the state: `S` in `state: &S`.
    pub(crate) fn state(&self) -> Option<&Type> {
        match self.inputs.first()? {
            Input::Typed { ty, .. } => match peel(ty) {
                Type::Reference(reference) => Some(peel(&reference.elem)),
                _ => None,
            },
            Input::Receiver(_) => None,
        }
    }

    /// Whether the signature shows that the function is in a trait or an `impl`.
    pub(crate) fn is_associated(&self) -> bool {
        let has_receiver = matches!(self.inputs.first(), Some(Input::Receiver(_)));
        has_receiver || !self.has_body() || self.says_self()
    }

    pub(crate) fn has_body(&self) -> bool {
        let body = ungroup(&self.body);
        matches!(body.as_slice(), [TokenTree::Group(body)] if body.delimiter() == Delimiter::Brace)
    }

    /// What the function uses that has the function's own name: a primitive type, or the crate or module of a path. The
    /// type that the attribute adds would hide it.
    pub(crate) fn uses_own_name(&self) -> Option<Used> {
        let name = self.ident.unraw().to_string();
        let body: TokenStream = self.body.iter().cloned().collect();
        let is_primitive = PRIMITIVES.contains(&name.as_str());
        if is_primitive && (names_type(body.clone(), &name) || mentions(self.types(), std::slice::from_ref(&name))) {
            return Some(Used::Primitive);
        }
        let is_used = begins_path(self.types(), &name) || begins_path(body, &name);
        is_used.then_some(Used::Path)
    }

    /// The keywords before the function's name: `fn` or `async fn`.
    pub(crate) fn words(&self) -> &'static str {
        self.asyncness.map_or("fn", |_| "async fn")
    }

    /// Whether the signature names `Self`.
    pub(crate) fn says_self(&self) -> bool {
        mentions(self.types(), &["Self".to_owned()])
    }

    /// Whether `_` is in one of the signature's types. rustc reports that itself.
    pub(crate) fn has_placeholder(&self) -> bool {
        mentions(self.types(), &["_".to_owned()])
    }

    /// The return type, the generic parameters, the where clause and the types of the parameters.
    fn types(&self) -> TokenStream {
        let mut types = self.output.to_token_stream();
        self.generics.params.to_tokens(&mut types);
        self.generics.where_clause.to_tokens(&mut types);
        for input in &self.inputs {
            if let Input::Typed { ty, .. } = input {
                ty.to_tokens(&mut types);
            }
        }
        types
    }
}

/// Whether a path in the tokens begins with this name. For `redis`, `redis::cmd` does; `::redis::cmd`, `crate::redis`
/// and `redis::<T>` do not.
fn begins_path(tokens: TokenStream, name: &str) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    tokens.iter().enumerate().any(|(i, token)| match token {
        TokenTree::Ident(ident) if ident.unraw() == name => {
            let after = &tokens[i + 1..];
            let is_followed = matches!(after, [a, b, TokenTree::Ident(_) | TokenTree::Group(_), ..]
                if is_punct(a, ':') && is_punct(b, ':'))
                || matches!(after, [a, b, star, ..] if is_punct(a, ':') && is_punct(b, ':') && is_punct(star, '*'));
            let is_first = i == 0 || !is_punct(&tokens[i - 1], ':') || (i > 1 && !is_punct(&tokens[i - 2], ':'));
            is_followed && is_first
        }
        TokenTree::Group(group) => begins_path(group.stream(), name),
        _ => false,
    })
}

/// Whether the tokens use the name as a type. The neighbouring tokens decide: a field (`state.str`), a variable or a
/// function with this name does not count.
fn names_type(tokens: TokenStream, name: &str) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    tokens.iter().enumerate().any(|(i, token)| match token {
        TokenTree::Ident(ident) if ident == name => match i.checked_sub(1).map(|before| &tokens[before]) {
            Some(TokenTree::Punct(before)) => [':', '<', '&', '>'].contains(&before.as_char()),
            Some(TokenTree::Ident(before)) => before == "as" || before == "mut" || before == "dyn",
            Some(_) => false,
            None => matches!(tokens.get(1), Some(next) if is_punct(next, ':')), // `u8::MAX`
        },
        TokenTree::Group(group) => names_type(group.stream(), name),
        _ => false,
    })
}
