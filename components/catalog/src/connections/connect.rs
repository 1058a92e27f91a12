//! Connects a program to a webinar.

use super::statuses::{self, StatusChoices};
use super::{qualification, refresh};
use crate::state::AppState;
use crate::webinars::{details, eligibility};
use crate::zoom_errors;
use domain::records::{DEFAULT_NO_SHOW_AFTER_MINUTES, MemberFields, ProgramConnection, Record};
use domain::status::Channel;
use domain::{Error, ErrorCode, Problem, ProgramId, ServiceId, WebinarId};
use futures::future::join;
use platform::services;
use serde::Deserialize;

/// Body of `PUT /catalog/programs/{program_id}`.
#[derive(Deserialize)]
pub(crate) struct ConnectRequest {
    service: String,
    webinar: WebinarId,
    /// The custom member fields that receive attendance. When absent, those of the existing connection stay.
    #[serde(default)]
    member_fields: Option<MemberFields>,
    /// What statuses of the channel mean. What is left out stays as it was chosen, or is guessed.
    #[serde(default)]
    statuses: StatusChoices,
}

/// What became of a request to connect a program.
pub(crate) enum ConnectOutcome {
    /// The program is connected. If it was connected to another webinar, that is the second value.
    Connected(Box<ProgramConnection>, Option<WebinarId>),
    /// No status of the channel is known to mean registered, so the admin has to choose one (R21). Nothing has changed.
    RegisteredUnknown(Problem, Channel),
}

/// Connects a program to a webinar. Connecting it to the same webinar again keeps the connection and refreshes
/// everything.
///
/// # Errors
/// The reason why the service, the program or the webinar cannot be used; then nothing has changed.
pub(crate) async fn connect(
    state: &AppState,
    program: ProgramId,
    request: &ConnectRequest,
) -> Result<ConnectOutcome, Error> {
    let connections = state.ports.connections();
    let deadline = state.deadline();
    let id = ServiceId::parse(&request.service).ok_or(ErrorCode::ServiceNotFound)?;
    let service = services::usable(state.ports.store(), &id).await?;
    let client = state.marketo(deadline);
    let (qualified, webinar) =
        join(qualification::qualified_program(&client, program), details::fetch(state, &id, request.webinar, deadline))
            .await;
    let qualified = qualified?;
    if let Some(fields) = &request.member_fields {
        qualification::require_writable(&client, fields).await?;
    }
    let now = state.now();
    let webinar = webinar.map_err(zoom_errors::reading_webinar)?;
    let snapshot = eligibility::connectable_snapshot(&service, &webinar, now)?;

    let existing = connections.find(program).await?;
    let chosen = existing.as_ref().map(|existing| existing.statuses.clone()).unwrap_or_default();
    let statuses = request.statuses.apply(&chosen, &qualified.channel)?;
    if let Some(problem) = statuses::registered_unknown(&statuses, &qualified.channel) {
        return Ok(ConnectOutcome::RegisteredUnknown(problem, qualified.channel));
    }
    let replaced = existing.as_ref().map(|existing| existing.snapshot.id).filter(|&old| old != snapshot.id);
    let mut connection = match existing {
        Some(mut same) if same.snapshot.id == snapshot.id && same.service == id => {
            same.update_snapshot(snapshot, now);
            same
        }
        other => ProgramConnection {
            v: ProgramConnection::VERSION,
            program,
            program_name: String::new(),
            service: id,
            account_id: None,
            snapshot,
            channel: qualified.channel.clone(),
            statuses: statuses.clone(),
            channel_read_at: Some(now),
            connected_at: now,
            refreshed_at: now,
            problem: None,
            previous_starts: Vec::new(),
            my_tokens_stale: true,
            no_show_after_minutes: other
                .as_ref()
                .map_or(DEFAULT_NO_SHOW_AFTER_MINUTES, |other| other.no_show_after_minutes),
            automatic: other.as_ref().is_none_or(|other| other.automatic),
            copy_zoom_registrations: other.as_ref().is_some_and(|other| other.copy_zoom_registrations),
            live: other.as_ref().is_some_and(|other| other.live),
            lead_partition: other.as_ref().and_then(|other| other.lead_partition.clone()),
            member_fields: other.map(|other| other.member_fields).unwrap_or_default(),
        },
    };
    connection.account_id = Some(service.account_id);
    connection.program_name = qualified.name;
    connection.statuses = statuses;
    connection.channel = qualified.channel;
    connection.channel_read_at = Some(now);
    connection.problem = None;
    connection.my_tokens_stale = true;
    if let Some(fields) = &request.member_fields {
        connection.member_fields = fields.clone();
    }
    connections.add(&connection).await?;
    refresh::write_my_tokens(state, &mut connection, deadline).await?;
    Ok(ConnectOutcome::Connected(Box::new(connection), replaced))
}
