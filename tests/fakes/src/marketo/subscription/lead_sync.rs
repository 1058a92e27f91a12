//! Sync Leads: creates or updates leads by a key.
//!
//! At Marketo the lookup and the insert are separate. Two concurrent calls both find no lead and both insert one, which
//! creates duplicates. The fake separates the two steps as well, and its route waits between them.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::marketo::api_error::MarketoApiError;
use crate::marketo::subscription::activity::ActivityType;
use crate::marketo::subscription::contents::Subscription;
use crate::marketo::subscription::lead::{LeadDatabase, comparable, is_blank};

/// Maximum number of records in one call.
const MAX_RECORDS: usize = 300;

/// The allowed action for each record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SyncAction {
    /// Updates the matching lead, or creates one.
    #[default]
    CreateOrUpdate,
    /// Creates a lead; a match is a record-level error.
    CreateOnly,
    /// Updates a lead; no match is a record-level error.
    UpdateOnly,
    /// Creates a lead without a lookup.
    CreateDuplicate,
}

/// The body of `POST /rest/v1/leads.json`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LeadSync {
    /// The allowed action.
    #[serde(default)]
    pub action: SyncAction,
    /// The field of the lookup.
    #[serde(default = "default_lookup_field")]
    pub lookup_field: String,
    /// The name of the partition to create leads in.
    #[serde(default)]
    pub partition_name: Option<String>,
    /// Whether Marketo may respond before it has written; the fake never does.
    #[serde(default)]
    pub async_processing: bool,
    /// The records.
    #[serde(default)]
    pub input: Vec<Map<String, Value>>,
}

fn default_lookup_field() -> String {
    "email".to_owned()
}

/// The decision of the lookup for one record.
#[derive(Debug, Clone)]
pub(crate) enum PlannedWrite {
    Create,
    Update(i64),
    Skip(MarketoApiError),
}

impl LeadSync {
    /// Looks up each record and decides what to do with it.
    ///
    /// # Errors
    /// Returns 1003 without records or with more than 300, 1011 if the lookup field is not
    /// searchable.
    pub(crate) fn plan(&self, leads: &LeadDatabase) -> Result<Vec<PlannedWrite>, MarketoApiError> {
        if self.input.is_empty() {
            return Err(MarketoApiError::new(1003, "Leads not specified"));
        }
        if self.input.len() > MAX_RECORDS {
            return Err(MarketoApiError::new(1003, "Number of leads exceeds the limit of 300"));
        }
        if self.partition_name.is_some() && self.partition(leads).is_none() {
            return Err(MarketoApiError::new(1003, "Invalid partition name"));
        }
        if !leads.is_searchable(&self.lookup_field) {
            return Err(MarketoApiError::new(1011, format!("Lookup field '{}' is not supported", self.lookup_field)));
        }
        if self.lookup_field == "id" && self.action != SyncAction::UpdateOnly {
            return Err(MarketoApiError::new(1003, "Lookup by id needs the action updateOnly"));
        }
        let known = leads.index_by(&self.lookup_field);
        let plan = |record| self.plan_one(record, leads, &known).unwrap_or_else(PlannedWrite::Skip);
        Ok(self.input.iter().map(plan).collect())
    }

    /// Returns the id of the named partition.
    fn partition(&self, leads: &LeadDatabase) -> Option<i64> {
        let named = self.partition_name.as_deref()?;
        leads.all_partitions().find(|(_, name)| *name == named).map(|(id, _)| id)
    }

    fn plan_one(
        &self,
        record: &Map<String, Value>,
        leads: &LeadDatabase,
        known: &HashMap<String, Vec<i64>>,
    ) -> Result<PlannedWrite, MarketoApiError> {
        for (name, value) in record {
            if name == "id" {
                if self.lookup_field != "id" {
                    return Err(MarketoApiError::new(1003, "Field 'id' is only allowed as lookup field"));
                }
                continue;
            }
            let field =
                leads.field(name).ok_or_else(|| MarketoApiError::new(1006, format!("Field '{name}' not found")))?;
            field.accepts(value)?;
        }
        let lookup = &self.lookup_field;
        let key = record
            .get(lookup)
            .filter(|value| !is_blank(value))
            .ok_or_else(|| MarketoApiError::new(1003, format!("Value for field '{lookup}' not set")))?;
        let matches = known.get(&comparable(key)).map(Vec::as_slice).unwrap_or_default();
        if leads.is_partition_required && self.partition_name.is_none() && self.action != SyncAction::UpdateOnly {
            return Err(MarketoApiError::new(1009, "Partition must be specified"));
        }
        let is_elsewhere = |id: &i64| leads.by_id.get(id).map(|lead| lead.partition) != self.partition(leads);
        match (self.action, matches) {
            (SyncAction::CreateOnly | SyncAction::CreateOrUpdate, [_, ..])
                if self.partition_name.is_some() && matches.iter().all(is_elsewhere) =>
            {
                Err(MarketoApiError::new(1010, "Partition update not allowed"))
            }
            (SyncAction::CreateDuplicate, _) => Ok(PlannedWrite::Create),
            (SyncAction::CreateOnly, [_, ..]) => Err(MarketoApiError::new(1005, "Lead already exists")),
            (SyncAction::UpdateOnly, []) => Err(MarketoApiError::new(1004, "Lead not found")),
            (_, []) => Ok(PlannedWrite::Create),
            (_, [id]) => Ok(PlannedWrite::Update(*id)),
            (_, _) => Err(MarketoApiError::new(1007, "Multiple lead match lookup criteria")),
        }
    }

    /// Executes the planned writes. Returns one result per record, in order.
    pub(crate) fn apply(self, plans: Vec<PlannedWrite>, subscription: &mut Subscription, now: Timestamp) -> Vec<Value> {
        // Records of one call are processed in order, so a repeated key is not a race.
        let mut created_here: HashMap<String, i64> = HashMap::new();
        let partition = self.partition(&subscription.leads);
        let lookup = self.lookup_field;
        let duplicates_wanted = self.action == SyncAction::CreateDuplicate;
        let mut results = Vec::with_capacity(plans.len());
        for (mut record, plan) in self.input.into_iter().zip(plans) {
            let key = record.get(&lookup).map(comparable).unwrap_or_default();
            record.remove("id");
            results.push(match plan {
                PlannedWrite::Skip(reason) => json!({"status": "skipped", "reasons": [reason]}),
                PlannedWrite::Update(id) => {
                    subscription.write_lead(id, record, "Web service API", now);
                    json!({"id": id, "status": "updated"})
                }
                PlannedWrite::Create => match created_here.get(&key) {
                    Some(id) if !duplicates_wanted => {
                        subscription.write_lead(*id, record, "Web service API", now);
                        json!({"id": id, "status": "updated"})
                    }
                    _ => {
                        let id = subscription.leads.insert(record, now);
                        let created = subscription.leads.by_id.get_mut(&id);
                        created.into_iter().for_each(|lead| lead.partition = partition.unwrap_or(lead.partition));
                        subscription.log(ActivityType::NewLead, id, None, json!({"source": "Web service API"}), now);
                        created_here.insert(key, id);
                        json!({"id": id, "status": "created"})
                    }
                },
            });
        }
        results
    }
}

impl Subscription {
    /// Writes values of a lead and logs each change.
    pub(crate) fn write_lead(&mut self, id: i64, values: Map<String, Value>, source: &str, now: Timestamp) {
        let Some(lead) = self.leads.by_id.get_mut(&id) else {
            return;
        };
        let mut changes = Vec::new();
        for (name, value) in values {
            let before = lead.fields.get(&name).cloned().unwrap_or(Value::Null);
            let value = if is_blank(&value) { Value::Null } else { value };
            if before == value {
                continue;
            }
            if value.is_null() {
                lead.fields.remove(&name);
            } else {
                lead.fields.insert(name.clone(), value.clone());
            }
            lead.updated_at = now;
            changes.push(json!({"field": name, "old": before, "new": value, "source": source}));
        }
        for change in changes {
            if change["field"] == "email" {
                self.leads.note_email(id, &change["old"], &change["new"]);
            }
            self.log(ActivityType::ChangeDataValue, id, None, change, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marketo::subscription::field::Field;
    use crate::marketo::subscription::field::FieldType;

    fn subscription() -> Subscription {
        let mut subscription = Subscription::default();
        subscription.leads.fields =
            vec![Field::new("email", FieldType::Email), Field::new("firstName", FieldType::String)];
        subscription
    }

    fn sync(body: Value) -> LeadSync {
        serde_json::from_value(body).unwrap()
    }

    fn run(subscription: &mut Subscription, body: Value) -> Vec<Value> {
        let sync = sync(body);
        let plans = sync.plan(&subscription.leads).unwrap();
        sync.apply(plans, subscription, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn concurrent_syncs_create_duplicates() {
        let mut subscription = subscription();
        let body = json!({"input": [{"email": "ada@example.com"}]});
        let (one, other) = (sync(body.clone()), sync(body.clone()));
        let (first, second) = (one.plan(&subscription.leads).unwrap(), other.plan(&subscription.leads).unwrap());
        assert_eq!(one.apply(first, &mut subscription, Timestamp::UNIX_EPOCH)[0]["status"], "created");
        assert_eq!(other.apply(second, &mut subscription, Timestamp::UNIX_EPOCH)[0]["status"], "created");
        assert_eq!(run(&mut subscription, body)[0]["reasons"][0]["code"], "1007");
    }

    #[test]
    fn finds_a_lead_by_its_current_address() {
        let mut subscription = subscription();
        let id = run(&mut subscription, json!({"input": [{"email": "Ada@example.com"}]}))[0]["id"].as_i64().unwrap();
        let moved = json!({"email": "countess@example.com"});
        subscription.write_lead(id, moved.as_object().cloned().unwrap(), "test", Timestamp::UNIX_EPOCH);
        let mut status = |email: &str| {
            run(&mut subscription, json!({"action": "updateOnly", "input": [{"email": email}]}))[0]["status"].clone()
        };
        assert_eq!((status("COUNTESS@example.com"), status("ada@example.com")), (json!("updated"), json!("skipped")));
    }

    #[test]
    fn invalid_record_does_not_affect_the_others() {
        let mut subscription = subscription();
        let results = run(
            &mut subscription,
            json!({"input": [
                {"email": "ada@example.com"},
                {"email": "åsa@example.com"},
                {"email": "b@example.com", "shoeSize": 7},
                {"firstName": "No"},
                {"email": "ADA@example.com", "firstName": "Ada"},
            ]}),
        );
        let codes: Vec<_> = results
            .iter()
            .map(|r| (r["status"].as_str().unwrap(), r["reasons"][0]["code"].as_str().unwrap_or("")))
            .collect();
        assert_eq!(
            codes,
            [("created", ""), ("skipped", "1003"), ("skipped", "1006"), ("skipped", "1003"), ("updated", "")]
        );
        assert_eq!(subscription.leads.by_id.len(), 1);
    }

    #[test]
    fn create_only_and_update_only_are_enforced() {
        let mut subscription = subscription();
        let only = |action: &str| json!({"action": action, "input": [{"email": "ada@example.com"}]});
        assert_eq!(run(&mut subscription, only("updateOnly"))[0]["reasons"][0]["code"], "1004");
        assert_eq!(run(&mut subscription, only("createOnly"))[0]["status"], "created");
        assert_eq!(run(&mut subscription, only("createOnly"))[0]["reasons"][0]["code"], "1005");
        assert_eq!(run(&mut subscription, only("updateOnly"))[0]["status"], "updated");
    }
}
