//! Minutes, first join and last leave, into the custom fields of program members that the admin named.

use crate::sheets::Tied;
use domain::records::MemberFields;
use domain::time::Timestamp;
use domain::{Error, ProgramId};
use marketo_client::Marketo;
use marketo_client::members::{CustomFields, MemberOutcome};
use serde_json::{Map, Value};

/// Writes them for at most a batch of members; returns how many Marketo did not take. Who was not there has none.
pub(super) async fn write(
    marketo: &Marketo,
    program: ProgramId,
    named: &MemberFields,
    leads: &[Tied],
) -> Result<usize, Error> {
    let members: Vec<_> = leads.iter().filter_map(|tied| fields(named, tied)).collect();
    let mut refused = 0;
    for (member, outcome) in members.iter().zip(marketo.set_custom_fields(program, &members).await?) {
        if let MemberOutcome::Skipped(code) = outcome {
            refused += 1;
            platform::log!("attendance.fields_refused", program = program, lead = member.lead_id, code = code);
        }
    }
    Ok(refused)
}

fn fields(named: &MemberFields, tied: &Tied) -> Option<CustomFields> {
    // Of who was there without times nothing is to be told.
    let presence = tied.presence.filter(|presence| presence.from > 0)?;
    let time = |second: i64| Value::from(Timestamp::from_second(second).to_string());
    let fields = [
        (&named.minutes, Value::from(presence.seconds / 60)),
        (&named.first_join, time(presence.from)),
        (&named.last_leave, time(presence.to)),
    ];
    let fields: Map<_, _> = fields.into_iter().filter_map(|(name, value)| Some((name.clone()?, value))).collect();
    Some(CustomFields { lead_id: tied.lead, fields })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::Presence;

    #[test]
    fn only_what_was_named_is_written() {
        let presence = Some(Presence { from: 1_793_610_000, to: 1_793_613_600, seconds: 3_599 });
        let tied = Tied { lead: 7.into(), presence };
        let named = MemberFields { minutes: Some("zoomMinutes".into()), ..MemberFields::default() };
        let fields = fields(&named, &tied).unwrap();
        assert_eq!(serde_json::to_string(&fields).unwrap(), r#"{"leadId":"7","zoomMinutes":59}"#);
        let named = MemberFields {
            first_join: Some("joined".into()),
            last_leave: Some("left".into()),
            ..MemberFields::default()
        };
        let fields = super::fields(&named, &tied).unwrap();
        assert_eq!(fields.fields["joined"], "2026-11-02T09:00:00Z");
        assert_eq!(fields.fields["left"], "2026-11-02T10:00:00Z");
        assert!(super::fields(&named, &Tied { presence: None, ..tied }).is_none());
    }
}
