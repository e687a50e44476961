//! Turns the model into code.
//!
//! ```text
//! derive    the code for a struct
//! function  the code for a function
//!   spec    the parts that both use
//! stub      the code beside errors
//! ```

pub(crate) mod derive;
pub(crate) mod function;
mod spec;
pub(crate) mod stub;
