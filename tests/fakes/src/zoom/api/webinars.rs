//! Webinars: the list and a single one.

use serde_json::{Value, json};

use crate::zoom::api::call::{Call, CallResult};
use crate::zoom::api_error::ZoomApiError;
use crate::zoom::format;
use crate::zoom::format::zoom_time;
use crate::zoom::state::webinar::Webinar;
use crate::zoom::state::zoom_state::ZoomState;

/// Maximum number of characters of a description in the list.
const MAX_AGENDA_IN_LIST: usize = 250;

/// `GET /users/{id}/webinars`: webinars with a valid id, by start time.
pub(super) fn list(call: &mut Call<'_>) -> CallResult {
    let host = call.user()?;
    if !host.licensed {
        return Err(ZoomApiError::no_webinar_plan());
    }
    let upcoming_only = match call.query.get("type").map(String::as_str) {
        None | Some("scheduled") => false,
        Some("upcoming") => true,
        Some(_) => return Err(ZoomApiError::field("type", "Invalid field.")),
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
    let ids: Vec<u64> = webinars.into_iter().map(|webinar| webinar.id).collect();
    let page = call.page(ids.len())?;
    let listed = page.slice(ids.iter()).filter_map(|id| call.state.webinars.get(id));
    let mut body = page.envelope("webinars", listed.map(|webinar| summary_json(webinar, call.url)).collect());
    body["page_number"] = 1.into();
    body["page_count"] = page.total.div_ceil(page.size).into();
    Ok((200, body))
}

/// `GET /webinars/{id}`. Zoom also accepts a UUID; the fake accepts the numeric id only.
pub(super) fn get(call: &mut Call<'_>) -> CallResult {
    let webinar = call.webinar()?;
    Ok((200, detail_json(webinar, call.state, call.url)))
}

/// `GET /webinars/{id}/panelists`.
pub(super) fn panelists(call: &mut Call<'_>) -> CallResult {
    let webinar = call.webinar()?;
    let panelists = webinar.panelists.iter().enumerate();
    let panelists: Vec<Value> = panelists
        .map(|(number, panelist)| {
            json!({
                "id": format!("panelist_{number}"),
                "email": panelist.email,
                "name": panelist.name,
                "join_url": format!("{}/w/{}?tk=panelist_{number}", call.url, webinar.id),
            })
        })
        .collect();
    Ok((200, json!({ "total_records": panelists.len(), "panelists": panelists })))
}

fn summary_json(webinar: &Webinar, url: &str) -> Value {
    let mut item = json!({
        "id": webinar.id,
        "uuid": current_uuid(webinar),
        "host_id": webinar.host_id,
        "topic": webinar.topic,
        "agenda": webinar.agenda.chars().take(MAX_AGENDA_IN_LIST).collect::<String>(),
        "type": webinar.kind,
        "duration": webinar.duration,
        "timezone": webinar.timezone,
        "created_at": zoom_time(webinar.created_at),
        "join_url": format::shared_link(url, webinar),
        "is_simulive": webinar.is_simulive,
        "is_events_webinar": webinar.is_events_webinar,
    });
    if let Some(start) = webinar.start_time {
        item["start_time"] = zoom_time(start).into();
    }
    item
}

fn detail_json(webinar: &Webinar, state: &ZoomState, url: &str) -> Value {
    let mut item = summary_json(webinar, url);
    item["agenda"] = webinar.agenda.clone().into();
    item["host_email"] = state.user(&webinar.host_id).map(|host| host.email.clone()).into();
    item["start_url"] = format!("{url}/s/{}?zak=host-only", webinar.id).into();
    item["creation_source"] = "web_portal".into();
    item["settings"] = json!({
        "approval_type": webinar.approval_type,
        "alternative_hosts": webinar.alternative_hosts,
        "registration_type": 1,
        "registrants_restrict_number": webinar.registrants_restrict_number,
        "registrants_confirmation_email": webinar.confirmation_email,
        "registrants_email_notification": webinar.confirmation_email,
        "close_registration": false,
        "meeting_authentication": false,
        "on_demand": webinar.on_demand,
        "email_in_attendee_report": true,
        "email_language": "en-US",
    });
    if webinar.approval_type != 2 {
        item["registration_url"] = format::registration_link(url, webinar).into();
    }
    if webinar.kind == 9 {
        item["occurrences"] = occurrences(webinar);
    }
    item
}

/// Returns the first occurrence of a recurring webinar with fixed times. A client that rejects recurring webinars only
/// needs to see that there are occurrences.
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

/// Returns the UUID of the latest instance, or the initial UUID if there is none.
fn current_uuid(webinar: &Webinar) -> &str {
    webinar.sessions.last().map_or(&webinar.uuid, |session| &session.uuid)
}
