//! Changes of program membership: status, member data, removal.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::marketo::api_error::MarketoApiError;
use crate::marketo::subscription::activity::ActivityType;
use crate::marketo::subscription::contents::Subscription;
use crate::marketo::subscription::lead::is_blank;
use crate::marketo::subscription::member::{ChangedBy, Member, StatusChange};

impl Subscription {
    /// Changes the status of a lead in a program; adds the lead to the program if necessary.
    ///
    /// A status can change to one with an equal or higher step only.
    pub fn change_status(
        &mut self,
        program_id: i64,
        lead_id: i64,
        status_name: &str,
        by: ChangedBy,
        now: Timestamp,
    ) -> StatusChange {
        if !self.leads.by_id.contains_key(&lead_id) {
            return StatusChange::Skipped(MarketoApiError::new(1004, "Lead not found"));
        }
        if by == ChangedBy::Api && self.closed_partition.contains(&lead_id) {
            return StatusChange::Skipped(MarketoApiError::new(1008, "Access to partition is denied"));
        }
        let channel = self.programs.get(&program_id).and_then(|program| self.channels.get(&program.channel));
        let Some((channel, status)) = channel.and_then(|c| Some((c, c.status(status_name)?))) else {
            return StatusChange::Skipped(MarketoApiError::new(1025, "Program status not found"));
        };
        let (status, success) = (status.clone(), status.success);
        let before = self.members.get(&(program_id, lead_id));
        let old_name = before.map(|member| member.status_name.clone());
        if let Some(old) = &old_name {
            let old_step = channel.status(old).map_or(0, |status| status.step);
            if old.eq_ignore_ascii_case(&status.name) || status.step < old_step {
                return StatusChange::Skipped(MarketoApiError::new(
                    1037,
                    "Lead skipped, already in or past this status",
                ));
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

    /// Writes all of the values, or none.
    ///
    /// # Errors
    /// Returns 1013 if the lead is not a member, 1006 for an unknown field, 1001 or 1003 for an invalid value.
    pub fn write_member(
        &mut self,
        program_id: i64,
        lead_id: i64,
        values: Map<String, Value>,
        now: Timestamp,
    ) -> Result<(), MarketoApiError> {
        if !self.members.contains_key(&(program_id, lead_id)) {
            return Err(MarketoApiError::new(1013, "Membership not found"));
        }
        for (name, value) in &values {
            self.member_field(name)
                .ok_or_else(|| MarketoApiError::new(1006, format!("Field '{name}' not found")))?
                .accepts(value)?;
        }
        let Some(member) = self.members.get_mut(&(program_id, lead_id)) else {
            return Err(MarketoApiError::new(1013, "Membership not found"));
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

    /// Removes a member.
    ///
    /// # Errors
    /// Returns 1037 if the lead is not a member.
    pub fn remove_member(&mut self, program_id: i64, lead_id: i64, now: Timestamp) -> Result<(), MarketoApiError> {
        let member = self
            .members
            .remove(&(program_id, lead_id))
            .ok_or_else(|| MarketoApiError::new(1037, "Lead not in program"))?;
        let change = json!({"old": member.status_name, "new": "Not in Program", "by": ChangedBy::Api});
        self.log(ActivityType::ChangeProgramStatus, lead_id, Some(program_id), change, now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marketo::subscription::seed::WEBINAR_PROGRAM;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn subscription_with_lead() -> (Subscription, i64) {
        let mut subscription = Subscription::seeded(NOW);
        let values = json!({"email": "ada@example.com"});
        let id = subscription.leads.insert(values.as_object().cloned().unwrap(), NOW);
        (subscription, id)
    }

    fn set(subscription: &mut Subscription, lead: i64, status: &str) -> Result<bool, u16> {
        match subscription.change_status(WEBINAR_PROGRAM, lead, status, ChangedBy::Api, NOW) {
            StatusChange::Created => Ok(true),
            StatusChange::Updated => Ok(false),
            StatusChange::Skipped(refusal) => Err(refusal.code),
        }
    }

    #[test]
    fn status_never_moves_to_a_lower_step() {
        let (mut subscription, lead) = subscription_with_lead();
        assert_eq!(set(&mut subscription, lead, "Pending Approval"), Ok(true));
        assert_eq!(set(&mut subscription, lead, "Registered"), Ok(false));
        assert_eq!(set(&mut subscription, lead, "Registered"), Err(1037));
        assert_eq!(set(&mut subscription, lead, "Invited"), Err(1037));
        assert_eq!(set(&mut subscription, lead, "Registration Error"), Ok(false));
        assert_eq!(set(&mut subscription, lead, "Registered"), Ok(false));
        assert_eq!(set(&mut subscription, lead, "No Show"), Ok(false));
        assert_eq!(set(&mut subscription, lead, "Attended"), Ok(false));
        assert_eq!(set(&mut subscription, lead, "No Show"), Err(1037));
        assert_eq!(set(&mut subscription, lead, "Dancing"), Err(1025));
        assert_eq!(set(&mut subscription, lead, "Not in Program"), Err(1025));
        let changes = subscription.activities.iter().filter(|a| a.type_id == 104).count();
        assert_eq!(changes, 6);
        assert!(subscription.members[&(WEBINAR_PROGRAM, lead)].reached_success);
    }

    #[test]
    fn data_requires_a_member_and_known_fields() {
        let (mut subscription, lead) = subscription_with_lead();
        let data = |body: Value| body.as_object().cloned().unwrap();
        let write =
            |subscription: &mut Subscription, body| subscription.write_member(WEBINAR_PROGRAM, lead, data(body), NOW);
        let link = json!({"webinarUrl": "https://example.com/w?tk=1", "registrationCode": "abc"});
        assert_eq!(write(&mut subscription, link.clone()).unwrap_err().code, 1013);
        set(&mut subscription, lead, "Registered").unwrap();
        write(&mut subscription, link).unwrap();
        assert_eq!(write(&mut subscription, json!({"statusReason": "x"})).unwrap_err().code, 1003);
        assert_eq!(write(&mut subscription, json!({"shoeSize": 4})).unwrap_err().code, 1006);
        let long = json!({"registrationCode": "x".repeat(101)});
        assert_eq!(write(&mut subscription, long).unwrap_err().code, 1003);
        assert_eq!(subscription.members[&(WEBINAR_PROGRAM, lead)].text("registrationCode"), "abc");
    }
}
