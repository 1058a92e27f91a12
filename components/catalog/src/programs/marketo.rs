//! What Marketo tells of a program, and whether it qualifies (R6).

use domain::records::MemberFields;
use domain::status::{Channel, Known};
use domain::{Code, Error, Problem, ProgramId};
use marketo_client::Marketo;
use marketo_client::programs::{ChannelAsset, Program};

/// A program that may be connected.
#[derive(Debug)]
pub(super) struct Qualified {
    /// Its name.
    pub(super) name: String,
    /// Its channel.
    pub(super) channel: Channel,
}

/// The statuses of a webinar channel, those that we need most first. Without one of them connecting works; what is
/// missing is said.
const EXPECTED: [Known; 8] = [
    Known::Registered,
    Known::Attended,
    Known::NoShow,
    Known::RegistrationError,
    Known::PendingApproval,
    Known::WaitListed,
    Known::Rejected,
    Known::AttendedOnDemand,
];

/// Reads a program and its channel.
///
/// # Errors
/// `NOT_FOUND` where Marketo has no such program, `PROGRAM_NOT_WEBINAR_CHANNEL` (R6), or Marketo's own.
pub(super) async fn read(marketo: &Marketo, id: ProgramId) -> Result<Qualified, Error> {
    let Some(program) = marketo.program(id).await? else {
        let detail = "Marketo has no program with this id; take the number from the program's address in Marketo.";
        return Err(Problem { code: Code::NotFound, detail: detail.to_owned() }.into());
    };
    let channel = marketo.channel(&program.channel).await?;
    Ok(qualify(program, channel)?)
}

/// R6. Adobe's documents spell the type of a webinar program in several ways and show no webinar channel, so either
/// of the two saying so is enough (marketo.md 3.5).
fn qualify(program: Program, channel: Option<ChannelAsset>) -> Result<Qualified, Code> {
    let channel = channel.ok_or(Code::ProgramNotWebinarChannel)?;
    if !program.is_for_webinars() && !channel.is_for_webinars() {
        return Err(Code::ProgramNotWebinarChannel);
    }
    Ok(Qualified { name: program.name, channel: channel.channel() })
}

/// Whether Marketo lets the API write the custom fields that an admin named.
///
/// # Errors
/// `INVALID_FIELD`, which names the fields that cannot be written.
pub(super) async fn must_be_writable(marketo: &Marketo, fields: &MemberFields) -> Result<(), Error> {
    if fields.is_empty() {
        return Ok(());
    }
    let there = marketo.member_fields().await?;
    let is_writable = |name: &str| there.iter().any(|field| field.name == name && field.updateable && !field.is_ours());
    let lacking: Vec<_> = fields.names().filter(|name| !is_writable(name)).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let what = "Marketo has no custom field of program members with this API name that can be written:";
    Err(Problem::because(Code::InvalidField, format_args!("{what} {}.", lacking.join(", "))).into())
}

/// Which statuses a channel lacks.
pub(super) fn missing_statuses(channel: &Channel) -> Vec<&'static str> {
    EXPECTED.into_iter().filter(|&known| channel.find(known).is_none()).map(Known::usual_name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn r6_a_program_qualifies_by_its_type_or_its_channel() {
        for (kind, applicable, qualifies) in [
            ("Event with Webinar", "event", true),
            ("webinar", "program", true),
            ("Event", "Webinar", true),
            (" WEBINAR ", "", true),
            ("Event", "event", false),
            ("Default", "program", false),
            ("", "", false),
        ] {
            let program = serde_json::from_value(json!({"id": 1, "name": "P", "type": kind})).unwrap();
            let channel = serde_json::from_value(json!({"name": "C", "applicableProgramType": applicable})).unwrap();
            let got = qualify(program, Some(channel)).map(|qualified| qualified.name);
            assert_eq!(got, if qualifies { Ok("P".to_owned()) } else { Err(Code::ProgramNotWebinarChannel) }, "{kind}");
        }
    }

    #[test]
    fn missing_statuses_are_named_whatever_the_spelling_of_the_others() {
        let channel: ChannelAsset = serde_json::from_value(json!({
            "name": "Webinar",
            "progressionStatuses": [
                {"name": "registered", "step": 20}, {"name": "No-Show", "step": 30}, {"name": "WAIT-LISTED", "step": 10},
                {"name": "attended on-demand", "step": 40},
            ],
        }))
        .unwrap();
        assert_eq!(
            missing_statuses(&channel.channel()),
            ["Attended", "Registration Error", "Pending Approval", "Rejected"]
        );
    }
}
