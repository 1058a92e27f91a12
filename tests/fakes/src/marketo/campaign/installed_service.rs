//! The installed flow step service: the lead fields that it is sent, the fields of its callback, and their mappings.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::marketo::subscription::seed::JOIN_URL_FIELD;

/// Longest string or URL, in bytes.
const STRING_BYTES: usize = 255;
/// Longest text, in bytes.
const TEXT_BYTES: usize = 2_000;

/// The data types of Adobe's interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DataType {
    /// True or false.
    Boolean,
    /// Signed, 32 bits.
    Integer,
    /// A day.
    Date,
    /// A moment.
    Datetime,
    /// An address.
    Email,
    /// A number.
    Float,
    /// A number, or a relative change such as `+5`.
    Score,
    /// At most 255 bytes.
    String,
    /// At most 2,000 bytes.
    Text,
    /// At most 255 bytes.
    Url,
}

impl DataType {
    /// Returns the maximum length of a text type in bytes.
    pub fn max_bytes(self) -> Option<usize> {
        match self {
            Self::Text => Some(TEXT_BYTES),
            Self::String | Self::Url | Self::Email => Some(STRING_BYTES),
            _ => None,
        }
    }

    /// Checks that Marketo stores a value unchanged.
    ///
    /// # Errors
    /// Returns why Marketo stores nothing or a truncated value.
    pub fn check(self, value: &Value) -> Result<(), String> {
        let parses = |parse: fn(&str) -> bool| value.as_str().is_some_and(parse);
        let fits = match self {
            Self::Boolean => value.is_boolean(),
            Self::Integer => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
            Self::Float => value.is_number(),
            Self::Score => value.is_i64() || parses(|text| text.parse::<i32>().is_ok()),
            Self::Date => parses(|text| text.parse::<Date>().is_ok()),
            Self::Datetime => parses(|text| text.parse::<Timestamp>().is_ok()),
            Self::Email => parses(|text| text.contains('@')),
            Self::String | Self::Text | Self::Url => value.is_string(),
        };
        if !fits {
            return Err(format!("is no {self:?}: {value}"));
        }
        match (self.max_bytes(), value.as_str()) {
            (Some(max), Some(text)) if text.len() > max => {
                Err(format!("has {} bytes, which Marketo cuts to {max}", text.len()))
            }
            _ => Ok(()),
        }
    }
}

/// The lead fields that an administrator chooses unless told otherwise.
const USUAL_FIELDS: [&str; 5] = ["email", "firstName", "lastName", "company", "phone"];

/// An installed flow step service.
#[derive(Debug, Clone, Serialize)]
pub struct InstalledService {
    /// Whether an administrator chooses the lead fields that the service is sent. If not, the definition lists them.
    pub user_driven_mapping: bool,
    /// The lead fields that the service is sent, and the names under which it gets them.
    pub sent_fields: BTreeMap<String, String>,
    /// The types of the callback's fields, by the service's field names.
    pub fields: BTreeMap<String, DataType>,
    /// The lead fields that an administrator mapped the callback's fields to. A field without a mapping is dropped.
    pub mapping: BTreeMap<String, String>,
    /// The types of the activity's attributes.
    pub attributes: BTreeMap<String, DataType>,
}

impl Default for InstalledService {
    /// The application's own service. An installation replaces it.
    fn default() -> Self {
        let attributes = [
            ("webinarId", DataType::String),
            ("webinarTopic", DataType::String),
            ("registrantId", DataType::String),
            ("registration", DataType::String),
        ];
        Self {
            user_driven_mapping: true,
            sent_fields: USUAL_FIELDS.map(|name| (name.to_owned(), name.to_owned())).into(),
            fields: [("joinUrl".to_owned(), DataType::Text)].into(),
            mapping: [("joinUrl".to_owned(), JOIN_URL_FIELD.to_owned())].into(),
            attributes: attributes.map(|(name, kind)| (name.to_owned(), kind)).into(),
        }
    }
}

impl InstalledService {
    /// Reads a service definition. With `userDrivenMapping`, its list of fields is ignored: what the administrator chose stays.
    pub(crate) fn apply_definition(&mut self, definition: &Value) {
        let invocation = &definition["invocationPayloadDef"];
        self.user_driven_mapping = invocation["userDrivenMapping"] == true;
        if !self.user_driven_mapping {
            let fields = invocation["fields"].as_array().into_iter().flatten();
            let mapped = |field: &Value| {
                let name = field["serviceAttribute"].as_str()?;
                let suggested = field["suggestedMarketoAttribute"].as_str().unwrap_or(name);
                Some((suggested.to_owned(), name.to_owned()))
            };
            self.sent_fields = fields.filter_map(mapped).collect();
        }
        let listed = |list: &str, name: &str| -> BTreeMap<String, DataType> {
            let items = definition["callbackPayloadDef"][list].as_array().into_iter().flatten();
            items
                .filter_map(|item| {
                    let kind = serde_json::from_value(item["dataType"].clone()).ok()?;
                    Some((item[name].as_str()?.to_owned(), kind))
                })
                .collect()
        };
        self.fields = listed("fields", "serviceAttribute");
        self.attributes = listed("attributes", "apiName");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_definition_lists_the_fields_unless_the_mapping_is_user_driven() {
        let mut definition = json!({"invocationPayloadDef": {"fields": [
            {"serviceAttribute": "mail", "suggestedMarketoAttribute": "email"}, {"serviceAttribute": "city"},
        ]}});
        let mut service = InstalledService::default();
        service.apply_definition(&definition);
        let listed = [("city", "city"), ("email", "mail")].map(|(field, name)| (field.to_owned(), name.to_owned()));
        assert_eq!(service.sent_fields, listed.into());
        let mut chosen = InstalledService::default();
        definition["invocationPayloadDef"]["userDrivenMapping"] = json!(true);
        chosen.apply_definition(&definition);
        assert_eq!(chosen.sent_fields, InstalledService::default().sent_fields);
    }

    #[test]
    fn measures_lengths_in_bytes() {
        assert!(DataType::String.check(&json!("é".repeat(127))).is_ok());
        assert!(DataType::String.check(&json!("é".repeat(128))).is_err());
        assert!(DataType::Text.check(&json!("é".repeat(1_000))).is_ok());
        assert!(DataType::Text.check(&json!(1)).is_err());
        assert!(DataType::Integer.check(&json!(3_000_000_000_i64)).is_err());
    }
}
