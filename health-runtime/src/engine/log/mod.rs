//! The events for the log and the subscribers.
//!
//! ```text
//! event    every event, and its line in the log
//! outbox   sends events to the subscribers and to the log thread
//! thread   the log thread, which writes the log
//! once     events that are logged once in the life of a process
//! ```

pub(in crate::engine) mod event;
pub(in crate::engine) mod once;
pub(in crate::engine) mod outbox;
pub(in crate::engine) mod thread;
