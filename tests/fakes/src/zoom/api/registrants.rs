//! Registrants and registration questions of a webinar.

use http::StatusCode;
use serde_json::{Value, json};

use crate::zoom::api::call::{Call, CallResult};
use crate::zoom::api_error::ZoomApiError;
use crate::zoom::format::zoom_time;
use crate::zoom::state::registrant::{Registrant, RegistrantStatus};
use crate::zoom::state::webinar::Webinar;

/// `GET /webinars/{id}/registrants/questions`.
pub(super) fn questions(call: &mut Call<'_>) -> CallResult {
    let webinar = call.webinar_with_registration()?;
    Ok((200, json!({ "questions": webinar.questions, "custom_questions": webinar.custom_questions })))
}

/// `GET /webinars/{id}/registrants`: the approved ones by default.
pub(super) fn list(call: &mut Call<'_>) -> CallResult {
    let status = match call.query.get("status").map(String::as_str) {
        None | Some("approved") => RegistrantStatus::Approved,
        Some("pending") => RegistrantStatus::Pending,
        Some("denied") => RegistrantStatus::Denied,
        Some(_) => return Err(ZoomApiError::field("status", "Invalid field.")),
    };
    let page = call.page(with_status(call.webinar()?, status).count())?;
    let items = page.slice(with_status(call.webinar()?, status)).map(to_json).collect();
    Ok((200, page.envelope("registrants", items)))
}

fn with_status(webinar: &Webinar, status: RegistrantStatus) -> impl Iterator<Item = &Registrant> {
    webinar.registrants.iter().filter(move |registrant| registrant.status == status)
}

/// `GET /webinars/{id}/registrants/{registrant id}`.
pub(super) fn get(call: &mut Call<'_>) -> CallResult {
    let webinar = call.webinar()?;
    let id = call.segment(3);
    let registrant = webinar
        .registrant_with_id(&id)
        .filter(|registrant| !registrant.status.is_gone())
        .ok_or_else(|| ZoomApiError::new(StatusCode::NOT_FOUND, 3001, format!("Registrant does not exist: {id}.")))?;
    let mut shown = to_json(registrant);
    shown["language"] = "en-US".into();
    Ok((200, shown))
}

/// Returns a registrant as lists show it.
pub(super) fn to_json(registrant: &Registrant) -> Value {
    let mut item = json!({
        "id": registrant.id,
        "email": registrant.email,
        "first_name": registrant.first_name,
        "last_name": registrant.last_name,
        "custom_questions": registrant.custom_questions,
        "status": registrant.status.as_str(),
        "create_time": zoom_time(registrant.create_time),
    });
    for (name, value) in &registrant.details {
        item[name] = value.clone().into();
    }
    if registrant.status == RegistrantStatus::Approved {
        item["join_url"] = registrant.join_url.clone().into();
    }
    item
}
