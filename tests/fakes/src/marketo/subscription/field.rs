//! The fields of leads and program members: their types, lengths and valid values.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::marketo::api_error::MarketoApiError;

/// Maximum length of a string field in characters.
const STRING_LENGTH: usize = 255;
/// Maximum length of a text field in characters.
const TEXT_LENGTH: usize = 2_000;

/// The type of a field, with the name that Marketo's describe calls use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldType {
    /// Up to 255 characters.
    String,
    /// Up to 2,000 characters.
    Text,
    /// An ASCII e-mail address.
    Email,
    /// A telephone number, written freely.
    Phone,
    /// An address on the web.
    Url,
    /// A signed 32-bit number.
    Integer,
    /// Any number.
    Float,
    /// True or false.
    Boolean,
    /// A moment, ISO 8601.
    Datetime,
}

/// A field of leads or of program members.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Field {
    /// REST API name.
    pub name: String,
    /// Type of the field.
    pub data_type: FieldType,
    /// Maximum length in characters; unused by types that are not text.
    pub length: usize,
    /// Whether the API can write the field.
    pub updateable: bool,
    /// Name in the user interface; made of the REST API name if empty.
    #[serde(default)]
    pub display_name: String,
}

impl Field {
    /// Creates a writable field with the default length of its type.
    pub fn new(name: &str, data_type: FieldType) -> Self {
        let length = if data_type == FieldType::Text { TEXT_LENGTH } else { STRING_LENGTH };
        Self { name: name.to_owned(), data_type, length, updateable: true, display_name: String::new() }
    }

    /// Sets the maximum length.
    #[must_use]
    pub fn with_length(mut self, length: usize) -> Self {
        self.length = length;
        self
    }

    /// Sets the name in the user interface.
    #[must_use]
    pub fn named(mut self, display_name: &str) -> Self {
        display_name.clone_into(&mut self.display_name);
        self
    }

    /// Returns the field as describe calls return it.
    pub(crate) fn description(&self) -> Value {
        let display_name = match self.display_name.as_str() {
            "" => words(&self.name),
            name => name.to_owned(),
        };
        json!({
            "name": self.name, "displayName": display_name, "dataType": self.data_type, "length": self.length,
            "updateable": self.updateable, "crmManaged": false,
        })
    }

    /// Makes the field read-only for the API.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.updateable = false;
        self
    }

    /// Checks that Marketo accepts a value for the field.
    ///
    /// # Errors
    /// Returns 1001 if the value has another type; 1003 if it is too long, is not an e-mail address, or the field is read-only.
    pub fn accepts(&self, value: &Value) -> Result<(), MarketoApiError> {
        let name = &self.name;
        if !self.updateable {
            return Err(MarketoApiError::new(1003, format!("Field '{name}' is not updateable")));
        }
        let right_type = match self.data_type {
            FieldType::Integer => value.as_i64().is_some_and(|n| i32::try_from(n).is_ok()),
            FieldType::Float => value.is_number(),
            FieldType::Boolean => value.is_boolean(),
            FieldType::Datetime => value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
            _ => value.is_string(),
        };
        if !right_type && !value.is_null() {
            return Err(MarketoApiError::new(
                1001,
                format!("Invalid value for field '{name}'. Required of type '{:?}'", self.data_type),
            ));
        }
        let Some(text) = value.as_str() else {
            return Ok(());
        };
        if text.chars().count() > self.length {
            return Err(MarketoApiError::new(
                1003,
                format!("Value for field '{name}' exceeds {} characters", self.length),
            ));
        }
        if self.data_type == FieldType::Email && !text.is_empty() && !is_email(text) {
            return Err(MarketoApiError::new(1003, format!("Value for field '{name}' is not a valid email address")));
        }
        Ok(())
    }
}

/// Returns the words of a name: `Postal Code` for `postalCode`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for (place, letter) in name.char_indices() {
        match letter {
            _ if place == 0 => words.extend(letter.to_uppercase()),
            'A'..='Z' => words.extend([' ', letter]),
            _ => words.push(letter),
        }
    }
    words
}

/// Marketo accepts ASCII addresses only.
fn is_email(text: &str) -> bool {
    let shape = text.split_once('@');
    text.is_ascii()
        && !text.contains(char::is_whitespace)
        && shape.is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.') && !domain.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(field: &Field, value: Value) -> Option<u16> {
        field.accepts(&value).err().map(|refusal| refusal.code)
    }

    #[test]
    fn is_described_with_its_name_in_the_user_interface() {
        let name = |field: Field| field.description()["displayName"].clone();
        assert_eq!(name(Field::new("postalCode", FieldType::String)), "Postal Code");
        assert_eq!(name(Field::new("dietC", FieldType::String).named("Diet?")), "Diet?");
    }

    #[test]
    fn accepts_ascii_addresses_only() {
        let email = Field::new("email", FieldType::Email);
        assert_eq!(code(&email, json!("ada@example.com")), None);
        assert_eq!(code(&email, json!("ädä@example.com")), Some(1003));
        assert_eq!(code(&email, json!("unknown")), Some(1003));
    }

    #[test]
    fn enforces_types_and_lengths() {
        let code_field = Field::new("registrationCode", FieldType::String).with_length(100);
        assert_eq!(code(&code_field, json!("x".repeat(100))), None);
        assert_eq!(code(&code_field, json!("x".repeat(101))), Some(1003));
        assert_eq!(code(&code_field, json!(7)), Some(1001));
        assert_eq!(code(&code_field, Value::Null), None);
        let minutes = Field::new("minutes", FieldType::Integer);
        assert_eq!(code(&minutes, json!(2_147_483_648_i64)), Some(1001));
        assert_eq!(code(&minutes.read_only(), json!(1)), Some(1003));
    }
}
