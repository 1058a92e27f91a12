//! Parses JSON into types with small code.
//!
//! Text is parsed into a [`Value`]; types are deserialized from that, with errors
//! that contain no text of the input. The code that `serde_json` inlines into every type would cost a component 200 kB of
//! wasm, and its messages may quote personal data.

use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde_json::Value;
use std::fmt;

/// Why JSON could not be read. Quotes nothing of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonError {
    /// The text is not JSON.
    NotJson {
        /// Line of the error, from 1.
        line: usize,
        /// Column of the error, from 1.
        column: usize,
    },
    /// A required field is missing.
    Missing(&'static str),
    /// A value has the wrong type or is out of range.
    WrongType,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson { line, column } => write!(f, "it is not JSON at line {line}, column {column}"),
            Self::Missing(field) => write!(f, "the field {field} is missing"),
            Self::WrongType => f.write_str("a value has the wrong type"),
        }
    }
}

impl std::error::Error for JsonError {}

impl de::Error for JsonError {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::WrongType
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }
}

/// Deserializes a type from JSON text.
///
/// # Errors
/// See [`JsonError`].
pub fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, JsonError> {
    from_value(&parse(text)?)
}

/// Parses JSON text.
///
/// # Errors
/// [`JsonError::NotJson`].
pub fn parse(text: &[u8]) -> Result<Value, JsonError> {
    serde_json::from_slice(text).map_err(|error| JsonError::NotJson { line: error.line(), column: error.column() })
}

/// Deserializes a type from a value.
///
/// # Errors
/// See [`JsonError`].
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T, JsonError> {
    T::deserialize(ValueDeserializer(value))
}

#[derive(Clone, Copy)]
struct ValueDeserializer<'de>(&'de Value);

impl<'de> ValueDeserializer<'de> {
    fn object<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self.0 {
            Value::Object(map) => visitor.visit_map(Fields { entries: map.iter(), value: None }),
            _ => Err(JsonError::WrongType),
        }
    }

    fn array<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self.0 {
            Value::Array(items) => visitor.visit_seq(Items(items.iter())),
            _ => Err(JsonError::WrongType),
        }
    }
}

impl<'de> Deserializer<'de> for ValueDeserializer<'de> {
    type Error = JsonError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(value), _, _) => visitor.visit_u64(value),
                (_, Some(value), _) => visitor.visit_i64(value),
                (_, _, Some(value)) => visitor.visit_f64(value),
                _ => Err(JsonError::WrongType),
            },
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(_) => self.array(visitor),
            Value::Object(_) => self.object(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        self.object(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.object(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.array(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, JsonError> {
        self.array(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self.0 {
            Value::String(text) => visitor.visit_borrowed_str(text),
            _ => Err(JsonError::WrongType),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, JsonError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        visitor.visit_unit()
    }

    /// An enum is a string, or an object with one field whose name is the variant.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        match self.0 {
            Value::String(variant) => visitor.visit_enum(Variant { variant, content: &Value::Null }),
            Value::Object(map) => match (map.iter().next(), map.len()) {
                (Some((variant, content)), 1) => visitor.visit_enum(Variant { variant, content }),
                _ => Err(JsonError::WrongType),
            },
            _ => Err(JsonError::WrongType),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct tuple_struct
    }
}

/// The name of a field or a variant.
struct Name<'de>(&'de str);

impl<'de> Deserializer<'de> for Name<'de> {
    type Error = JsonError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        visitor.visit_borrowed_str(self.0)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Fields<'de> {
    entries: serde_json::map::Iter<'de>,
    value: Option<&'de Value>,
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = JsonError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, JsonError> {
        let Some((name, value)) = self.entries.next() else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(Name(name)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, JsonError> {
        seed.deserialize(ValueDeserializer(self.value.take().unwrap_or(&Value::Null)))
    }
}

struct Items<'de>(std::slice::Iter<'de, Value>);

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = JsonError;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, JsonError> {
        self.0.next().map(|item| seed.deserialize(ValueDeserializer(item))).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Variant<'de> {
    variant: &'de str,
    content: &'de Value,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = JsonError;
    type Variant = Content<'de>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Content<'de>), JsonError> {
        Ok((seed.deserialize(Name(self.variant))?, Content(self.content)))
    }
}

struct Content<'de>(&'de Value);

impl<'de> VariantAccess<'de> for Content<'de> {
    type Error = JsonError;

    fn unit_variant(self) -> Result<(), JsonError> {
        if self.0.is_null() { Ok(()) } else { Err(JsonError::WrongType) }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, JsonError> {
        seed.deserialize(ValueDeserializer(self.0))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, JsonError> {
        ValueDeserializer(self.0).array(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, JsonError> {
        ValueDeserializer(self.0).object(visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    enum Kind {
        Plain,
        With { text: String },
        New(i64),
        Two(u8, bool),
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Everything {
        number: i64,
        float: f64,
        maybe: Option<String>,
        #[serde(default)]
        more: Vec<(String, u8)>,
        kind: Kind,
    }

    fn kind() -> impl Strategy<Value = Kind> {
        prop_oneof![
            Just(Kind::Plain),
            any::<String>().prop_map(|text| Kind::With { text }),
            any::<i64>().prop_map(Kind::New),
            any::<(u8, bool)>().prop_map(|(a, b)| Kind::Two(a, b)),
        ]
    }

    proptest! {
        #[test]
        fn json_written_by_serde_json_is_read_back(
            number in any::<i64>(), halves in any::<i32>(), maybe in any::<Option<String>>(),
            more in any::<Vec<(String, u8)>>(), kind in kind(),
        ) {
            let float = f64::from(halves) / 2.0;
            let everything = Everything { number, float, maybe, more, kind };
            let text = serde_json::to_vec(&everything).unwrap();
            prop_assert_eq!(read::<Everything>(&text).unwrap(), everything);
        }

        #[test]
        fn reading_never_panics(text in any::<Vec<u8>>(), json in "[\\[\\]{}\":,0-9a-z.-]{0,40}") {
            let _ = read::<Everything>(&text);
            let _ = read::<Everything>(json.as_bytes());
        }
    }

    #[test]
    fn errors_name_the_position_or_the_field_and_quote_nothing() {
        let error = |text: &str| read::<Everything>(text.as_bytes()).unwrap_err();
        assert_eq!(error("{\n ada"), JsonError::NotJson { line: 2, column: 2 });
        assert_eq!(error("{}"), JsonError::Missing("number"));
        assert_eq!(error(r#"{"number": "ada@example.com"}"#), JsonError::WrongType);
        assert_eq!(error("[]"), JsonError::WrongType);
    }
}
