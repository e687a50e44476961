//! What the log and the subscribers are told.
//!
//! ```text
//! event    what can happen, and how the log says it
//! outbox   sends events to the subscribers, and to the log
//! thread   writes the log
//! notices  what is said once in the life of a process
//! ```

pub(in crate::engine) mod event;
pub(in crate::engine) mod notices;
pub(in crate::engine) mod outbox;
pub(in crate::engine) mod thread;
