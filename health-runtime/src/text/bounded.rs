//! A string that takes no more than a bound.

use std::fmt::{self, Write};

/// How much of a text is looked at.
pub(super) const READ: usize = 8 * super::LIMIT;

/// A string that takes no more than [`READ`] bytes, and says whether more was to come.
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
            self.text.push_str(&text[..text.floor_char_boundary(room)]);
            self.cut = true;
        }
        Err(fmt::Error)
    }
}
