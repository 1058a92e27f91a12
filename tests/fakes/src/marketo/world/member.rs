//! Program membership: one lead in one program, its status and its data.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::World;
use super::activity::ActivityType;
use super::lead::is_blank;
use crate::marketo::refusal::Refusal;

/// A lead's membership of a program.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// The membership's own number.
    pub id: i64,
    /// The program.
    pub program_id: i64,
    /// The lead.
    pub lead_id: i64,
    /// Its progression status.
    pub status_name: String,
    /// When the lead became a member.
    pub membership_date: Timestamp,
    /// Whether it ever had a status that counts as success.
    pub reached_success: bool,
    /// Since when.
    pub reached_success_date: Option<Timestamp>,
    /// What the API wrote: `registrationCode`, `webinarUrl`, custom fields.
    pub data: BTreeMap<String, Value>,
    /// When anything last changed.
    pub updated_at: Timestamp,
}

impl Member {
    /// A text of the member's data, empty when never set.
    pub fn text(&self, field: &str) -> &str {
        self.data.get(field).and_then(Value::as_str).unwrap_or_default()
    }
}

/// Who changed a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ChangedBy {
    /// The REST API.
    Api,
    /// The flow step Change Program Status of a smart campaign.
    FlowStep,
    /// Whoever set the scene.
    Seed,
}

/// What became of a request to change a member's status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatusChange {
    /// The lead was no member and is one now.
    Created,
    /// The status moved on.
    Updated,
    /// Nothing changed.
    Skipped(Refusal),
}

impl World {
    /// Moves a lead to a status of the program's channel, making it a member first if need be.
    ///
    /// The status moves to an equal or a higher step only: statuses of the same step may be changed back and forth.
    pub fn change_status(
        &mut self,
        program_id: i64,
        lead_id: i64,
        status_name: &str,
        by: ChangedBy,
        now: Timestamp,
    ) -> StatusChange {
        if !self.leads.by_id.contains_key(&lead_id) {
            return StatusChange::Skipped(Refusal::new(1004, "Lead not found"));
        }
        let channel = self.programs.get(&program_id).and_then(|program| self.channels.get(&program.channel));
        let Some((channel, status)) = channel.and_then(|c| Some((c, c.status(status_name)?))) else {
            return StatusChange::Skipped(Refusal::new(1025, "Program status not found"));
        };
        let (status, success) = (status.clone(), status.success);
        let before = self.members.get(&(program_id, lead_id));
        let old_name = before.map(|member| member.status_name.clone());
        if let Some(old) = &old_name {
            let old_step = channel.status(old).map_or(0, |status| status.step);
            if old.eq_ignore_ascii_case(&status.name) || status.step < old_step {
                return StatusChange::Skipped(Refusal::new(1037, "Lead skipped, already in or past this status"));
            }
        }
        let id = match before {
            Some(member) => member.id,
            None => self.next_id(),
        };
        let member = self.members.entry((program_id, lead_id)).or_insert_with(|| Member {
            id,
            program_id,
            lead_id,
            status_name: String::new(),
            membership_date: now,
            reached_success: false,
            reached_success_date: None,
            data: BTreeMap::new(),
            updated_at: now,
        });
        member.status_name.clone_from(&status.name);
        member.updated_at = now;
        if success && !member.reached_success {
            member.reached_success = true;
            member.reached_success_date = Some(now);
        }
        let change = json!({"old": old_name, "new": status.name, "by": by});
        self.log(ActivityType::ChangeProgramStatus, lead_id, Some(program_id), change, now);
        if old_name.is_some() { StatusChange::Updated } else { StatusChange::Created }
    }

    /// Writes data of a member: all of the values, or none.
    ///
    /// # Errors
    /// 1013 when the lead is no member, 1006 for an unknown field, 1001 or 1003 for a value that does not fit.
    pub fn write_member(
        &mut self,
        program_id: i64,
        lead_id: i64,
        values: Map<String, Value>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if !self.members.contains_key(&(program_id, lead_id)) {
            return Err(Refusal::new(1013, "Membership not found"));
        }
        for (name, value) in &values {
            self.member_field(name)
                .ok_or_else(|| Refusal::new(1006, format!("Field '{name}' not found")))?
                .accepts(value)?;
        }
        let Some(member) = self.members.get_mut(&(program_id, lead_id)) else {
            return Err(Refusal::new(1013, "Membership not found"));
        };
        let mut changes = Vec::new();
        for (name, value) in values {
            let value = if is_blank(&value) { Value::Null } else { value };
            let before = member.data.insert(name.clone(), value.clone()).unwrap_or(Value::Null);
            if before != value {
                changes.push(json!({"field": name, "old": before, "new": value}));
            }
        }
        if !changes.is_empty() {
            member.updated_at = now;
        }
        for change in changes {
            self.log(ActivityType::ChangeProgramMemberData, lead_id, Some(program_id), change, now);
        }
        Ok(())
    }

    /// Ends a membership.
    ///
    /// # Errors
    /// 1037 when the lead is no member.
    pub fn remove_member(&mut self, program_id: i64, lead_id: i64, now: Timestamp) -> Result<(), Refusal> {
        let member =
            self.members.remove(&(program_id, lead_id)).ok_or_else(|| Refusal::new(1037, "Lead not in program"))?;
        let change = json!({"old": member.status_name, "new": "Not in Program", "by": ChangedBy::Api});
        self.log(ActivityType::ChangeProgramStatus, lead_id, Some(program_id), change, now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marketo::world::WEBINAR_PROGRAM;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn world_with_lead() -> (World, i64) {
        let mut world = World::seeded(NOW);
        let values = json!({"email": "ada@example.com"});
        let id = world.leads.insert(values.as_object().cloned().unwrap(), NOW);
        (world, id)
    }

    fn set(world: &mut World, lead: i64, status: &str) -> Result<bool, u16> {
        match world.change_status(WEBINAR_PROGRAM, lead, status, ChangedBy::Api, NOW) {
            StatusChange::Created => Ok(true),
            StatusChange::Updated => Ok(false),
            StatusChange::Skipped(refusal) => Err(refusal.code),
        }
    }

    #[test]
    fn a_status_moves_forward_or_sideways_only() {
        let (mut world, lead) = world_with_lead();
        assert_eq!(set(&mut world, lead, "Pending Approval"), Ok(true));
        assert_eq!(set(&mut world, lead, "Registered"), Ok(false));
        assert_eq!(set(&mut world, lead, "Registered"), Err(1037));
        assert_eq!(set(&mut world, lead, "Invited"), Err(1037));
        assert_eq!(set(&mut world, lead, "Registration Error"), Ok(false));
        assert_eq!(set(&mut world, lead, "Registered"), Ok(false));
        assert_eq!(set(&mut world, lead, "No Show"), Ok(false));
        assert_eq!(set(&mut world, lead, "Attended"), Ok(false));
        assert_eq!(set(&mut world, lead, "No Show"), Err(1037));
        assert_eq!(set(&mut world, lead, "Dancing"), Err(1025));
        assert_eq!(set(&mut world, lead, "Not in Program"), Err(1025));
        let changes = world.activities.iter().filter(|a| a.type_id == 104).count();
        assert_eq!(changes, 6);
        assert!(world.members[&(WEBINAR_PROGRAM, lead)].reached_success);
    }

    #[test]
    fn data_needs_a_member_and_known_fields() {
        let (mut world, lead) = world_with_lead();
        let data = |body: Value| body.as_object().cloned().unwrap();
        let write = |world: &mut World, body| world.write_member(WEBINAR_PROGRAM, lead, data(body), NOW);
        let link = json!({"webinarUrl": "https://example.com/w?tk=1", "registrationCode": "abc"});
        assert_eq!(write(&mut world, link.clone()).unwrap_err().code, 1013);
        set(&mut world, lead, "Registered").unwrap();
        write(&mut world, link).unwrap();
        assert_eq!(write(&mut world, json!({"statusReason": "x"})).unwrap_err().code, 1003);
        assert_eq!(write(&mut world, json!({"shoeSize": 4})).unwrap_err().code, 1006);
        let long = json!({"registrationCode": "x".repeat(101)});
        assert_eq!(write(&mut world, long).unwrap_err().code, 1003);
        assert_eq!(world.members[&(WEBINAR_PROGRAM, lead)].text("registrationCode"), "abc");
    }
}
