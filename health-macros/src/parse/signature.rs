//! Parses a function, except its body: that would need all of syn's grammar, and the function is in the output as it
//! was in the input.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{ParseStream, Parser};
use syn::{Abi, Attribute, Generics, Lifetime, Result, Token, Type, WhereClause, parenthesized};

use crate::model::signature::{Input, Signature};
use crate::util::tokens::ungroup;

/// The item under the attribute macro.
pub(crate) enum Item {
    Function(Box<Signature>),
    Other {
        /// The token in place of `fn`, such as `struct`.
        found: Option<TokenTree>,
        /// Whether the item derives `HealthState`.
        derives: bool,
    },
}

impl Item {
    /// Parses an item.
    ///
    /// # Errors
    ///
    /// If the signature of a function has wrong syntax. rustc usually reports that before it calls the macro.
    pub(crate) fn parse(tokens: TokenStream) -> Result<Self> {
        // `$item:item` comes in invisible delimiters.
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let tokens: TokenStream = ungroup(&tokens).into_iter().collect();
        parse_item.parse2(tokens)
    }
}

/// Whether this is the attribute macro itself, by any path.
pub(crate) fn is_health_check(attribute: &Attribute) -> bool {
    let last = attribute.path().segments.last();
    last.is_some_and(|last| last.ident == "health_check")
}

fn parse_item(input: ParseStream<'_>) -> Result<Item> {
    let attrs = input.call(Attribute::parse_outer)?;
    let vis = input.parse()?;
    let item = input.fork();
    input.parse::<Option<Token![const]>>()?;
    let asyncness = input.parse()?;
    let unsafety = input.parse()?;
    input.parse::<Option<Abi>>()?;
    if !input.peek(Token![fn]) {
        let keyword = item.parse().ok();
        input.parse::<TokenStream>()?;
        let derives = attrs.iter().any(|attr| {
            attr.path().is_ident("derive") && attr.meta.to_token_stream().to_string().contains("HealthState")
        });
        return Ok(Item::Other {
            found: keyword,
            derives,
        });
    }
    input.parse::<Token![fn]>()?;
    let ident = input.parse()?;
    let mut generics: Generics = input.parse()?;
    let content;
    parenthesized!(content in input);
    let inputs = parse_inputs(&content)?;
    let output = input.parse()?;
    generics.where_clause = input.parse::<Option<WhereClause>>()?;
    // `$body:block` comes in invisible delimiters. `Signature::has_body` looks inside them.
    let body = input.parse::<TokenStream>()?.into_iter().collect();
    Ok(Item::Function(Box::new(Signature {
        attrs,
        vis,
        asyncness,
        unsafety,
        ident,
        generics,
        inputs,
        output,
        body,
    })))
}

fn parse_inputs(input: ParseStream<'_>) -> Result<Vec<Input>> {
    let mut inputs = Vec::new();
    while !input.is_empty() {
        let attributes = input.call(Attribute::parse_outer)?;
        let cfg = attributes
            .into_iter()
            .find(|attr| attr.path().is_ident("cfg"))
            .map(Box::new);
        inputs.push(parse_input(input, cfg)?);
        input.parse::<Option<Token![,]>>()?;
    }
    Ok(inputs)
}

fn parse_input(input: ParseStream<'_>, cfg: Option<Box<Attribute>>) -> Result<Input> {
    let mut tokens = TokenStream::new();
    let start = input.fork();
    start.parse::<Option<Token![&]>>()?;
    start.parse::<Option<Lifetime>>()?;
    start.parse::<Option<Token![mut]>>()?;
    let is_receiver = start.peek(Token![self]) && !start.peek2(Token![::]);
    // The pattern. A `::` in it is part of a path and does not end it.
    while !input.is_empty() && (!input.peek(Token![:]) || input.peek(Token![::])) {
        if is_receiver && input.peek(Token![,]) {
            return Ok(Input::Receiver(tokens));
        }
        if input.peek(Token![::]) {
            let separator: Token![::] = input.parse()?;
            separator.to_tokens(&mut tokens);
        } else {
            tokens.extend([input.parse::<TokenTree>()?]);
        }
    }
    if is_receiver && input.is_empty() {
        return Ok(Input::Receiver(tokens));
    }
    let colon: Token![:] = input.parse()?;
    let ty: Box<Type> = input.parse()?;
    tokens.extend(quote!(#colon #ty));
    Ok(if is_receiver {
        Input::Receiver(tokens)
    } else {
        Input::Typed { tokens, ty, cfg }
    })
}
