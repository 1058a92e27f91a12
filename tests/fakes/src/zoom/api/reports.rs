//! Reports, which require admin scopes.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::zoom::api::call::{Call, CallResult};
use crate::zoom::api::past_webinars::{add_registrant_id, ended_session, participant_row, reported};
use crate::zoom::api_error::ZoomApiError;
use crate::zoom::format::zoom_time;
use crate::zoom::state::accounts::User;
use crate::zoom::state::session::Session;

/// How long Zoom keeps reports: six months.
const RETENTION: SignedDuration = SignedDuration::from_hours(183 * 24);

/// `GET /report/webinars/{id or UUID}`.
pub(super) fn detail(call: &mut Call<'_>) -> CallResult {
    let (webinar, session) = ended_session(call, 2)?;
    require_retained(call, session)?;
    let (rows, complete) = reported(call, 2)?;
    let host = call.state.user(&webinar.host_id);
    let total: i64 = if complete { rows.iter().map(|row| row.seconds()).sum() } else { 0 };
    Ok((
        200,
        json!({
            "uuid": session.uuid,
            "id": webinar.id,
            "type": webinar.kind,
            "topic": webinar.topic,
            "start_time": zoom_time(session.start),
            "end_time": session.end.map(zoom_time),
            "duration": session.length().as_mins(),
            "participants_count": rows.len(),
            "total_minutes": total / 60,
            "user_name": host.map(User::display_name),
            "user_email": host.map(|host| &host.email),
        }),
    ))
}

/// `GET /report/webinars/{id or UUID}/participants`: one row per stay.
pub(super) fn participants(call: &mut Call<'_>) -> CallResult {
    let (_, session) = ended_session(call, 2)?;
    require_retained(call, session)?;
    let with_registrant = match call.query.get("include_fields").map(String::as_str) {
        None | Some("") => false,
        Some("registrant_id") => true,
        Some(_) => return Err(ZoomApiError::field("include_fields", "Invalid field.")),
    };
    let (rows, _) = reported(call, 2)?;
    let page = call.page(rows.len())?;
    let (rows, complete) = reported(call, 2)?;
    let items: Vec<Value> = page
        .slice(rows.into_iter())
        .map(|row| {
            let mut item = participant_row(row, complete);
            item["participant_user_id"] = row.participant_user_id.clone().into();
            item["customer_key"] = "".into();
            item["bo_mtg_id"] = "".into();
            if with_registrant {
                add_registrant_id(&mut item, row);
            }
            item
        })
        .collect();
    Ok((200, page.envelope("participants", items)))
}

fn require_retained(call: &Call<'_>, session: &Session) -> Result<(), ZoomApiError> {
    if call.now.duration_since(session.start) > RETENTION {
        return Err(ZoomApiError::bad_request(12702, "Can not access a webinar a year ago."));
    }
    Ok(())
}
