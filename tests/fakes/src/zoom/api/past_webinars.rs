//! Past webinars: instances, participants, absentees.
//!
//! A path names an instance by its UUID, or the latest instance by the webinar id. Zoom decodes a path once before it
//! splits it. A UUID that starts with a slash or contains two in a row must therefore be encoded twice; otherwise the
//! response is 404.

use std::collections::HashSet;

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::zoom::api::call::{Call, CallResult};
use crate::zoom::api::registrants;
use crate::zoom::api_error::ZoomApiError;
use crate::zoom::format::zoom_time;
use crate::zoom::state::registrant::{Registrant, RegistrantStatus};
use crate::zoom::state::session::{Presence, Session};
use crate::zoom::state::webinar::Webinar;

/// `GET /past_webinars/{id}/instances`.
pub(super) fn instances(call: &mut Call<'_>) -> CallResult {
    let named = call.segment(1);
    let id: u64 = named.parse().map_err(|_| ZoomApiError::bad_request(300, "Invalid webinar ID."))?;
    let webinar = webinar_of_account(call, id).ok_or_else(|| ZoomApiError::no_webinar(id))?;
    call.require_access(&webinar.host_id)?;
    let ended = webinar.sessions.iter().filter(|session| session.is_listed(call.state.report_timing, call.now));
    let listed: Vec<Value> =
        ended.map(|session| json!({ "uuid": session.uuid, "start_time": zoom_time(session.start) })).collect();
    Ok((200, json!({ "webinars": listed })))
}

/// `GET /past_webinars/{id or UUID}/participants`.
pub(super) fn participants(call: &mut Call<'_>) -> CallResult {
    let (rows, _) = reported(call, 1)?;
    let page = call.page(rows.len())?;
    let (rows, complete) = reported(call, 1)?;
    let items = page.slice(rows.into_iter()).map(|row| past_row(row, complete)).collect();
    Ok((200, page.envelope("participants", items)))
}

/// `GET /past_webinars/{id or UUID}/absentees`: approved registrants who never joined.
pub(super) fn absentees(call: &mut Call<'_>) -> CallResult {
    let (webinar, session) = ended_session(call, 1)?;
    if webinar.approval_type == 2 {
        return Err(ZoomApiError::registration_off(webinar.id));
    }
    if !session.has_absentees(call.state.report_timing, call.now) {
        return Err(ZoomApiError::no_past_webinar(&call.segment(1)));
    }
    reported(call, 1)?;
    let (webinar, session) = ended_session(call, 1)?;
    let count = absent_registrants(webinar, session).count();
    let page = call.page(count)?;
    let (webinar, session) = ended_session(call, 1)?;
    let items = page.slice(absent_registrants(webinar, session)).map(registrants::to_json).collect();
    Ok((200, page.envelope("registrants", items)))
}

fn absent_registrants<'w>(webinar: &'w Webinar, session: &'w Session) -> impl Iterator<Item = &'w Registrant> {
    let attended: HashSet<&str> =
        session.presences.iter().filter(|row| !row.waiting_room).map(|row| row.registrant_id.as_str()).collect();
    webinar
        .registrants
        .iter()
        .filter(|registrant| registrant.status == RegistrantStatus::Approved)
        .filter(move |registrant| !attended.contains(registrant.id.as_str()))
}

/// Returns the webinar and the ended session in the path.
pub(super) fn ended_session<'c>(call: &'c Call<'_>, place: usize) -> Result<(&'c Webinar, &'c Session), ZoomApiError> {
    let once = call.segment(place);
    if once.starts_with('/') || once.contains("//") {
        return Err(ZoomApiError::unknown_endpoint());
    }
    let named = percent_decode_str(&once).decode_utf8_lossy().into_owned();
    let missing = || ZoomApiError::no_past_webinar(&named);
    let (webinar, session) = match named.parse() {
        Ok(id) => {
            let webinar = webinar_of_account(call, id).ok_or_else(missing)?;
            let session = webinar.last_ended().ok_or_else(missing)?;
            (webinar, session)
        }
        Err(_) => {
            let (webinar, place) = call
                .state
                .session(&named)
                .filter(|(webinar, _)| call.state.account_of(webinar) == call.caller.account_id)
                .ok_or_else(missing)?;
            (webinar, &webinar.sessions[place])
        }
    };
    call.require_access(&webinar.host_id)?;
    Ok((webinar, session))
}

/// Returns the rows of the report and whether their durations are known. Returns an error while there is no report.
pub(super) fn reported<'c>(call: &'c Call<'_>, place: usize) -> Result<(Vec<&'c Presence>, bool), ZoomApiError> {
    let (_, session) = ended_session(call, place)?;
    session
        .reported(call.state.report_timing, call.now)
        .ok_or_else(|| ZoomApiError::no_past_webinar(&call.segment(place)))
}

/// Returns a webinar of the caller's account. Reports of expired and deleted webinars remain.
fn webinar_of_account<'c>(call: &'c Call<'_>, id: u64) -> Option<&'c Webinar> {
    call.state.webinars.get(&id).filter(|webinar| call.state.account_of(webinar) == call.caller.account_id)
}

fn past_row(row: &Presence, complete: bool) -> Value {
    let mut item = participant_row(row, complete);
    add_registrant_id(&mut item, row);
    item
}

/// Adds the id of the registration, which some rows lack.
pub(super) fn add_registrant_id(item: &mut Value, row: &Presence) {
    if !row.without_registrant_id {
        item["registrant_id"] = row.registrant_id.clone().into();
    }
}

/// Returns the fields that both participant lists have in common. The ids of people outside the account are empty.
pub(super) fn participant_row(row: &Presence, complete: bool) -> Value {
    let leave = if row.without_duration { None } else { Some(row.leave.map(zoom_time).unwrap_or_default()) };
    let duration = match complete {
        _ if row.without_duration => None,
        true => Some(row.seconds()),
        false => Some(0),
    };
    json!({
        "id": row.participant_user_id,
        "user_id": row.user_id,
        "name": row.name,
        "user_email": if row.without_email { "" } else { &row.email },
        "join_time": zoom_time(row.join),
        "leave_time": leave,
        "duration": duration,
        "failover": false,
        "internal_user": row.internal_user,
        "status": if row.waiting_room { "in_waiting_room" } else { "in_meeting" },
    })
}
