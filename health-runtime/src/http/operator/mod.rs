//! What an operator may do over the internal port, besides looking: prove who he is, and hold readiness.
//!
//! ```text
//! token  whether a request has the token of the internal port
//! hold   holds readiness, and releases it
//! ```

mod hold;
mod token;
