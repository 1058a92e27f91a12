//! Everything a subscription holds, for a person to read.

use serde_json::{Value, json};

use super::World;

impl World {
    /// The contents as JSON, lists in order of their ids or times.
    pub fn snapshot(&self) -> Value {
        let leads: Vec<Value> = self
            .leads
            .by_id
            .values()
            .map(|lead| json!({"id": lead.id, "createdAt": lead.created_at, "updatedAt": lead.updated_at, "fields": lead.fields}))
            .collect();
        json!({
            "leads": leads,
            "channels": self.channels.values().collect::<Vec<_>>(),
            "programs": self.programs.values().collect::<Vec<_>>(),
            "members": self.members.values().collect::<Vec<_>>(),
            "memberFields": self.member_fields,
            "activities": self.activities,
            "emails": self.emails,
            "violations": self.violations,
        })
    }
}
