//! Reads a program from Marketo and checks that it qualifies (R6).

use domain::lenient::Unreadable;
use domain::records::{LeadPartition, MemberFields, ProgramConnection};
use domain::status::{Channel, Meaning, guess};
use domain::{Error, ErrorCode, Problem, ProgramId};
use marketo_client::programs::{ChannelAsset, Program};
use marketo_client::{MarketoClient, MarketoError};

/// A program that qualifies for a connection.
#[derive(Debug)]
pub(crate) struct QualifiedProgram {
    pub(crate) name: String,
    pub(crate) channel: Channel,
}

/// Reads a program and its channel.
///
/// # Errors
/// `NOT_FOUND` when Marketo has no such program, `PROGRAM_NOT_WEBINAR_CHANNEL` (R6), or Marketo's error.
pub(crate) async fn qualified_program(marketo: &MarketoClient, id: ProgramId) -> Result<QualifiedProgram, Error> {
    let Some(program) = marketo.program(id).await? else {
        let detail = "Marketo has no program with this id; copy the number from the program's address in Marketo.";
        return Err(Problem { code: ErrorCode::NotFound, detail: detail.to_owned() }.into());
    };
    let Some(channel) = &program.channel else {
        return Err(MarketoError::from(Unreadable("channel")).into());
    };
    let channel = marketo.channel(channel).await?;
    Ok(qualify(program, channel)?)
}

/// Checks the type of the program and of its channel (R6). Adobe's documents spell the type of a webinar program in
/// several ways and show no webinar channel, so either of the two is enough (docs/reference/marketo.md).
fn qualify(program: Program, channel: Option<ChannelAsset>) -> Result<QualifiedProgram, ErrorCode> {
    let channel = channel.ok_or(ErrorCode::ProgramNotWebinarChannel)?;
    if !program.is_for_webinars() && !channel.is_for_webinars() {
        return Err(ErrorCode::ProgramNotWebinarChannel);
    }
    Ok(QualifiedProgram { name: program.name, channel: channel.channel() })
}

/// Checks that the API may write the custom member fields that an admin named.
///
/// # Errors
/// `INVALID_FIELD`, which names the fields that cannot be written.
pub(crate) async fn require_writable(marketo: &MarketoClient, fields: &MemberFields) -> Result<(), Error> {
    if fields.is_empty() {
        return Ok(());
    }
    let existing = marketo.member_fields().await?;
    let is_writable = |name: &str| {
        existing.iter().any(|field| field.name == name && field.updateable && !field.is_registration_field())
    };
    let unwritable: Vec<_> = fields.names().filter(|name| !is_writable(name)).collect();
    if unwritable.is_empty() {
        return Ok(());
    }
    Err(unwritable_fields("custom field", &unwritable))
}

/// Returns the error of fields that cannot be written.
pub(crate) fn unwritable_fields(kind: &str, names: &[&str]) -> Error {
    let what = format!("Marketo has no writable {kind} of program members with this API name:");
    Problem::because(ErrorCode::InvalidField, format_args!("{what} {}.", names.join(", "))).into()
}

/// Returns the lead partition with a name; `None` for a blank name, which stands for Marketo's default.
///
/// # Errors
/// `INVALID_REQUEST`, which names the partitions, when Marketo has none of that name.
pub(super) async fn lead_partition(
    marketo: &MarketoClient,
    name: Option<&str>,
) -> Result<Option<LeadPartition>, Error> {
    let Some(name) = name.map(str::trim).filter(|name| !name.is_empty()) else { return Ok(None) };
    let partitions = marketo.lead_partitions().await?;
    if let Some(found) = partitions.iter().find(|partition| partition.name.eq_ignore_ascii_case(name)) {
        return Ok(Some(found.clone()));
    }
    let names: Vec<_> = partitions.iter().map(|partition| partition.name.as_str()).collect();
    let detail = format!("The field lead_partition is the name of a lead partition in Marketo: {}.", names.join(", "));
    Err(Problem { code: ErrorCode::InvalidRequest, detail }.into())
}

/// The name of a status that webinar channels have and that the application never sets.
const WAIT_LISTED: &str = "Wait Listed";

/// Returns the usual names of the statuses that a webinar channel should have and that this one lacks, the most important
/// first. The program can be connected all the same, if only there is one for registered.
pub(crate) fn missing_statuses(connection: &ProgramConnection) -> Vec<&'static str> {
    use Meaning::{Attended, AttendedOnDemand, Denied, NoShow, Pending, Registered, RegistrationError};
    let missing = |meanings: &[Meaning]| {
        let missing = meanings.iter().filter(|&&meaning| connection.status_for(meaning).is_none());
        missing.map(|meaning| meaning.default_name()).collect::<Vec<_>>()
    };
    let mut names = missing(&[Registered, Attended, NoShow, RegistrationError, Pending]);
    if !connection.channel.statuses.iter().any(|status| guess::is_wait_list(&status.name)) {
        names.push(WAIT_LISTED);
    }
    names.extend(missing(&[Denied, AttendedOnDemand]));
    names
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
            let outcome = qualify(program, Some(channel)).map(|qualified| qualified.name);
            assert_eq!(
                outcome,
                if qualifies { Ok("P".to_owned()) } else { Err(ErrorCode::ProgramNotWebinarChannel) },
                "{kind}"
            );
        }
    }

    #[test]
    fn missing_statuses_are_found_despite_variant_spellings() {
        let connection = domain::testing::connection(&[
            ("registered", 20),
            ("No-Show", 30),
            ("WAIT-LISTED", 10),
            ("attended on-demand", 40),
        ]);
        let missing = missing_statuses(&connection);
        assert_eq!(missing, ["Attended", "Registration Error", "Pending Approval", "Rejected"]);
    }
}
