//! Whole answers: one object, or one long list with a few fields beside it.

use super::object::{RowSink, is_empty};
use super::repair::repaired;
use crate::json::JsonError;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// Reads an object that has one long list. Passes the list's rows on one after another, so that only one of them is in
/// memory as a [`Value`], and returns the other fields.
///
/// # Errors
/// The text is not JSON, or not an object.
pub fn read_list(text: &[u8], list: &str, rows: &mut dyn RowSink) -> Result<Map<String, Value>, JsonError> {
    repairing(text, |text| {
        rows.restart();
        let mut deserializer = serde_json::Deserializer::from_slice(text);
        let fields = deserializer.deserialize_map(Document { list, rows })?;
        deserializer.end()?;
        Ok(fields)
    })
}

/// Reads an object.
///
/// # Errors
/// The text is not JSON, or not an object.
pub fn read_object(text: &[u8]) -> Result<Map<String, Value>, JsonError> {
    repairing(text, |text| Ok(serde_json::from_slice(text)?))
}

/// Checks that a text is JSON whose content does not matter.
///
/// # Errors
/// The text is not JSON.
pub fn read_ignored(text: &[u8]) -> Result<(), JsonError> {
    repairing(text, |text| Ok(serde_json::from_slice::<IgnoredAny>(text).map(drop)?))
}

/// Reads a text, and once more if it can be repaired.
fn repairing<T>(text: &[u8], mut read: impl FnMut(&[u8]) -> Result<T, JsonError>) -> Result<T, JsonError> {
    match read(text) {
        Err(error) if error.is_syntax() => repaired(text).map_or(Err(error), |text| read(&text)),
        read => read,
    }
}

/// An object with one long list.
struct Document<'a> {
    list: &'a str,
    rows: &'a mut dyn RowSink,
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = object.next_key::<String>()? {
            if name == self.list {
                self.rows.restart();
                object.next_value_seed(List(self.rows))?;
            } else {
                fields.insert(name, object.next_value()?);
            }
        }
        Ok(fields)
    }
}

/// The long list. A single value in its place is its only row.
struct List<'a>(&'a mut dyn RowSink);

impl List<'_> {
    fn add_single(self, row: &Value) {
        if !is_empty(row) {
            self.0.add(row);
        }
    }
}

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(row) = list.next_element()? {
            self.0.add(&row);
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<(), A::Error> {
        self.add_single(&Value::deserialize(MapAccessDeserializer::new(object))?);
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.add_single(&value.into());
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.add_single(&value.into());
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.add_single(&value.into());
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.add_single(&value.into());
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.add_single(&value.into());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::object::{FromObject, Object, Rows, Unreadable};
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, PartialEq)]
    struct Row(i64);

    impl FromObject for Row {
        fn from_object(row: Object<'_>) -> Result<Self, Unreadable> {
            row.required("id", Object::integer).map(Self)
        }
    }

    type Read = (Vec<i64>, usize, Map<String, Value>);

    fn read(text: &[u8]) -> Result<Read, JsonError> {
        let mut rows = Rows::<Row>::default();
        let fields = read_list(text, "rows", &mut rows)?;
        Ok((rows.rows.into_iter().map(|row| row.0).collect(), rows.unreadable, fields))
    }

    #[test]
    fn r22_a_list_is_read_row_by_row() {
        for (text, ids, unreadable) in [
            (r#"{"rows": [{"id": 1}, {"id": {}}, {"id": 2}, 3, null]}"#, &[1, 2][..], 3),
            (r#"{"rows": {"id": 1}}"#, &[1], 0),
            (r#"{"rows": null}"#, &[], 0),
            (r#"{"rows": {}}"#, &[], 0),
            (r#"{"rows": "none"}"#, &[], 1),
            (r#"{"rows": true}"#, &[], 1),
            (r#"{}"#, &[], 0),
            (r#"{"rows": [{"id": 1}], "rows": [{"id": 2, "id": 3}]}"#, &[3], 0),
            (r#"{"rows": [{"id": 1, "name": "\ud83d"}, {"id": 2}]}"#, &[1, 2], 0),
        ] {
            let (found, lost, _) = read(text.as_bytes()).unwrap();
            assert_eq!((&*found, lost), (ids, unreadable), "{text}");
        }
    }

    #[test]
    fn r22_the_last_one_of_two_fields_counts() {
        let (_, _, fields) = read(br#"{"next": 1, "rows": [], "next": 2}"#).unwrap();
        assert_eq!(fields["next"], 2);
    }

    #[test]
    fn a_text_that_is_no_object_is_refused() {
        for text in ["", "[]", "null", "3", "<html>", "{\"rows\": [", "{} {}"] {
            assert!(read(text.as_bytes()).is_err(), "{text}");
            assert!(read_object(text.as_bytes()).is_err(), "{text}");
        }
        assert!(read_ignored(b"[]").is_ok() && read_ignored(b"<html>").is_err());
        assert!(read(b"<html>").unwrap_err().is_syntax() && !read(b"[]").unwrap_err().is_syntax());
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in any::<Vec<u8>>(), json in "[\\[\\]{}\":,0-9a-z.-]{0,40}") {
            let _ = read(&text);
            let _ = read(json.as_bytes());
        }
    }
}
