//! The wire formats: each makes bytes of a [`Report`](crate::Report) and knows nothing of the engine.

pub(crate) mod json;
