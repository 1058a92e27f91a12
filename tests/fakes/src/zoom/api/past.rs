//! What remains of a webinar that ran: instances, participants, absentees.
//!
//! A path names an instance by its UUID, or the latest one by the webinar's number. Zoom decodes a path once before it
//! takes it apart; a UUID that begins with a slash or has two in a row must therefore be encoded twice, and is not
//! found if it was not.

use std::collections::HashSet;

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::error::ApiError;
use super::registrant_lists;
use super::{Answer, Call};
use crate::zoom::model::{Presence, Registrant, RegistrantStatus, Session, Webinar};
use crate::zoom::zoom_time;

/// `GET /past_webinars/{id}/instances`.
pub(super) fn instances(call: &mut Call<'_>) -> Answer {
    let named = call.segment(1);
    let id: u64 = named.parse().map_err(|_| ApiError::bad_request(300, "Invalid webinar ID."))?;
    let webinar = known(call, id).ok_or_else(|| ApiError::no_webinar(id))?;
    call.may_reach(&webinar.host_id)?;
    let ended = webinar.sessions.iter().filter(|session| session.end.is_some() && !session.practice);
    let listed: Vec<Value> =
        ended.map(|session| json!({ "uuid": session.uuid, "start_time": zoom_time(session.start) })).collect();
    Ok((200, json!({ "webinars": listed })))
}

/// `GET /past_webinars/{id or UUID}/participants`.
pub(super) fn participants(call: &mut Call<'_>) -> Answer {
    let (rows, _) = reported(call, 1)?;
    let page = call.page(rows.len())?;
    let (rows, complete) = reported(call, 1)?;
    let items = page.of(rows.into_iter()).map(|row| past_row(row, complete)).collect();
    Ok((200, page.around("participants", items)))
}

/// `GET /past_webinars/{id or UUID}/absentees`: approved registrants who never joined.
pub(super) fn absentees(call: &mut Call<'_>) -> Answer {
    let (webinar, session) = ended_session(call, 1)?;
    if webinar.approval_type == 2 {
        return Err(ApiError::registration_off(webinar.id));
    }
    reported(call, 1)?;
    let count = who_never_joined(webinar, session).count();
    let page = call.page(count)?;
    let (webinar, session) = ended_session(call, 1)?;
    let items = page.of(who_never_joined(webinar, session)).map(registrant_lists::shown).collect();
    Ok((200, page.around("registrants", items)))
}

fn who_never_joined<'w>(webinar: &'w Webinar, session: &'w Session) -> impl Iterator<Item = &'w Registrant> {
    let came: HashSet<&str> =
        session.presences.iter().filter(|row| !row.waiting_room).map(|row| row.registrant_id.as_str()).collect();
    webinar
        .registrants
        .iter()
        .filter(|registrant| registrant.status == RegistrantStatus::Approved)
        .filter(move |registrant| !came.contains(registrant.id.as_str()))
}

/// The webinar and its ended session that a path names.
pub(super) fn ended_session<'c>(call: &'c Call<'_>, place: usize) -> Result<(&'c Webinar, &'c Session), ApiError> {
    let once = call.segment(place);
    if once.starts_with('/') || once.contains("//") {
        return Err(ApiError::unknown_endpoint());
    }
    let named = percent_decode_str(&once).decode_utf8_lossy().into_owned();
    let missing = || ApiError::no_past_webinar(&named);
    let (webinar, session) = match named.parse() {
        Ok(id) => {
            let webinar = known(call, id).ok_or_else(missing)?;
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
    call.may_reach(&webinar.host_id)?;
    Ok((webinar, session))
}

/// The rows that a report shows now, and whether their durations are known; refused while there is no report.
pub(super) fn reported<'c>(call: &'c Call<'_>, place: usize) -> Result<(Vec<&'c Presence>, bool), ApiError> {
    let (_, session) = ended_session(call, place)?;
    session.reported(call.state.report_timing, call.now).ok_or_else(|| ApiError::no_past_webinar(&call.segment(place)))
}

/// A webinar of the caller's account, expired and deleted ones too: their pasts remain.
fn known<'c>(call: &'c Call<'_>, id: u64) -> Option<&'c Webinar> {
    call.state.webinars.get(&id).filter(|webinar| call.state.account_of(webinar) == call.caller.account_id)
}

fn past_row(row: &Presence, complete: bool) -> Value {
    let mut item = common_row(row, complete);
    item["internal_user"] = row.internal_user.into();
    item["registrant_id"] = row.registrant_id.clone().into();
    item
}

/// What both kinds of participant list say of a stay. Ids of outsiders are empty.
pub(super) fn common_row(row: &Presence, complete: bool) -> Value {
    json!({
        "id": row.participant_user_id,
        "user_id": row.user_id,
        "name": row.name,
        "user_email": row.email,
        "join_time": zoom_time(row.join),
        "leave_time": row.leave.map(zoom_time).unwrap_or_default(),
        "duration": if complete { row.seconds() } else { 0 },
        "failover": false,
        "status": if row.waiting_room { "in_waiting_room" } else { "in_meeting" },
    })
}
