//! Sync Leads: create or update people by a key.
//!
//! Looking up and inserting are two moments in Marketo. Two calls that arrive together both find nobody and both insert,
//! which leaves duplicates; so the stand-in has two steps too, and its route waits between them.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::activity::ActivityType;
use super::lead::{comparable, is_blank};
use super::{LeadDatabase, World};
use crate::marketo::refusal::Refusal;

/// Most records in one call.
const MAX_RECORDS: usize = 300;

/// What a sync may do with each record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SyncAction {
    /// Update the one that matches, else create.
    #[default]
    CreateOrUpdate,
    /// Create; a match is an error of the record.
    CreateOnly,
    /// Update; no match is an error of the record.
    UpdateOnly,
    /// Create without looking.
    CreateDuplicate,
}

/// The body of `POST /rest/v1/leads.json`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LeadSync {
    /// What may be done.
    #[serde(default)]
    pub action: SyncAction,
    /// The field by which a lead is looked up.
    #[serde(default = "default_lookup_field")]
    pub lookup_field: String,
    /// The partition to write to; the stand-in has one.
    #[serde(default)]
    pub partition_name: Option<String>,
    /// Whether Marketo may answer before it has written; the stand-in never does.
    #[serde(default)]
    pub async_processing: bool,
    /// The records.
    #[serde(default)]
    pub input: Vec<Map<String, Value>>,
}

fn default_lookup_field() -> String {
    "email".to_owned()
}

/// What the look-up decided for one record.
#[derive(Debug, Clone)]
pub(in crate::marketo) enum Plan {
    Create,
    Update(i64),
    Skip(Refusal),
}

impl LeadSync {
    /// The look-up: what would be done with each record as things stand.
    ///
    /// # Errors
    /// The response-level refusals: 1003 without records or with more than 300, 1011 for a field nobody is looked up by.
    pub(in crate::marketo) fn plan(&self, leads: &LeadDatabase) -> Result<Vec<Plan>, Refusal> {
        if self.input.is_empty() {
            return Err(Refusal::new(1003, "Leads not specified"));
        }
        if self.input.len() > MAX_RECORDS {
            return Err(Refusal::new(1003, "Number of leads exceeds the limit of 300"));
        }
        if !leads.is_searchable(&self.lookup_field) {
            return Err(Refusal::new(1011, format!("Lookup field '{}' is not supported", self.lookup_field)));
        }
        if self.lookup_field == "id" && self.action != SyncAction::UpdateOnly {
            return Err(Refusal::new(1003, "Lookup by id needs the action updateOnly"));
        }
        let known = leads.index_by(&self.lookup_field);
        let plan = |record| self.plan_one(record, leads, &known).unwrap_or_else(Plan::Skip);
        Ok(self.input.iter().map(plan).collect())
    }

    fn plan_one(
        &self,
        record: &Map<String, Value>,
        leads: &LeadDatabase,
        known: &HashMap<String, Vec<i64>>,
    ) -> Result<Plan, Refusal> {
        for (name, value) in record {
            if name == "id" {
                if self.lookup_field != "id" {
                    return Err(Refusal::new(1003, "Field 'id' is only allowed as lookup field"));
                }
                continue;
            }
            let field = leads.field(name).ok_or_else(|| Refusal::new(1006, format!("Field '{name}' not found")))?;
            field.accepts(value)?;
        }
        let lookup = &self.lookup_field;
        let key = record
            .get(lookup)
            .filter(|value| !is_blank(value))
            .ok_or_else(|| Refusal::new(1003, format!("Value for field '{lookup}' not set")))?;
        let matches = known.get(&comparable(key)).map(Vec::as_slice).unwrap_or_default();
        match (self.action, matches) {
            (SyncAction::CreateDuplicate, _) => Ok(Plan::Create),
            (SyncAction::CreateOnly, [_, ..]) => Err(Refusal::new(1005, "Lead already exists")),
            (SyncAction::UpdateOnly, []) => Err(Refusal::new(1004, "Lead not found")),
            (_, []) => Ok(Plan::Create),
            (_, [id]) => Ok(Plan::Update(*id)),
            (_, _) => Err(Refusal::new(1007, "Multiple lead match lookup criteria")),
        }
    }

    /// The write: does what was planned and returns one result a record, in order.
    pub(in crate::marketo) fn apply(self, plans: Vec<Plan>, world: &mut World, now: Timestamp) -> Vec<Value> {
        // Within one call the records are handled one after the other, so a repeated key is no race.
        let mut created_here: HashMap<String, i64> = HashMap::new();
        let lookup = self.lookup_field;
        let duplicates_wanted = self.action == SyncAction::CreateDuplicate;
        let mut results = Vec::with_capacity(plans.len());
        for (mut record, plan) in self.input.into_iter().zip(plans) {
            let key = record.get(&lookup).map(comparable).unwrap_or_default();
            record.remove("id");
            results.push(match plan {
                Plan::Skip(reason) => json!({"status": "skipped", "reasons": [reason]}),
                Plan::Update(id) => {
                    world.write_lead(id, record, "Web service API", now);
                    json!({"id": id, "status": "updated"})
                }
                Plan::Create => match created_here.get(&key) {
                    Some(id) if !duplicates_wanted => {
                        world.write_lead(*id, record, "Web service API", now);
                        json!({"id": id, "status": "updated"})
                    }
                    _ => {
                        let id = world.leads.insert(record, now);
                        world.log(ActivityType::NewLead, id, None, json!({"source": "Web service API"}), now);
                        created_here.insert(key, id);
                        json!({"id": id, "status": "created"})
                    }
                },
            });
        }
        results
    }
}

impl World {
    /// Writes values over a lead's, and logs each that changed.
    pub(in crate::marketo) fn write_lead(&mut self, id: i64, values: Map<String, Value>, source: &str, now: Timestamp) {
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
    use crate::marketo::world::{Field, FieldType};

    fn world() -> World {
        let mut world = World::default();
        world.leads.fields = vec![Field::new("email", FieldType::Email), Field::new("firstName", FieldType::String)];
        world
    }

    fn sync(body: Value) -> LeadSync {
        serde_json::from_value(body).unwrap()
    }

    fn run(world: &mut World, body: Value) -> Vec<Value> {
        let sync = sync(body);
        let plans = sync.plan(&world.leads).unwrap();
        sync.apply(plans, world, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn two_syncs_that_look_before_either_writes_leave_duplicates() {
        let mut world = world();
        let body = json!({"input": [{"email": "ada@example.com"}]});
        let (one, other) = (sync(body.clone()), sync(body.clone()));
        let (first, second) = (one.plan(&world.leads).unwrap(), other.plan(&world.leads).unwrap());
        assert_eq!(one.apply(first, &mut world, Timestamp::UNIX_EPOCH)[0]["status"], "created");
        assert_eq!(other.apply(second, &mut world, Timestamp::UNIX_EPOCH)[0]["status"], "created");
        assert_eq!(run(&mut world, body)[0]["reasons"][0]["code"], "1007");
    }

    #[test]
    fn a_lead_is_found_by_the_address_that_it_has_now() {
        let mut world = world();
        let id = run(&mut world, json!({"input": [{"email": "Ada@example.com"}]}))[0]["id"].as_i64().unwrap();
        let moved = json!({"email": "countess@example.com"});
        world.write_lead(id, moved.as_object().cloned().unwrap(), "test", Timestamp::UNIX_EPOCH);
        let mut status = |email: &str| {
            run(&mut world, json!({"action": "updateOnly", "input": [{"email": email}]}))[0]["status"].clone()
        };
        assert_eq!((status("COUNTESS@example.com"), status("ada@example.com")), (json!("updated"), json!("skipped")));
    }

    #[test]
    fn a_bad_record_does_not_hurt_its_neighbours() {
        let mut world = world();
        let results = run(
            &mut world,
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
        assert_eq!(world.leads.by_id.len(), 1);
    }

    #[test]
    fn create_only_and_update_only_keep_their_word() {
        let mut world = world();
        let only = |action: &str| json!({"action": action, "input": [{"email": "ada@example.com"}]});
        assert_eq!(run(&mut world, only("updateOnly"))[0]["reasons"][0]["code"], "1004");
        assert_eq!(run(&mut world, only("createOnly"))[0]["status"], "created");
        assert_eq!(run(&mut world, only("createOnly"))[0]["reasons"][0]["code"], "1005");
        assert_eq!(run(&mut world, only("updateOnly"))[0]["status"], "updated");
    }
}
