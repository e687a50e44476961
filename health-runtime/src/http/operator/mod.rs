//! What an operator may do over the internal port, besides looking: prove who he is, and hold readiness.
//!
//! ```text
//! token  whether a request has the token of the internal port
//! login  the form in which a browser gives the token
//! hold   holds readiness, and releases it
//! ```

mod hold;
#[cfg(all(feature = "page", feature = "serve"))]
pub(super) mod login;
mod token;
