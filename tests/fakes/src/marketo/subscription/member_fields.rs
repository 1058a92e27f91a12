//! The fields of program members and their values.

use serde_json::{Value, json};

use crate::marketo::subscription::contents::Subscription;
use crate::marketo::subscription::field::{Field, FieldType};
use crate::marketo::subscription::lead::whole_seconds;
use crate::marketo::subscription::member::Member;

/// Standard fields that the API cannot write.
const READ_ONLY: [(&str, FieldType); 16] = [
    ("acquiredBy", FieldType::Boolean),
    ("attendanceLikelihood", FieldType::Integer),
    ("createdAt", FieldType::Datetime),
    ("isExhausted", FieldType::Boolean),
    ("leadId", FieldType::Integer),
    ("membershipDate", FieldType::Datetime),
    ("nurtureCadence", FieldType::String),
    ("program", FieldType::String),
    ("programId", FieldType::Integer),
    ("reachedSuccess", FieldType::Boolean),
    ("reachedSuccessDate", FieldType::Datetime),
    ("registrationLikelihood", FieldType::Integer),
    ("statusName", FieldType::String),
    ("statusReason", FieldType::String),
    ("trackName", FieldType::String),
    ("waitlistPriority", FieldType::Integer),
];

/// Standard fields that the API can write, with their lengths.
const WRITABLE: [(&str, usize); 2] = [("registrationCode", 100), ("webinarUrl", 2_000)];

impl Subscription {
    /// Returns the definition of a standard or custom field.
    pub(crate) fn member_field(&self, name: &str) -> Option<Field> {
        self.all_member_fields().into_iter().find(|field| field.name == name)
    }

    /// Returns every field of program members.
    pub(crate) fn all_member_fields(&self) -> Vec<Field> {
        let read_only = READ_ONLY.map(|(name, data_type)| Field::new(name, data_type).read_only());
        let updated_at = Field::new("updatedAt", FieldType::Datetime).read_only();
        let writable = WRITABLE.map(|(name, length)| Field::new(name, FieldType::String).with_length(length));
        read_only.into_iter().chain([updated_at]).chain(writable).chain(self.member_fields.iter().cloned()).collect()
    }

    /// Returns the value of a member's field as a query shows it.
    pub(crate) fn member_value(&self, member: &Member, field: &str) -> Value {
        match field {
            "acquiredBy" | "isExhausted" => json!(false),
            "createdAt" | "membershipDate" => json!(whole_seconds(member.membership_date)),
            "leadId" => json!(member.lead_id),
            "program" => json!(self.programs.get(&member.program_id).map(|program| &program.name)),
            "programId" => json!(member.program_id),
            "reachedSuccess" => json!(member.reached_success),
            "reachedSuccessDate" => json!(member.reached_success_date.map(whole_seconds)),
            "statusName" => json!(member.status_name),
            "updatedAt" => json!(whole_seconds(member.updated_at)),
            other => member.data.get(other).cloned().unwrap_or(Value::Null),
        }
    }
}
