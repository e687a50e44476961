//! A string with a maximum length.

use std::fmt::{self, Write};

use crate::text::boundary;

/// At most this many bytes of a text are read.
pub(super) const READ: usize = 8 * super::LIMIT;

/// A string that keeps at most [`READ`] bytes, and records whether there were more.
#[derive(Default)]
pub(super) struct Bounded {
    pub(super) text: String,
    pub(super) cut: bool,
}

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = READ - self.text.len();
        if text.len() <= room && !self.cut {
            self.text.push_str(text);
            return Ok(());
        }
        if !self.cut {
            self.text.push_str(&text[..boundary::floor(text, room)]);
            self.cut = true;
        }
        Err(fmt::Error)
    }
}
