//! Reads JSON into types, with errors that quote nothing of the input.
//!
//! The messages of `serde_json` may quote values (`invalid type: string "ada@example.com"`), which must reach neither a log
//! nor a caller.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::Category;
use std::fmt;

/// Start of the message of `serde_json` about a missing field. The name after it is a field of our type.
const MISSING_FIELD: &str = "missing field `";

/// Why JSON could not be read. Quotes nothing of the input.
pub struct JsonError(Cause);

enum Cause {
    Serde(serde_json::Error),
    /// The document is an array.
    Array,
}

impl JsonError {
    /// Returns whether the text is not JSON, as opposed to JSON of another form.
    pub fn is_syntax(&self) -> bool {
        match &self.0 {
            Cause::Serde(error) => error.classify() != Category::Data,
            Cause::Array => false,
        }
    }
}

impl From<serde_json::Error> for JsonError {
    fn from(error: serde_json::Error) -> Self {
        Self(Cause::Serde(error))
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cause::Serde(error) = &self.0 else { return f.write_str("it is an array, not an object") };
        let message = error.to_string();
        let missing = message.strip_prefix(MISSING_FIELD).and_then(|rest| rest.split('`').next());
        match missing.filter(|_| error.is_data()) {
            Some(field) => write!(f, "the field {field} is missing")?,
            None if error.is_data() => f.write_str("a value has the wrong type")?,
            None => f.write_str("it is not JSON")?,
        }
        // A value that was parsed before has no position.
        if error.line() > 0 {
            write!(f, " at line {}, column {}", error.line(), error.column())?;
        }
        Ok(())
    }
}

impl fmt::Debug for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonError({self})")
    }
}

impl std::error::Error for JsonError {}

/// Reads a document. An array is refused: no document is one, and serde would read its items as the fields of a struct.
///
/// # Errors
/// See [`JsonError`].
pub fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, JsonError> {
    let value = serde_json::from_slice(text)?;
    if text.trim_ascii_start().starts_with(b"[") { Err(JsonError(Cause::Array)) } else { Ok(value) }
}

/// Reads a value that was parsed before.
///
/// # Errors
/// See [`JsonError`].
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T, JsonError> {
    Ok(T::deserialize(value)?)
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
            let value = serde_json::to_value(&everything).unwrap();
            prop_assert_eq!(&read::<Everything>(&text).unwrap(), &everything);
            prop_assert_eq!(from_value::<Everything>(&value).unwrap(), everything);
        }

        #[test]
        fn reading_never_panics(text in any::<Vec<u8>>(), json in "[\\[\\]{}\":,0-9a-z.-]{0,40}") {
            let _ = read::<Everything>(&text);
            let _ = read::<Everything>(json.as_bytes());
        }

        #[test]
        fn errors_quote_nothing(secret in "secret`?[a-z`]{0,9}") {
            let fields = ["number", "float", "maybe", "more", "kind"];
            for field in fields {
                for value in [format!("\"{secret}\""), format!("{{\"{secret}\": 1}}"), secret.clone()] {
                    let error = read::<Everything>(format!("{{\"{field}\": {value}}}").as_bytes()).unwrap_err();
                    prop_assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
                }
            }
        }
    }

    #[test]
    fn errors_name_the_position_or_the_field_and_quote_nothing() {
        let error = |text: &str| read::<Everything>(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(error("{\n ada"), "it is not JSON at line 2, column 2");
        assert_eq!(error("{}"), "the field number is missing at line 1, column 2");
        assert_eq!(error(r#"{"number": "ada@example.com"}"#), "a value has the wrong type at line 1, column 28");
        assert_eq!(error("[]"), "a value has the wrong type at line 1, column 2");
        assert_eq!(error(r#"[1, 0.5, null, [], "Plain"]"#), "it is an array, not an object");
        assert!(error(&"[".repeat(100_000)).starts_with("a value has the wrong type"));
        assert!(read::<Value>("[".repeat(100_000).as_bytes()).unwrap_err().is_syntax());
        let unparsed = from_value::<Everything>(&Value::Null).unwrap_err();
        assert_eq!(unparsed.to_string(), "a value has the wrong type");
    }
}
