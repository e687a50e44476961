//! Searches unparsed tokens: for commas, for paths, and for the invisible delimiters around a `macro_rules` fragment.

use proc_macro2::{Delimiter, Group, Ident, Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Type;

/// The index of the next comma that separates options, or the length if there is none. A comma between `<` and `>`
/// belongs to a path, and a comma between `|` and `|` to a closure, unless nothing closes the `<` or `|`.
pub(crate) fn next_comma(tokens: &[TokenTree]) -> usize {
    let mut i = 0;
    while i < tokens.len() && !is_punct(&tokens[i], ',') {
        let rest = &tokens[i..];
        let begins = i.checked_sub(1).map(|before| &tokens[before]).is_some_and(begins_value);
        i += angles(rest).or_else(|| pipes(rest).filter(|_| begins)).unwrap_or(1);
    }
    i
}

/// Whether a closure may follow this token: `=`, `move` or `async`.
fn begins_value(before: &TokenTree) -> bool {
    match before {
        TokenTree::Ident(word) => word == "move" || word == "async",
        token => is_punct(token, '='),
    }
}

/// The number of tokens in the `|…|` at the front. `None` if there is no `|` at the front, or no second one.
fn pipes(tokens: &[TokenTree]) -> Option<usize> {
    let (first, rest) = tokens.split_first()?;
    let closing = rest.iter().position(|token| is_punct(token, '|'))?;
    is_punct(first, '|').then_some(closing + 2)
}

/// The tokens without the invisible delimiters around a `macro_rules` fragment.
pub(crate) fn ungroup(tokens: &[TokenTree]) -> Vec<TokenTree> {
    match tokens {
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::None => {
            ungroup(&group.stream().into_iter().collect::<Vec<_>>())
        }
        tokens => tokens.to_vec(),
    }
}

/// The tokens at the front that form one hyphenated word: `max-age` is three tokens.
pub(crate) fn hyphenated(tokens: &[TokenTree]) -> Vec<String> {
    let is_part = |(i, token): &(usize, &TokenTree)| match token {
        TokenTree::Ident(_) => i % 2 == 0,
        token => i % 2 == 1 && is_punct(token, '-'),
    };
    tokens
        .iter()
        .enumerate()
        .take_while(is_part)
        .map(|(_, token)| token.to_string())
        .collect()
}

/// The number of tokens at the front that form a complete path. The tokens between `<` and `>` are not checked.
pub(crate) fn path_length(tokens: &[TokenTree]) -> Option<usize> {
    let (mut i, mut named) = match tokens {
        [TokenTree::Group(group), ..] if group.delimiter() == Delimiter::None => {
            let inner = ungroup(&tokens[..1]);
            (1, path_length(&inner)? == inner.len())
        }
        [first, ..] if is_punct(first, '<') => (angles(tokens)?, false),
        _ => (0, false),
    };
    loop {
        let separated = matches!(&tokens[i..], [TokenTree::Punct(a), b, ..]
            if a.as_char() == ':' && a.spacing() == Spacing::Joint && is_punct(b, ':'));
        let next = i + 2 * usize::from(separated);
        match tokens.get(next) {
            Some(TokenTree::Ident(segment)) if is_segment(segment) && (separated || i == 0) => {
                named = true;
                i = next + 1;
            }
            Some(open) if separated && named && is_punct(open, '<') => i = next + angles(&tokens[next..])?,
            _ => return (named && !separated).then_some(i),
        }
    }
}

/// The name at the end of a path: `ping` in `a::ping::<u8>`.
pub(crate) fn last_segment(path: &[TokenTree]) -> Option<Ident> {
    let (mut i, mut last) = (0, None);
    while i < path.len() {
        match &path[i] {
            TokenTree::Ident(segment) => last = Some(segment.clone()),
            TokenTree::Group(_) => last = last_segment(&ungroup(&path[i..=i])),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
        i += angles(&path[i..]).unwrap_or(1);
    }
    last
}

/// Whether a path may have this segment: any identifier, or `crate`, `self`, `super`, `Self` or `$crate`.
fn is_segment(word: &Ident) -> bool {
    ["crate", "self", "super", "Self"].iter().any(|keyword| word == keyword)
        || word == "$crate"
        || syn::parse2::<Ident>(TokenTree::from(word.clone()).into()).is_ok()
}

/// The number of tokens in the `<…>` at the front. `None` if there is no `<` at the front, or no `>` that closes it.
fn angles(tokens: &[TokenTree]) -> Option<usize> {
    let (mut depth, mut before) = (0_usize, ' ');
    for (i, token) in tokens.iter().enumerate() {
        let char = if let TokenTree::Punct(punct) = token {
            punct.as_char()
        } else {
            ' '
        };
        match char {
            '<' => depth += 1,
            // The `>` of `->` in `fn() -> u8` closes nothing.
            '>' if before != '-' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return (i > 0).then_some(i + 1);
        }
        before = char;
    }
    None
}

/// Renames these lifetimes in the tokens to `name`.
pub(crate) fn rename_lifetimes(tokens: TokenStream, lifetimes: &[Ident], name: &str) -> TokenStream {
    let mut after_tick = false;
    let renamed = tokens.into_iter().map(|token| {
        let is_tick = is_punct(&token, '\'');
        let is_lifetime = std::mem::replace(&mut after_tick, is_tick);
        match token {
            TokenTree::Ident(ident) if is_lifetime && lifetimes.contains(&ident) => {
                Ident::new(name, ident.span()).into()
            }
            TokenTree::Group(group) => {
                let inner = rename_lifetimes(group.stream(), lifetimes, name);
                let mut renamed = Group::new(group.delimiter(), inner);
                renamed.set_span(group.span());
                renamed.into()
            }
            other => other,
        }
    });
    renamed.collect()
}

/// Whether the tokens mention one of the names. A lifetime does not count, nor a name after `::`, as in `other::T`.
pub(crate) fn mentions(tokens: TokenStream, names: &[String]) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    tokens.iter().enumerate().any(|(i, token)| match token {
        TokenTree::Ident(ident) => {
            let is_part = match &tokens[..i] {
                [.., a, b] if is_punct(a, ':') && is_punct(b, ':') => true,
                [.., tick] => is_punct(tick, '\''),
                [] => false,
            };
            !is_part && names.iter().any(|name| ident == name)
        }
        TokenTree::Group(group) => mentions(group.stream(), names),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// The type without parentheses and without the invisible delimiters around a `macro_rules` fragment.
pub(crate) fn peel(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => peel(&group.elem),
        Type::Paren(paren) => peel(&paren.elem),
        ty => ty,
    }
}

/// A token as messages quote it. For a group that is its opening delimiter, because the whole group may be long.
pub(crate) fn show_token(token: &TokenTree) -> String {
    match token {
        TokenTree::Group(group) => match group.delimiter() {
            Delimiter::Parenthesis => "(".into(),
            Delimiter::Brace => "{".into(),
            Delimiter::Bracket => "[".into(),
            Delimiter::None => group.stream().to_string(),
        },
        other => other.to_string(),
    }
}

/// A path without the spaces that `to_string` puts between tokens.
pub(crate) fn show_path(path: &[TokenTree]) -> String {
    // `to_string` breaks long text into lines.
    let mut text = collect(path)
        .to_string()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    for punct in ["::", "<", ">", "/"] {
        text = text
            .replace(&format!(" {punct}"), punct)
            .replace(&format!("{punct} "), punct);
    }
    // Restores the spaces that the loop should not have removed, and drops the one after `!`.
    text.replace(">as ", "> as ").replace("! (", "!(")
}

/// A type or a path in the usual spelling.
pub(crate) fn show_type(tokens: &impl ToTokens) -> String {
    let tokens: Vec<TokenTree> = tokens.to_token_stream().into_iter().collect();
    let text = show_path(&tokens);
    text.replace("& ", "&").replace(" ,", ",").replace("' ", "'")
}

pub(crate) fn is_punct(token: &TokenTree, char: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == char)
}

pub(crate) fn collect(tokens: &[TokenTree]) -> TokenStream {
    tokens.iter().cloned().collect()
}
