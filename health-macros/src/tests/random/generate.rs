//! Generates the tokens as text, so that each token has a position in a source.

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{Subject, read, read_stream};
use crate::model::Place;
use crate::model::{BreakerOptions, CheckOptions, StateOptions};
use crate::tests::rows;

/// Marks parentheses that become invisible delimiters, because text cannot contain these.
const INVISIBLE: &str = "__invisible";

/// Values that some option takes, and values that only look like it.
const VALUES: [&str; 20] = [
    "\"0s\"",
    "\"1m30s\"",
    "\"25h\"",
    "\"3 s\"",
    "\"\"",
    "\"a::b\"",
    "r\"1s\"",
    "b\"3s\"",
    "3",
    "1.5",
    "Duration::from_secs(3)",
    "true",
    "ping",
    "::a::r#type",
    "Self::ping",
    "<A<u8, fn() -> u8> as B>::c::<D, E>",
    "ping::<u8>",
    "ping::<8, { 1 + 1 }>",
    "ping()",
    "async move |x| x",
];

const GARBAGE: [&str; 35] = [
    "=", ",", ",", "::", "<", ">", "->", "=>", "|", "||", "-", "!", "&", "#", "$", ";", "?", "@", "..", "self",
    "crate", "async", "move", "r#type", "_", "é", "3", "3s", "1.5", "\"3 s\"", "\"é\"", "b\"3s\"", "'3'", "'a", "true",
];

/// A token, or a group of tokens, as source text with the space after it.
#[derive(Clone, Debug)]
enum Tree {
    Leaf(String),
    Group([&'static str; 2], Vec<Tree>),
}

/// The change to a valid option.
#[derive(Clone, Debug)]
enum Bend {
    Nothing,
    Remove(Index),
    Double(Index),
    Swap(Index, Index),
    Insert(Index, Tree),
    /// Puts a part of it in delimiters.
    Enclose([&'static str; 2], Index, Index),
    /// Puts another value after the name.
    Value(&'static str),
    /// Replaces all of it.
    Garbage(Vec<Tree>),
}

/// Generates the tokens in the parentheses of an attribute, as text. Failures shrink to the first of each choice.
pub(super) fn attribute(subject: &Subject) -> impl Strategy<Value = String> + use<> {
    let options = subject.options.values().chain(subject.together);
    let options: Vec<Vec<Tree>> = options.map(|example| trees(read(example))).collect();
    let commas = prop_oneof![14 => Just(", "), 1 => Just(""), 1 => Just(", , ")];
    let option = (select(options), bend(), any::<bool>(), commas).prop_map(|(mut option, bend, is_deep, commas)| {
        bend.apply(&mut option, is_deep);
        text(&option) + commas
    });
    prop::collection::vec(option, 0..5).prop_map(|options| options.concat())
}

fn bend() -> impl Strategy<Value = Bend> {
    let at = any::<Index>;
    prop_oneof![
        8 => Just(Bend::Nothing),
        1 => at().prop_map(Bend::Remove),
        1 => at().prop_map(Bend::Double),
        1 => (at(), at()).prop_map(|(a, b)| Bend::Swap(a, b)),
        1 => (at(), garbage()).prop_map(|(at, tree)| Bend::Insert(at, tree)),
        1 => (select(&DELIMITERS), at(), at()).prop_map(|(delimiters, a, b)| Bend::Enclose(delimiters, a, b)),
        2 => select(&VALUES).prop_map(Bend::Value),
        1 => prop::collection::vec(garbage(), 0..4).prop_map(Bend::Garbage),
    ]
}

const DELIMITERS: [[&str; 2]; 6] = [
    ["(", ")"],
    ["[", "]"],
    ["{", "}"],
    // As often as all others together: a `macro_rules` fragment comes in invisible delimiters.
    ["__invisible(", ")"],
    ["__invisible(", ")"],
    ["__invisible(", ")"],
];

fn garbage() -> impl Strategy<Value = Tree> {
    let names = rows::<CheckOptions>(Place::Field)
        .chain(rows::<StateOptions>(Place::Struct))
        .chain(rows::<BreakerOptions>(Place::Breaker))
        .map(|(name, _)| name);
    let words = prop_oneof![4 => select(&GARBAGE), 1 => select(names.collect::<Vec<_>>())];
    let leaf = words.prop_map(|word| Tree::Leaf(format!("{word} ")));
    leaf.prop_recursive(2, 8, 3, |inner| {
        (select(&DELIMITERS), prop::collection::vec(inner, 0..4))
            .prop_map(|(delimiters, inner)| Tree::Group(delimiters, inner))
    })
}

impl Bend {
    /// Applies the change to the option, or to the tokens in its parentheses.
    fn apply(self, option: &mut Vec<Tree>, is_deep: bool) {
        for tree in option.iter_mut() {
            if let (true, Tree::Group(_, inner)) = (is_deep, tree) {
                return self.apply(inner, is_deep);
            }
        }
        let length = option.len();
        match self {
            Self::Garbage(trees) => *option = trees,
            Self::Insert(at, tree) => option.insert(at.index(length + 1), tree),
            Self::Value(value) => {
                option.truncate(1);
                option.push(Tree::Leaf(format!("= {value} ")));
            }
            Self::Enclose(delimiters, a, b) => {
                let (a, b) = (a.index(length + 1), b.index(length + 1));
                let (first, last) = (a.min(b), a.max(b));
                let inner = option.splice(first..last, []).collect();
                option.insert(first, Tree::Group(delimiters, inner));
            }
            Self::Remove(at) if length > 0 => drop(option.remove(at.index(length))),
            Self::Double(at) if length > 0 => option.insert(at.index(length), option[at.index(length)].clone()),
            Self::Swap(a, b) if length > 0 => option.swap(a.index(length), b.index(length)),
            Self::Nothing | Self::Remove(_) | Self::Double(_) | Self::Swap(..) => {}
        }
    }
}

fn trees(tokens: Vec<TokenTree>) -> Vec<Tree> {
    let tree = |token| match token {
        TokenTree::Group(group) => Tree::Group(["(", ")"], trees(read_stream(group.stream()))),
        TokenTree::Punct(punct) if punct.spacing() == Spacing::Joint => Tree::Leaf(punct.to_string()),
        token => Tree::Leaf(format!("{token} ")),
    };
    tokens.into_iter().map(tree).collect()
}

fn text(trees: &[Tree]) -> String {
    let texts = trees.iter().map(|tree| match tree {
        Tree::Leaf(text) => text.clone(),
        Tree::Group([open, close], inner) => format!("{open}{}{close} ", text(inner)),
    });
    texts.collect()
}

/// Turns the parentheses after [`INVISIBLE`] into invisible delimiters with the same span.
pub(super) fn with_invisible(tokens: TokenStream) -> TokenStream {
    let mut is_marked = false;
    let tokens = tokens.into_iter().filter_map(|token| match token {
        TokenTree::Ident(word) if word == INVISIBLE => {
            is_marked = true;
            None
        }
        TokenTree::Group(group) => {
            let delimiter = if std::mem::take(&mut is_marked) {
                Delimiter::None
            } else {
                group.delimiter()
            };
            let mut inner = Group::new(delimiter, with_invisible(group.stream()));
            inner.set_span(group.span());
            Some(inner.into())
        }
        token => Some(token),
    });
    tokens.collect()
}
