//! Which format a client asks for, with the header `Accept` (RFC 9110, section 12.5.1).

use std::cmp::Reverse;

use mediatype::{MediaType, MediaTypeList, Name, ReadParams as _, names};

use crate::format::Format;

/// A header with more entries than this gets the default format, so that no header is expensive.
const MOST: usize = 64;

const VERSION: Name<'_> = Name::new_unchecked("version");

/// How well a format suits the client: by its weight, then by how exactly the client names it, then by the place in
/// the header.
type Rank = (u16, Precision, Reverse<usize>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Precision {
    /// `*/*`
    Any,
    /// `text/*`
    Type,
    /// `text/plain`
    Whole,
}

impl Format {
    /// The format that suits this header best. If the client accepts none of the formats, it gets the default one: an
    /// answer in another format is better than none.
    pub(crate) fn accepted(accept: &str) -> Self {
        let formats: Vec<_> = Self::NEGOTIATED
            .iter()
            .map(|format| (*format, format.content_type()))
            .collect();
        preferred(&formats, accept).unwrap_or(Self::DEFAULT)
    }
}

/// The first of those formats that suit the header best, each given with its content type. `None` if the client
/// accepts none of them.
pub(super) fn preferred<F: Copy>(formats: &[(F, &str)], accept: &str) -> Option<F> {
    let ranges: Vec<_> = MediaTypeList::new(accept).take(MOST + 1).collect();
    let mut best: Option<(Rank, F)> = None;
    for (format, content_type) in formats.iter().filter(|_| ranges.len() <= MOST) {
        if let Some(rank) = rank(content_type, ranges.iter().flatten())
            && best.is_none_or(|(highest, _)| rank > highest)
        {
            best = Some((rank, *format));
        }
    }
    best.map(|(_, format)| format)
}

/// The rank of the format by the entry that names it most exactly. `None` if no entry names it or that one refuses it.
fn rank<'a>(content_type: &str, ranges: impl Iterator<Item = &'a MediaType<'a>>) -> Option<Rank> {
    let own = MediaType::parse(content_type).ok()?;
    let matches = ranges.enumerate().filter_map(|(place, range)| {
        let precision = match (
            range.ty == own.ty,
            range.subty == own.subty && range.suffix == own.suffix,
        ) {
            (true, true) if is_version(range, &own) => Precision::Whole,
            (true, false) if range.subty == names::_STAR => Precision::Type,
            _ if range.ty == names::_STAR => Precision::Any,
            _ => return None,
        };
        Some((precision, Reverse(place), weight(range)))
    });
    let (precision, place, weight) = matches.max()?;
    (weight > 0).then_some((weight, precision, place))
}

/// Whether an entry does not ask for another version of the format.
fn is_version(range: &MediaType<'_>, own: &MediaType<'_>) -> bool {
    match (range.get_param(VERSION), own.get_param(VERSION)) {
        (Some(asked), Some(own)) => asked.unquoted_str() == own.unquoted_str(),
        _ => true,
    }
}

/// The weight in thousandths. It is 1,000 by default. A weight that is no number counts as 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is between 0 and 1,000, or it is not a number and becomes 0"
)]
fn weight(range: &MediaType<'_>) -> u16 {
    let Some(text) = range.get_param(names::Q) else {
        return 1000;
    };
    let weight: f32 = text.as_str().parse().unwrap_or(0.0);
    (weight.clamp(0.0, 1.0) * 1000.0).round() as u16
}
