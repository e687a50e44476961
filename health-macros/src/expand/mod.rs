//! What is declared to code: quoting, and nothing else.
//!
//! ```text
//! derive    the code of a struct
//! function  the code of a function
//!   spec    what both write
//! stub      what goes out beside errors
//! ```

pub(crate) mod derive;
pub(crate) mod function;
mod spec;
pub(crate) mod stub;
