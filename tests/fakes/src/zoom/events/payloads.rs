//! The payload of each event.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::zoom::events::event::{Event, envelope};
use crate::zoom::format::zoom_time;
use crate::zoom::state::registrant::Registrant;
use crate::zoom::state::session::{Presence, Session};
use crate::zoom::state::webinar::Webinar;
use crate::zoom::state::zoom_state::ZoomState;

/// `webinar.started`.
pub(crate) fn started(state: &ZoomState, webinar: &Webinar, session: &Session, now: Timestamp) -> Event {
    let object = running(webinar, session);
    envelope("webinar.started", payload(state, webinar, object), now)
}

/// `webinar.ended`, also sent for a practice session.
pub(crate) fn ended(state: &ZoomState, webinar: &Webinar, session: &Session, now: Timestamp) -> Event {
    let mut object = running(webinar, session);
    object["end_time"] = session.end.map(zoom_time).into();
    object["practice_session"] = session.practice.into();
    envelope("webinar.ended", payload(state, webinar, object), now)
}

/// `webinar.updated`: the changed fields with their new and old values.
pub(crate) fn updated(state: &ZoomState, webinar: &Webinar, new: Value, old: Value, now: Timestamp) -> Event {
    let mut payload = payload(state, webinar, with_identity(webinar, new));
    payload["old_object"] = with_identity(webinar, old);
    payload["scope"] = "single".into();
    payload["time_stamp"] = now.as_millisecond().into();
    envelope("webinar.updated", payload, now)
}

/// `webinar.deleted`.
pub(crate) fn deleted(state: &ZoomState, webinar: &Webinar, now: Timestamp) -> Event {
    let mut payload = payload(state, webinar, scheduled(webinar));
    payload["operation"] = "single".into();
    envelope("webinar.deleted", payload, now)
}

/// `webinar.recovered`.
pub(crate) fn recovered(state: &ZoomState, webinar: &Webinar, now: Timestamp) -> Event {
    let mut payload = payload(state, webinar, scheduled(webinar));
    payload["operation"] = "single".into();
    envelope("webinar.recovered", payload, now)
}

/// `webinar.registration_created`, `_approved`, `_denied`, `_cancelled`.
pub(crate) fn registration(
    state: &ZoomState,
    webinar_id: u64,
    registrant: &Registrant,
    what: &str,
    now: Timestamp,
) -> Event {
    let name = format!("webinar.registration_{what}");
    let Some(webinar) = state.webinars.get(&webinar_id) else {
        return envelope(&name, Value::Null, now);
    };
    let mut object = scheduled(webinar);
    object["registrant"] = json!({
        "id": registrant.id,
        "email": registrant.email,
        "first_name": registrant.first_name,
        "last_name": registrant.last_name,
        "status": registrant.status.as_str(),
        "join_url": registrant.join_url,
        "custom_questions": registrant.custom_questions,
    });
    if what == "approved"
        && state.approvals_lack_link
        && let Some(fields) = object["registrant"].as_object_mut()
    {
        fields.retain(|name, _| ["id", "email", "first_name", "last_name"].contains(&name.as_str()));
    }
    envelope(&name, payload(state, webinar, object), now)
}

/// `webinar.participant_joined`, or `webinar.participant_left` once the stay has ended.
pub(crate) fn presence(
    state: &ZoomState,
    webinar: &Webinar,
    session: &Session,
    row: &Presence,
    now: Timestamp,
) -> Event {
    let mut participant = json!({
        "user_id": row.user_id,
        "user_name": row.name,
        "id": row.participant_user_id,
        "participant_user_id": row.participant_user_id,
        "email": row.email,
        "registrant_id": row.registrant_id,
        "phone_number": row.phone_number,
    });
    let name = match row.leave {
        None => {
            participant["join_time"] = zoom_time(row.join).into();
            "webinar.participant_joined"
        }
        Some(leave) => {
            participant["leave_time"] = zoom_time(leave).into();
            "webinar.participant_left"
        }
    };
    let mut object = running(webinar, session);
    object["participant"] = participant;
    envelope(name, payload(state, webinar, object), now)
}

/// `app_deauthorized`: the account removed the app.
pub(crate) fn deauthorized(account_id: &str, user_id: &str, client_id: &str, now: Timestamp) -> Event {
    let payload = json!({
        "account_id": account_id,
        "user_id": user_id,
        "client_id": client_id,
        "deauthorization_time": zoom_time(now),
        "signature": "",
    });
    envelope("app_deauthorized", payload, now)
}

fn payload(state: &ZoomState, webinar: &Webinar, object: Value) -> Value {
    let mut payload = json!({ "account_id": state.account_of(webinar), "object": object });
    if let Ok(host) = state.host(webinar) {
        payload["operator"] = host.email.clone().into();
        payload["operator_id"] = host.id.clone().into();
    }
    payload
}

/// A webinar in events about one of its sessions; its id is a string.
fn running(webinar: &Webinar, session: &Session) -> Value {
    json!({
        "id": webinar.id.to_string(),
        "uuid": session.uuid,
        "host_id": webinar.host_id,
        "topic": webinar.topic,
        "type": webinar.kind,
        "start_time": zoom_time(session.start),
        "duration": webinar.duration,
        "timezone": webinar.timezone,
    })
}

/// A webinar in events about its schedule; its id is a number.
fn scheduled(webinar: &Webinar) -> Value {
    json!({
        "id": webinar.id,
        "uuid": webinar.uuid,
        "host_id": webinar.host_id,
        "topic": webinar.topic,
        "type": webinar.kind,
        "start_time": webinar.start_time.map(zoom_time),
        "duration": webinar.duration,
        "timezone": webinar.timezone,
    })
}

fn with_identity(webinar: &Webinar, mut changed: Value) -> Value {
    changed["id"] = webinar.id.into();
    changed["uuid"] = webinar.uuid.clone().into();
    changed["host_id"] = webinar.host_id.clone().into();
    changed
}
