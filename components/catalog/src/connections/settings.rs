//! Changes what an admin can set of a connection.

use super::qualification;
use super::statuses::StatusChoices;
use crate::state::AppState;
use domain::records::{MemberFields, ProgramConnection};
use domain::{Error, ErrorCode, Problem, ProgramId};
use serde::{Deserialize, Deserializer};

/// Body of `PUT /catalog/programs/{program_id}/settings`. An absent setting stays as it is.
#[derive(Deserialize)]
pub(crate) struct SettingsRequest {
    #[serde(default)]
    statuses: StatusChoices,
    #[serde(default)]
    member_fields: Option<MemberFields>,
    #[serde(default)]
    no_show_after_minutes: Option<u32>,
    #[serde(default)]
    automatic: Option<bool>,
    #[serde(default)]
    copy_zoom_registrations: Option<bool>,
    #[serde(default)]
    live: Option<bool>,
    /// The name of a lead partition, or null for Marketo's default.
    #[serde(default, deserialize_with = "present")]
    lead_partition: Option<Option<String>>,
}

/// Reads a value that is there, even if it is null.
fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(value).map(Some)
}

/// Maximum of the setting `no_show_after_minutes`: a day, since the report is read once more after 24 hours.
const MAX_NO_SHOW_AFTER_MINUTES: u32 = 24 * 60;

/// Changes the settings of a connection. Returns the changed one; `None` if the program is not connected.
///
/// # Errors
/// What is wrong with a setting; then none is changed.
pub(crate) async fn change(
    state: &AppState,
    program: ProgramId,
    request: SettingsRequest,
) -> Result<Option<ProgramConnection>, Error> {
    let connections = state.ports.connections();
    let Some(connection) = connections.find(program).await? else { return Ok(None) };
    if request.no_show_after_minutes.is_some_and(|minutes| minutes > MAX_NO_SHOW_AFTER_MINUTES) {
        let detail = "The field no_show_after_minutes is at most 1440, which is a day.".to_owned();
        return Err(Problem { code: ErrorCode::InvalidRequest, detail }.into());
    }
    let marketo = state.marketo(state.deadline());
    if let Some(fields) = &request.member_fields {
        qualification::require_writable(&marketo, fields).await?;
    }
    let lead_partition = match &request.lead_partition {
        None => None,
        Some(name) => Some(qualification::lead_partition(&marketo, name.as_deref()).await?),
    };
    let mut fresh_channel = None;
    if let Err(problem) = request.statuses.apply(&connection.statuses, &connection.channel) {
        // The status may be new in Marketo.
        let Ok(fresh) = qualification::qualified_program(&marketo, program).await else { return Err(problem.into()) };
        request.statuses.apply(&connection.statuses, &fresh.channel)?;
        fresh_channel = Some((fresh.channel, state.now()));
    }
    let changed = connections.change_settings(program, |connection| {
        if let Some((channel, now)) = fresh_channel {
            (connection.channel, connection.channel_read_at) = (channel, Some(now));
        }
        // The choices were checked against this channel, unless a refresh has replaced it since: then they are dropped, and
        // the answer shows so.
        if let Ok(statuses) = request.statuses.apply(&connection.statuses, &connection.channel) {
            connection.statuses = statuses;
        }
        if let Some(fields) = request.member_fields {
            connection.member_fields = fields;
        }
        if let Some(minutes) = request.no_show_after_minutes {
            connection.no_show_after_minutes = minutes;
        }
        connection.automatic = request.automatic.unwrap_or(connection.automatic);
        let copies = request.copy_zoom_registrations.unwrap_or(connection.copy_zoom_registrations);
        connection.copy_zoom_registrations = copies;
        connection.live = request.live.unwrap_or(connection.live);
        if let Some(partition) = lead_partition {
            connection.lead_partition = partition;
        }
    });
    changed.await
}
