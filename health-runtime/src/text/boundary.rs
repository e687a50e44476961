//! The places where a text can be cut: between characters. `str` has methods for this, but they need a newer Rust than
//! this crate.

/// The last boundary between characters that is not after this byte.
pub(crate) fn floor(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// The first boundary between characters that is not before this byte.
pub(crate) fn ceil(text: &str, at: usize) -> usize {
    (at..text.len())
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_is_never_inside_a_character() {
        for text in ["", "a", "é", "aé€𝄞z"] {
            for at in 0..text.len() + 3 {
                assert_eq!(floor(text, at), text.floor_char_boundary(at), "{text} {at}");
                assert_eq!(ceil(text, at), text.ceil_char_boundary(at), "{text} {at}");
            }
        }
    }
}
