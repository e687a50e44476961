//! Helpers for tokens, words, durations, graphs and errors. They use no other module of this crate.

pub(crate) mod circles;
pub(crate) mod doc_comment;
pub(crate) mod duration;
pub(crate) mod errors;
pub(crate) mod suggest;
pub(crate) mod tokens;
