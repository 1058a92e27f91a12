//! Reports, which only admins read.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::error::ApiError;
use super::past::{common_row, ended_session, reported};
use super::{Answer, Call};
use crate::zoom::model::{Session, User};
use crate::zoom::zoom_time;

/// How long the API keeps reports: the last six months.
const KEPT: SignedDuration = SignedDuration::from_hours(183 * 24);

/// `GET /report/webinars/{id or UUID}`.
pub(super) fn detail(call: &mut Call<'_>) -> Answer {
    let (webinar, session) = ended_session(call, 2)?;
    recent(call, session)?;
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

/// `GET /report/webinars/{id or UUID}/participants`: one row per time of joining.
pub(super) fn participants(call: &mut Call<'_>) -> Answer {
    let (_, session) = ended_session(call, 2)?;
    recent(call, session)?;
    let with_registrant = match call.query.get("include_fields").map(String::as_str) {
        None | Some("") => false,
        Some("registrant_id") => true,
        Some(_) => return Err(ApiError::field("include_fields", "Invalid field.")),
    };
    let (rows, _) = reported(call, 2)?;
    let page = call.page(rows.len())?;
    let (rows, complete) = reported(call, 2)?;
    let items: Vec<Value> = page
        .of(rows.into_iter())
        .map(|row| {
            let mut item = common_row(row, complete);
            item["participant_user_id"] = row.participant_user_id.clone().into();
            item["customer_key"] = "".into();
            item["bo_mtg_id"] = "".into();
            if with_registrant {
                item["registrant_id"] = row.registrant_id.clone().into();
            }
            item
        })
        .collect();
    Ok((200, page.around("participants", items)))
}

fn recent(call: &Call<'_>, session: &Session) -> Result<(), ApiError> {
    if call.now.duration_since(session.start) > KEPT {
        return Err(ApiError::bad_request(12702, "Can not access a webinar a year ago."));
    }
    Ok(())
}
