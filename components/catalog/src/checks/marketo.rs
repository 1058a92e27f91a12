//! Checks of Marketo: the API user's permissions, the channel's steps, the member fields.

use super::report::{Check, CheckName};
use crate::connections::{qualification, statuses, steps};
use crate::state::AppState;
use domain::Error;
use domain::records::ProgramConnection;
use domain::time::Timestamp;
use futures::future::join;
use marketo_client::MarketoClient;

pub(super) async fn run(state: &AppState, connection: &ProgramConnection, deadline: Timestamp) -> Vec<Check> {
    let marketo = state.marketo(deadline);
    let (program, fields) =
        join(qualification::qualified_program(&marketo, connection.program), fields(&marketo, connection)).await;
    let fields = match fields {
        Ok(detail) => CheckName::MemberFields.passed(detail),
        Err(error) => CheckName::MemberFields.failed(error.problem()),
    };
    match program {
        Ok(program) => {
            let now = ProgramConnection { channel: program.channel, ..connection.clone() };
            let access = CheckName::MarketoAccess.passed("The API user reads the program and its channel.");
            vec![access, channel(&now), fields]
        }
        Err(error) => vec![
            CheckName::MarketoAccess.failed(error.problem()),
            CheckName::ChannelSteps.unknown("The channel could not be read."),
            fields,
        ],
    }
}

fn channel(connection: &ProgramConnection) -> Check {
    let name = CheckName::ChannelSteps;
    if let Some(problem) = statuses::problem(connection) {
        return name.failed(problem);
    }
    let warnings = steps::warnings(connection);
    if warnings.is_empty() {
        return name.passed(format!("The steps of the channel {} allow every change.", connection.channel.name));
    }
    name.warning(warnings.join(" "))
}

/// Returns what is known of the member fields. Webinar URL and registration code are fields of every program member.
async fn fields(marketo: &MarketoClient, connection: &ProgramConnection) -> Result<String, Error> {
    let existing = marketo.member_fields().await?;
    let missing: Vec<_> = ["webinarUrl", "registrationCode"]
        .into_iter()
        .filter(|name| !existing.iter().any(|field| field.name == *name && field.updateable))
        .collect();
    if !missing.is_empty() {
        return Err(qualification::unwritable_fields("field", &missing));
    }
    qualification::require_writable(marketo, &connection.member_fields).await?;
    let chosen: Vec<_> = connection.member_fields.names().collect();
    Ok(if chosen.is_empty() {
        "Link and registration code can be written. No field is chosen for attendance.".to_owned()
    } else {
        format!("Link, registration code and {} can be written.", chosen.join(", "))
    })
}
