//! Reads answers of other systems leniently (R22): a value that is missing, null, of another type or unknown costs at most
//! the thing that needs it.
//!
//! | module | content |
//! |---|---|
//! | `object` | [`Object`], the types that are read from it, and [`Rows`] of lists |
//! | `document` | whole answers |
//! | `repair` | texts that are almost JSON |
//!
//! A type states with [`FromObject`] which of its fields it needs: those are read with [`Object::required`]. All others
//! are `Option` or have a default, and never fail. Lists are read row by row: a row that cannot be read is left out and
//! counted. Of a field that occurs twice, the last one counts.

mod document;
mod object;
mod repair;

pub use document::{read_ignored, read_list, read_object};
pub use object::{FromObject, Object, RowSink, Rows, Unreadable, from_value, text};

/// Implements [`serde::Deserialize`] for types that implement [`FromObject`], so that they are read leniently everywhere.
#[macro_export]
macro_rules! deserialize_leniently {
    ($($type:ty),+ $(,)?) => {$(
        impl<'de> ::serde::Deserialize<'de> for $type {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = ::serde_json::Value::deserialize(deserializer)?;
                $crate::lenient::from_value(&value).map_err(::serde::de::Error::custom)
            }
        }
    )+};
}
