//! A text as bytes, with the methods that the rules use to read it.
//!
//! The rules look only for ASCII, so bytes are enough. All reads go through [`Scan`]. The tests count them, to show
//! that the work is linear in the length of the text.

/// The bytes of a text. A read beyond its ends returns 0, which is in no class.
#[derive(Clone, Copy)]
pub(super) struct Scan<'a>(&'a [u8]);

impl<'a> Scan<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn len(self) -> usize {
        self.0.len()
    }

    /// The text up to `end`.
    pub(super) fn up_to(self, end: usize) -> Self {
        Self(&self.0[..end.min(self.0.len())])
    }

    pub(super) fn at(self, index: usize) -> u8 {
        count(1);
        self.0.get(index).copied().unwrap_or(0)
    }

    /// The byte before `index`.
    pub(super) fn before(self, index: usize) -> u8 {
        index.checked_sub(1).map_or(0, |index| self.at(index))
    }

    pub(super) fn slice(self, start: usize, end: usize) -> &'a [u8] {
        let slice = self.0.get(start..end.min(self.0.len())).unwrap_or_default();
        count(slice.len());
        slice
    }

    /// The first byte at or after `from` that is not in the class.
    pub(super) fn skip(self, from: usize, class: impl Fn(u8) -> bool) -> usize {
        let from = from.min(self.0.len());
        let skipped = self.0[from..].iter().take_while(|byte| class(**byte)).count();
        count(skipped + 1);
        from + skipped
    }

    /// The first byte at or after `from` that is in the class.
    pub(super) fn find(self, from: usize, class: impl Fn(u8) -> bool) -> usize {
        self.skip(from, |byte| !class(byte))
    }

    /// [`skip`](Self::skip) over at most `most` bytes.
    pub(super) fn skip_at_most(self, from: usize, most: usize, class: impl Fn(u8) -> bool) -> usize {
        self.up_to(from.saturating_add(most)).skip(from, class)
    }

    /// Whether `word` is at `index`, in upper or lower case.
    pub(super) fn has(self, index: usize, word: &str) -> bool {
        self.slice(index, index + word.len())
            .eq_ignore_ascii_case(word.as_bytes())
    }
}

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

pub(super) fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

#[cfg(test)]
thread_local! {
    /// How many bytes this thread has read.
    pub(super) static READS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

#[cfg(test)]
fn count(bytes: usize) {
    READS.set(READS.get() + bytes);
}

#[cfg(not(test))]
fn count(_: usize) {}
