//! Minutes, first join and last leave, in the custom fields of program members that the admin named.

use crate::store::checkpoint::LeadPresence;
use domain::records::MemberFields;
use domain::time::Timestamp;
use domain::{Error, ProgramId};
use marketo_client::members::{CustomFields, MemberOutcome};
use marketo_client::{MarketoClient, MarketoCode, MarketoError};
use serde_json::{Map, Value};

/// The result of writing the fields of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldsWritten {
    /// Written, except those of this number of members.
    Except(usize),
    /// Marketo refused the whole call, since a field was renamed or deleted. Statuses go on.
    Refused(MarketoCode),
}

/// Writes the fields of at most a batch of members; absentees have none.
pub(super) async fn write(
    marketo: &MarketoClient,
    program: ProgramId,
    named: &MemberFields,
    leads: &[LeadPresence],
) -> Result<FieldsWritten, Error> {
    let members: Vec<_> = leads.iter().filter_map(|lead| custom_fields(named, lead)).collect();
    let outcomes = match marketo.set_custom_fields(program, &members).await {
        Ok(outcomes) => outcomes,
        Err(MarketoError::Api(code)) => {
            platform::log!(Warn, "member.fields_refused", program = program, code = code);
            return Ok(FieldsWritten::Refused(code));
        }
        Err(error) => return Err(error.into()),
    };
    let mut rejected = 0;
    for (member, outcome) in members.iter().zip(outcomes) {
        if let MemberOutcome::Skipped(code) = outcome {
            rejected += 1;
            platform::log!(Warn, "member.set_fields_failed", program = program, lead = member.lead_id, code = code);
        }
    }
    Ok(FieldsWritten::Except(rejected))
}

fn custom_fields(named: &MemberFields, lead: &LeadPresence) -> Option<CustomFields> {
    // An attendee whose rows have no times has no fields to write.
    let presence = lead.presence.filter(|presence| presence.from > 0)?;
    let time = |second: i64| Timestamp::from_second(second).map_or(Value::Null, |at| Value::from(at.to_string()));
    let fields = [
        (&named.minutes, Value::from(presence.seconds / 60)),
        (&named.first_join, time(presence.from)),
        (&named.last_leave, time(presence.to)),
    ];
    let fields: Map<_, _> = fields.into_iter().filter_map(|(name, value)| Some((name.clone()?, value))).collect();
    Some(CustomFields { lead_id: lead.lead, fields })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::person::Presence;

    #[test]
    fn only_the_named_fields_are_written() {
        let presence = Some(Presence { from: 1_793_610_000, to: 1_793_613_600, seconds: 3_599 });
        let lead_presence = LeadPresence { lead: 7.into(), presence };
        let named = MemberFields { minutes: Some("zoomMinutes".into()), ..MemberFields::default() };
        let fields = custom_fields(&named, &lead_presence).unwrap();
        assert_eq!(serde_json::to_string(&fields).unwrap(), r#"{"leadId":7,"zoomMinutes":59}"#);
        let named = MemberFields {
            first_join: Some("joined".into()),
            last_leave: Some("left".into()),
            ..MemberFields::default()
        };
        let fields = super::custom_fields(&named, &lead_presence).unwrap();
        assert_eq!(fields.fields["joined"], "2026-11-02T09:00:00Z");
        assert_eq!(fields.fields["left"], "2026-11-02T10:00:00Z");
        assert!(super::custom_fields(&named, &LeadPresence { presence: None, ..lead_presence }).is_none());
    }
}
