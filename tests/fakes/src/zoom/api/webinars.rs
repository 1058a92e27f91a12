//! Webinars, listed and one by one.

use serde_json::{Value, json};

use super::error::ApiError;
use super::{Answer, Call};
use crate::zoom::links;
use crate::zoom::model::{State, Webinar};
use crate::zoom::zoom_time;

/// How much of a description a list shows.
const AGENDA_IN_LIST: usize = 250;

/// `GET /users/{id}/webinars`: those whose ids still work, by start time.
pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let host = call.user()?;
    if !host.licensed {
        return Err(ApiError::no_webinar_plan());
    }
    let upcoming_only = match call.query.get("type").map(String::as_str) {
        None | Some("scheduled") => false,
        Some("upcoming") => true,
        Some(_) => return Err(ApiError::field("type", "Invalid field.")),
    };
    let with_events = call.query.get("include_events_webinar").is_none_or(|value| value != "false");
    let now = call.now;
    let mut webinars: Vec<&Webinar> = call
        .state
        .webinars
        .values()
        .filter(|webinar| webinar.host_id == host.id && !webinar.deleted && !webinar.expired(now))
        .filter(|webinar| with_events || !webinar.is_events_webinar)
        .filter(|webinar| !upcoming_only || webinar.end_time().is_none_or(|end| end > now))
        .collect();
    webinars.sort_by_key(|webinar| (webinar.start_time, webinar.id));
    let items: Vec<Value> = webinars.into_iter().map(|webinar| in_list(webinar, call.url)).collect();
    let page = call.page(items.len())?;
    let mut body = page.around("webinars", page.of(items.into_iter()).collect());
    body["page_number"] = 1.into();
    body["page_count"] = page.total.div_ceil(page.size).into();
    Ok((200, body))
}

/// `GET /webinars/{id}`. Zoom takes a UUID here too; the stand-in knows webinars by number only.
pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let webinar = call.webinar()?;
    Ok((200, in_full(webinar, call.state, call.url)))
}

fn in_list(webinar: &Webinar, url: &str) -> Value {
    let mut item = json!({
        "id": webinar.id,
        "uuid": current_uuid(webinar),
        "host_id": webinar.host_id,
        "topic": webinar.topic,
        "agenda": webinar.agenda.chars().take(AGENDA_IN_LIST).collect::<String>(),
        "type": webinar.kind,
        "duration": webinar.duration,
        "timezone": webinar.timezone,
        "created_at": zoom_time(webinar.created_at),
        "join_url": links::shared(url, webinar),
        "is_simulive": webinar.is_simulive,
        "is_events_webinar": webinar.is_events_webinar,
    });
    if let Some(start) = webinar.start_time {
        item["start_time"] = zoom_time(start).into();
    }
    item
}

fn in_full(webinar: &Webinar, state: &State, url: &str) -> Value {
    let mut item = in_list(webinar, url);
    item["agenda"] = webinar.agenda.clone().into();
    item["host_email"] = state.user(&webinar.host_id).map(|host| host.email.clone()).into();
    item["start_url"] = format!("{url}/s/{}?zak=host-only", webinar.id).into();
    item["creation_source"] = "web_portal".into();
    item["settings"] = json!({
        "approval_type": webinar.approval_type,
        "registration_type": 1,
        "registrants_restrict_number": webinar.registrants_restrict_number,
        "registrants_confirmation_email": false,
        "registrants_email_notification": false,
        "close_registration": false,
        "meeting_authentication": false,
        "on_demand": false,
        "email_in_attendee_report": true,
        "email_language": "en-US",
    });
    if webinar.approval_type != 2 {
        item["registration_url"] = links::registration(url, webinar).into();
    }
    if webinar.kind == 9 {
        item["occurrences"] = occurrences(webinar);
    }
    item
}

/// A recurring webinar with fixed times shows its first occurrence: that it has any is what matters to a client that
/// must refuse it.
fn occurrences(webinar: &Webinar) -> Value {
    webinar
        .start_time
        .map(|start| {
            json!({
                "occurrence_id": start.as_millisecond().to_string(),
                "start_time": zoom_time(start),
                "duration": webinar.duration,
                "status": "available",
            })
        })
        .into_iter()
        .collect()
}

/// The UUID of the latest instance, or the one that the webinar had before any.
fn current_uuid(webinar: &Webinar) -> &str {
    webinar.sessions.last().map_or(&webinar.uuid, |session| &session.uuid)
}
