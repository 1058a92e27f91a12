//! Leads and their lookup.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::marketo::subscription::field::{Field, FieldType};

/// Fields that every lead has and that callers cannot write.
const SYSTEM_FIELDS: [&str; 4] = ["id", "createdAt", "updatedAt", "leadPartitionId"];

/// The id of the partition in which leads are created by default.
const DEFAULT_PARTITION: i64 = 1;

/// A lead.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Lead {
    /// Lead id.
    pub id: i64,
    /// Values by REST API name; fields that were never set are absent.
    pub fields: BTreeMap<String, Value>,
    /// The id of its partition.
    pub partition: i64,
    /// When the lead was created.
    pub created_at: Timestamp,
    /// When a value last changed.
    pub updated_at: Timestamp,
}

impl Lead {
    /// Returns the value of a field as the REST API shows it; null if it was never set.
    pub fn value(&self, field: &str) -> Value {
        match field {
            "id" => json!(self.id),
            "leadPartitionId" => json!(self.partition),
            "createdAt" => json!(whole_seconds(self.created_at)),
            "updatedAt" => json!(whole_seconds(self.updated_at)),
            _ => self.fields.get(field).cloned().unwrap_or(Value::Null),
        }
    }

    /// Returns the text of a field; empty if it was never set.
    pub fn text(&self, field: &str) -> &str {
        self.fields.get(field).and_then(Value::as_str).unwrap_or_default()
    }
}

/// Formats a time without its fraction, as the lead database does.
pub(crate) fn whole_seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// All leads and their fields.
#[derive(Debug, Default)]
pub struct LeadDatabase {
    /// The writable fields.
    pub fields: Vec<Field>,
    /// The names of the partitions besides the default one, by id.
    pub partitions: BTreeMap<i64, String>,
    /// Whether requests that create leads have to name a partition.
    pub is_partition_required: bool,
    /// Leads by id.
    pub by_id: BTreeMap<i64, Lead>,
    /// Lead ids by comparable e-mail address, in order. The index keeps lookups fast with 100,000 leads.
    by_email: HashMap<String, Vec<i64>>,
    last_id: i64,
}

impl LeadDatabase {
    /// Returns the definition of a writable field.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Whether a query can return the field.
    pub fn is_readable(&self, name: &str) -> bool {
        SYSTEM_FIELDS.contains(&name) || self.field(name).is_some()
    }

    /// Returns all partitions: id and name.
    pub(crate) fn all_partitions(&self) -> impl Iterator<Item = (i64, &str)> {
        let further = self.partitions.iter().map(|(id, name)| (*id, name.as_str()));
        std::iter::once((DEFAULT_PARTITION, "Default")).chain(further)
    }

    /// Adds a lead without validation. Returns its id.
    pub fn insert(&mut self, values: Map<String, Value>, now: Timestamp) -> i64 {
        // As at Marketo, lead ids start well above program ids, so that a mix-up shows.
        const FIRST_ID: i64 = 500_001;
        self.last_id = (self.last_id + 1).max(FIRST_ID);
        let lead = Lead {
            id: self.last_id,
            partition: DEFAULT_PARTITION,
            fields: values.into_iter().filter(|(_, value)| !is_blank(value)).collect(),
            created_at: now,
            updated_at: now,
        };
        self.note_email(lead.id, &Value::Null, &lead.value("email"));
        self.by_id.insert(lead.id, lead);
        self.last_id
    }

    /// Updates the index after a lead's e-mail address changed.
    pub(super) fn note_email(&mut self, id: i64, old: &Value, new: &Value) {
        if let Some(ids) = self.by_email.get_mut(&comparable(old)) {
            ids.retain(|other| *other != id);
        }
        let new = comparable(new);
        if !new.is_empty() {
            let ids = self.by_email.entry(new).or_default();
            ids.push(id);
            ids.sort_unstable();
        }
    }

    /// Returns lead ids by the [`comparable`] value of `field`, in order. Like Marketo, it ignores case.
    pub(crate) fn index_by(&self, field: &str) -> Cow<'_, HashMap<String, Vec<i64>>> {
        if field == "email" {
            return Cow::Borrowed(&self.by_email);
        }
        let mut index: HashMap<String, Vec<i64>> = HashMap::new();
        for lead in self.by_id.values() {
            index.entry(comparable(&lead.value(field))).or_default().push(lead.id);
        }
        index.remove("");
        Cow::Owned(index)
    }

    /// Changes the e-mail address of a lead, as a marketer does.
    pub fn set_email(&mut self, id: i64, email: &str, now: Timestamp) {
        let Some(lead) = self.by_id.get_mut(&id) else { return };
        let new = json!(email);
        let old = lead.fields.insert("email".to_owned(), new.clone()).unwrap_or(Value::Null);
        lead.updated_at = now;
        self.note_email(id, &old, &new);
    }

    /// Whether leads can be looked up by the field.
    pub fn is_searchable(&self, name: &str) -> bool {
        name == "id"
            || self
                .field(name)
                .is_some_and(|field| matches!(field.data_type, FieldType::Email | FieldType::String | FieldType::Phone))
    }
}

/// Returns a value as a lower-case string, the form in which values are compared.
pub(crate) fn comparable(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_lowercase(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Marketo stores an empty text as null.
pub(crate) fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}
