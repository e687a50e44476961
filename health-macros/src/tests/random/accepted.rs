//! Decides without the macro's own parser what the macro may accept: a list of options, each once, and each with a
//! value of the same kind as in its example.

use std::mem::discriminant;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::read_stream;

/// Matches options with their examples. Returns their names.
pub(super) fn match_options(tokens: &[TokenTree], examples: &[Vec<TokenTree>]) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for option in split(tokens) {
        let name = option[0].to_string();
        let example = examples.iter().find(|example| example[0].to_string() == name);
        let example = example.ok_or_else(|| format!("`{name}` is no option"))?;
        if names.contains(&name) {
            return Err(format!("`{name}` is there twice"));
        }
        match (&option[1..], &example[1..]) {
            ([], []) => {}
            ([equals, value @ ..], [known, example @ ..]) if is_equals(equals) && is_equals(known) => {
                match_value(value, example)?;
            }
            ([TokenTree::Group(value)], [TokenTree::Group(example)]) if value.delimiter() == example.delimiter() => {
                let (value, example) = (read_stream(value.stream()), read_stream(example.stream()));
                let examples: Vec<_> = split(&example).into_iter().map(<[_]>::to_vec).collect();
                if example.iter().any(is_equals) {
                    match_options(&value, &examples)?;
                } else {
                    for value in split(&value) {
                        let matched = examples.iter().map(|example| match_value(value, example));
                        matched.reduce(Result::or).expect("an example has an entry")?;
                    }
                }
            }
            // An option that takes options in parentheses may be given without the parentheses: `breaker`.
            ([], [TokenTree::Group(example)]) if read_stream(example.stream()).iter().any(is_equals) => {}
            _ => return Err(format!("the value of `{name}` is of another kind than in its example")),
        }
        names.push(name);
    }
    Ok(names)
}

/// Checks that the value is a string, a number or a path, like its example.
fn match_value(value: &[TokenTree], example: &[TokenTree]) -> Result<(), String> {
    let value: TokenStream = value.iter().cloned().collect();
    let example: TokenStream = example.iter().cloned().collect();
    let example = syn::parse2(example).expect("the example of a value is a literal or a path");
    let is_right = if let syn::Expr::Lit(example) = example {
        syn::parse2::<syn::Lit>(value.clone()).is_ok_and(|value| discriminant(&value) == discriminant(&example.lit))
    } else {
        syn::parse2::<syn::ExprPath>(value.clone()).is_ok()
    };
    is_right
        .then_some(())
        .ok_or_else(|| format!("`{value}` is of another kind than in the example"))
}

/// Splits at the commas outside angle brackets.
fn split(tokens: &[TokenTree]) -> Vec<&[TokenTree]> {
    let (mut depth, mut before) = (0_usize, ' ');
    let parts = tokens.split(move |token| {
        let char = match token {
            TokenTree::Punct(punct) => punct.as_char(),
            _ => ' ',
        };
        match char {
            '<' => depth += 1,
            '>' if before != '-' => depth = depth.saturating_sub(1),
            _ => {}
        }
        before = char;
        depth == 0 && char == ','
    });
    parts.filter(|part| !part.is_empty()).collect()
}

fn is_equals(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == '=')
}

/// All tokens, without invisible delimiters.
pub(super) fn flat(tokens: TokenStream) -> Vec<TokenTree> {
    let tokens = tokens.into_iter().flat_map(|token| match token {
        TokenTree::Group(group) => {
            let inner = flat(group.stream());
            match group.delimiter() {
                Delimiter::None => inner,
                visible => vec![Group::new(visible, inner.into_iter().collect()).into()],
            }
        }
        token => vec![token],
    });
    tokens.collect()
}
