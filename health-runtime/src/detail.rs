//! [`Detail`], a named value that a check reports beside its status, such as the size of a pool.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::text;
use crate::text::boundary;

/// At most this many details of one outcome are kept.
const MOST: usize = 16;

/// The longest text of a detail, in bytes.
const TEXT: usize = 256;

/// A named value that a check reports beside its status. See [`Outcome::detail`](crate::Outcome::detail).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Detail {
    /// The name, as a single line of at most 64 characters in which credentials are masked.
    pub name: Cow<'static, str>,
    /// The value.
    pub value: DetailValue,
}

/// The value of a [`Detail`]: a boolean, a number or a text.
///
/// It can be made from `bool`, all integers of up to 64 bits, `f32`, `f64`, `&str` and `String`. A text is kept as a
/// single line of at most 256 bytes in which credentials are masked. A float that is infinite or not a number is kept
/// as a text, because JSON has no such numbers.
///
/// ```
/// use health_runtime::DetailValue;
///
/// let value = DetailValue::from(0.5);
/// assert_eq!((value.as_f64(), value.to_string().as_str()), (Some(0.5), "0.5"));
/// assert_eq!(DetailValue::from("7.0.15").as_str(), Some("7.0.15"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct DetailValue(Value);

/// No value is a float that is not a number: `from` turns it into a text.
impl Eq for DetailValue {}

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Bool(bool),
    Unsigned(u64),
    /// Always less than zero.
    Negative(i64),
    /// Always finite.
    Float(f64),
    Text(Arc<str>),
}

impl DetailValue {
    /// Returns the value if it is a boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self.0 {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// Returns the value if it is a number. An integer above 2⁵³ is rounded.
    #[allow(clippy::cast_precision_loss, reason = "documented")]
    pub fn as_f64(&self) -> Option<f64> {
        match self.0 {
            Value::Unsigned(value) => Some(value as f64),
            Value::Negative(value) => Some(value as f64),
            Value::Float(value) => Some(value),
            Value::Bool(_) | Value::Text(_) => None,
        }
    }

    /// Returns the value if it is a text.
    pub fn as_str(&self) -> Option<&str> {
        match &self.0 {
            Value::Text(value) => Some(value),
            _ => None,
        }
    }

    /// The value as it is kept, for a detail with this name.
    fn cleaned(self, name: &str) -> Self {
        match self.0 {
            Value::Bool(_) => self,
            _ if text::is_secret(name) => Self(Value::Text(text::MASK.into())),
            Value::Text(value) => {
                let value = text::clean(&value);
                Self(Value::Text(value[..boundary::floor(&value, TEXT)].into()))
            }
            _ => self,
        }
    }
}

impl From<bool> for DetailValue {
    fn from(value: bool) -> Self {
        Self(Value::Bool(value))
    }
}

macro_rules! from_integers {
    ($($integer:ty)*) => {$(
        impl From<$integer> for DetailValue {
            fn from(value: $integer) -> Self {
                // No integer of up to 64 bits is outside of both.
                let unsigned = u64::try_from(value).map(Value::Unsigned);
                Self(unsigned.unwrap_or_else(|_| Value::Negative(i64::try_from(value).unwrap_or_default())))
            }
        }
    )*};
}

from_integers! { i8 i16 i32 i64 isize u8 u16 u32 u64 usize }

impl From<f64> for DetailValue {
    fn from(value: f64) -> Self {
        if value.is_finite() {
            Self(Value::Float(value))
        } else {
            Self(Value::Text(value.to_string().into()))
        }
    }
}

impl From<f32> for DetailValue {
    fn from(value: f32) -> Self {
        f64::from(value).into()
    }
}

impl From<&str> for DetailValue {
    fn from(value: &str) -> Self {
        Self(Value::Text(value.into()))
    }
}

impl From<String> for DetailValue {
    fn from(value: String) -> Self {
        Self(Value::Text(value.into()))
    }
}

impl fmt::Display for DetailValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Value::Bool(value) => value.fmt(f),
            Value::Unsigned(value) => value.fmt(f),
            Value::Negative(value) => value.fmt(f),
            Value::Float(value) => value.fmt(f),
            Value::Text(value) => value.fmt(f),
        }
    }
}

impl Serialize for DetailValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Unsigned(value) => serializer.serialize_u64(*value),
            Value::Negative(value) => serializer.serialize_i64(*value),
            Value::Float(value) => serializer.serialize_f64(*value),
            Value::Text(value) => serializer.serialize_str(value),
        }
    }
}

/// Adds a detail. The same name again replaces the value. Details above the limit are dropped.
pub(crate) fn add(details: &mut Vec<Detail>, name: Cow<'static, str>, value: DetailValue) {
    let name = text::name(name);
    let value = value.cleaned(&name);
    let is_full = details.len() == MOST;
    match details.iter_mut().find(|detail| detail.name == name) {
        Some(detail) => detail.value = value,
        None if is_full => {}
        None => details.push(Detail { name, value }),
    }
}

#[cfg(test)]
mod tests {
    use crate::outcome::Outcome;

    fn json(outcome: &Outcome) -> String {
        let shown = outcome.details().iter().map(|detail| (&*detail.name, &detail.value));
        serde_json::to_string(&shown.collect::<Vec<_>>()).expect("details serialise")
    }

    #[test]
    fn details_keep_their_order_and_their_types() {
        let outcome = Outcome::healthy()
            .detail("size", 10_usize)
            .detail("least", i64::MIN)
            .detail("most", u64::MAX)
            .detail("load", 0.25_f32)
            .detail("primary", true)
            .detail("version", "7.0.15");
        assert_eq!(
            json(&outcome),
            r#"[["size",10],["least",-9223372036854775808],["most",18446744073709551615],["load",0.25],["primary",true],["version","7.0.15"]]"#
        );
    }

    #[test]
    fn a_detail_with_the_same_name_replaces_the_value() {
        let outcome = Outcome::healthy().detail("a", 1).detail("b", 2).detail("a", "x");
        assert_eq!(json(&outcome), r#"[["a","x"],["b",2]]"#);
    }

    #[test]
    fn at_most_16_details_are_kept() {
        let outcome = (0..20).fold(Outcome::healthy(), |outcome, i| outcome.detail(format!("d{i}"), i));
        let names: Vec<_> = outcome.details().iter().map(|detail| &*detail.name).collect();
        assert_eq!((names.len(), names[15]), (16, "d15"));
        let last = outcome.detail("d15", 99);
        assert_eq!(
            last.details()[15].value.as_f64(),
            Some(99.0),
            "a kept one can still change"
        );
    }

    #[test]
    fn names_and_texts_are_bounded_and_masked() {
        let outcome = Outcome::healthy()
            .detail("n".repeat(100), "ä".repeat(1_000))
            .detail("url", "redis://:HUNTER2@cache\nnext")
            .detail("auth_token", "HUNTER2")
            .detail("password", 4711)
            .detail("has_password", true);
        let [long, url, token, password, has] = outcome.details() else {
            panic!("five")
        };
        assert_eq!((long.name.len(), long.value.as_str().map(str::len)), (64, Some(256)));
        assert_eq!(url.value.as_str(), Some("redis://***@cache next"));
        assert_eq!(
            (token.value.as_str(), password.value.as_str()),
            (Some("***"), Some("***"))
        );
        assert_eq!(has.value.as_bool(), Some(true));
    }

    #[test]
    fn a_float_that_json_does_not_have_is_a_text() {
        let outcome = Outcome::healthy().detail("a", f64::NAN).detail("b", f32::INFINITY);
        assert_eq!(json(&outcome), r#"[["a","NaN"],["b","inf"]]"#);
        assert_eq!(outcome, outcome.clone());
    }
}
