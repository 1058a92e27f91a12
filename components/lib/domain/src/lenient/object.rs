//! Objects, the types that are read from them, and rows of lists.

use serde_json::{Map, Value};
use std::str::FromStr;

/// A type that is read from a JSON object.
pub trait FromObject: Sized {
    /// Reads the fields.
    ///
    /// # Errors
    /// A field that the type needs cannot be read.
    fn from_object(object: Object<'_>) -> Result<Self, Unreadable>;
}

/// A needed field that cannot be read. Quotes nothing of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is missing or has the wrong type")]
pub struct Unreadable(pub &'static str);

/// The rows of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows<T> {
    /// The rows that could be read, in their order.
    pub rows: Vec<T>,
    /// The number of rows that could not be read.
    pub unreadable: usize,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), unreadable: 0 }
    }
}

impl<T> Rows<T> {
    /// Adds the rows of a further page.
    pub fn append(&mut self, more: Self) {
        self.rows.extend(more.rows);
        self.unreadable += more.unreadable;
    }
}

/// Takes the rows of a list one after another.
pub trait RowSink {
    /// Forgets the rows so far: the list occurs a second time.
    fn restart(&mut self);

    /// Adds one row.
    fn add(&mut self, row: &Value);
}

impl<T: FromObject> RowSink for Rows<T> {
    fn restart(&mut self) {
        *self = Self::default();
    }

    fn add(&mut self, row: &Value) {
        match from_value(row) {
            Ok(row) => self.rows.push(row),
            Err(_) => self.unreadable += 1,
        }
    }
}

impl<T> IntoIterator for Rows<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.rows.into_iter()
    }
}

/// Reads a type from a value.
///
/// # Errors
/// The value is not an object, or a needed field cannot be read.
pub fn from_value<T: FromObject>(value: &Value) -> Result<T, Unreadable> {
    value.as_object().ok_or(Unreadable("the object")).and_then(|fields| T::from_object(fields.into()))
}

/// A JSON object of an answer. Its methods return `None` for a field that is absent, null or of a type that has no meaning
/// for them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Object<'v>(Option<&'v Map<String, Value>>);

impl<'v> From<&'v Map<String, Value>> for Object<'v> {
    fn from(fields: &'v Map<String, Value>) -> Self {
        Self(Some(fields))
    }
}

impl<'v> Object<'v> {
    /// Returns a value as an object; an empty one if it is none.
    pub fn of(value: &'v Value) -> Self {
        Self(value.as_object())
    }

    /// Returns a field, unless it is null.
    pub fn get(self, name: &str) -> Option<&'v Value> {
        self.0?.get(name).filter(|value| !value.is_null())
    }

    /// Returns the value of a field that is needed.
    ///
    /// # Errors
    /// There is none.
    pub fn required<T>(self, name: &'static str, read: impl Fn(Self, &str) -> Option<T>) -> Result<T, Unreadable> {
        read(self, name).ok_or(Unreadable(name))
    }

    /// Returns a text. A number or a boolean becomes its text, a blank text `None`.
    pub fn text(self, name: &str) -> Option<String> {
        self.get(name).and_then(text)
    }

    /// Returns an id that is a text or a number.
    pub fn text_id<T: From<String>>(self, name: &str) -> Option<T> {
        self.get(name).filter(|value| !value.is_boolean()).and_then(text).map(T::from)
    }

    /// Returns an id that is a number, maybe as a text.
    pub fn number_id<T: FromStr>(self, name: &str) -> Option<T> {
        self.get(name).filter(|value| !value.is_boolean()).and_then(text)?.trim().parse().ok()
    }

    /// Returns a whole number. A fraction is cut off, and a text may contain the number.
    pub fn integer(self, name: &str) -> Option<i64> {
        self.get(name).and_then(integer)
    }

    /// Returns a whole number that fits into another type.
    pub fn number<T: TryFrom<i64>>(self, name: &str) -> Option<T> {
        self.integer(name).and_then(|number| T::try_from(number).ok())
    }

    /// Returns a boolean, which may be a text or 0 or 1.
    pub fn flag(self, name: &str) -> Option<bool> {
        self.get(name).and_then(flag)
    }

    /// Returns the cursor of the next page; `None` on the last page.
    ///
    /// # Errors
    /// There is one, but of a type that no cursor has, so that the rest of the list cannot be read.
    pub fn cursor(self, name: &'static str) -> Result<Option<String>, Unreadable> {
        match self.get(name) {
            Some(Value::Bool(true)) => Err(Unreadable(name)),
            Some(Value::Array(items)) if !items.is_empty() => Err(Unreadable(name)),
            Some(Value::Object(fields)) if !fields.is_empty() => Err(Unreadable(name)),
            _ => Ok(self.text_id(name)),
        }
    }

    /// Returns the names and values of all fields that are not null.
    pub fn entries(self) -> impl Iterator<Item = (&'v str, &'v Value)> {
        self.0.into_iter().flatten().map(|(name, value)| (name.as_str(), value)).filter(|(_, value)| !value.is_null())
    }

    /// Returns an object within this one; an empty one if there is none.
    pub fn object(self, name: &str) -> Self {
        Self(self.get(name).and_then(Value::as_object))
    }

    /// Returns the items of a list. A value that is not a list counts as its only item, unless it is empty.
    pub fn items(self, name: &str) -> &'v [Value] {
        match self.get(name) {
            Some(Value::Array(items)) => items,
            Some(item) if !is_empty(item) => std::slice::from_ref(item),
            _ => &[],
        }
    }

    /// Returns the texts of a list.
    pub fn texts(self, name: &str) -> Vec<String> {
        self.items(name).iter().filter_map(text).collect()
    }

    /// Returns the rows of a list.
    pub fn rows<T: FromObject>(self, name: &str) -> Rows<T> {
        let mut rows = Rows::default();
        self.items(name).iter().for_each(|row| rows.add(row));
        rows
    }
}

/// Returns the text of a value.
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
        Value::Number(number) => {
            let whole = if number.is_f64() { whole(number.as_f64()?) } else { None };
            Some(whole.map_or_else(|| number.to_string(), |whole| whole.to_string()))
        }
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Returns a fraction without digits after the point as a whole number.
fn whole(number: f64) -> Option<i64> {
    // Beyond 2^53 not every whole number is a fraction.
    const LIMIT: f64 = 9_007_199_254_740_992.0;
    #[allow(clippy::cast_possible_truncation, reason = "the limit is below that of i64")]
    (number.abs() <= LIMIT && number.fract() == 0.0).then_some(number as i64)
}

/// Returns whether a value in the place of a list means that the list is empty.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?.trunc())),
        Value::String(text) => {
            let text = text.trim();
            text.parse().ok().or_else(|| whole(text.parse::<f64>().ok()?.trunc()))
        }
        _ => None,
    }
}

fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => match number.as_i64().or_else(|| whole(number.as_f64()?)) {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        },
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: &Value) -> Object<'_> {
        value.as_object().unwrap().into()
    }

    #[test]
    fn r22_values_are_read_from_other_types() {
        let value = json!({
            "text": 7, "whole": 7.0, "blank": " ", "id": "12", "number": 12, "fraction": " 2995.7 ", "huge": 1e300,
            "yes": "TRUE", "one": 1, "no": "0", "two": 2, "null": null, "list": [1],
        });
        let object = object(&value);
        assert_eq!((object.text("text"), object.text("whole")), (Some("7".into()), Some("7".into())));
        assert_eq!((object.text("blank"), object.text("null"), object.text("list")), (None, None, None));
        assert_eq!((object.number_id::<u64>("id"), object.number_id::<u64>("number")), (Some(12), Some(12)));
        assert_eq!((object.number_id::<u64>("whole"), object.number_id::<u64>("fraction")), (Some(7), None));
        assert_eq!(
            (object.integer("fraction"), object.integer("id"), object.integer("huge")),
            (Some(2995), Some(12), None)
        );
        assert_eq!((object.flag("yes"), object.flag("one")), (Some(true), Some(true)));
        assert_eq!((object.flag("no"), object.flag("two"), object.flag("list")), (Some(false), None, None));
        assert_eq!(object.text_id::<String>("yes"), Some("TRUE".into()));
        assert_eq!(super::tests::object(&json!({"id": true})).text_id::<String>("id"), None);
    }

    #[test]
    fn r22_a_single_value_is_a_list_of_one() {
        let value = json!({"one": {"a": 1}, "none": {}, "blank": "", "text": "S", "many": ["S", 2, null, {}]});
        let object = object(&value);
        assert_eq!(object.items("one"), [json!({"a": 1})]);
        assert!(
            object.items("none").is_empty() && object.items("blank").is_empty() && object.items("absent").is_empty()
        );
        assert_eq!((object.texts("text"), object.texts("many")), (vec!["S".to_owned()], vec!["S".into(), "2".into()]));
    }

    #[test]
    fn r22_a_row_without_a_needed_field_is_left_out_and_counted() {
        #[derive(Debug, PartialEq)]
        struct Row(i64);
        impl FromObject for Row {
            fn from_object(row: Object<'_>) -> Result<Self, Unreadable> {
                row.required("id", Object::integer).map(Self)
            }
        }
        let value = json!({"rows": [{"id": 1}, {"id": null}, null, "x", {}, {"id": "2", "more": []}]});
        let rows = object(&value).rows("rows");
        assert_eq!(rows, Rows { rows: vec![Row(1), Row(2)], unreadable: 4 });
        let error = from_value::<Row>(&json!({"id": "secret"})).unwrap_err();
        assert_eq!(error.to_string(), "id is missing or has the wrong type");
    }
}
