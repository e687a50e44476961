//! What people build on beside the items: the HTTP contract, the states, and the log.

#[doc = include_str!("../docs/http.md")]
pub mod http {}

#[doc = include_str!("../docs/states.md")]
pub mod states {}

#[doc = include_str!("../docs/log.md")]
pub mod log {}
