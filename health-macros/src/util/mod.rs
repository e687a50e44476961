//! What knows nothing of health checks, but how tokens and words are handled.

pub(crate) mod doc_comment;
pub(crate) mod duration;
pub(crate) mod errors;
pub(crate) mod suggest;
pub(crate) mod tokens;
