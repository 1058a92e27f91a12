//! Reading registrants.

use http::StatusCode;
use serde_json::{Value, json};

use super::error::ApiError;
use super::{Answer, Call};
use crate::zoom::model::{Registrant, RegistrantStatus, Webinar};
use crate::zoom::zoom_time;

/// `GET /webinars/{id}/registrants`: the approved ones unless others are asked for.
pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let status = match call.query.get("status").map(String::as_str) {
        None | Some("approved") => RegistrantStatus::Approved,
        Some("pending") => RegistrantStatus::Pending,
        Some("denied") => RegistrantStatus::Denied,
        Some(_) => return Err(ApiError::field("status", "Invalid field.")),
    };
    let page = call.page(having(call.webinar()?, status).count())?;
    let items = page.of(having(call.webinar()?, status)).map(shown).collect();
    Ok((200, page.around("registrants", items)))
}

fn having(webinar: &Webinar, status: RegistrantStatus) -> impl Iterator<Item = &Registrant> {
    webinar.registrants.iter().filter(move |registrant| registrant.status == status)
}

/// `GET /webinars/{id}/registrants/{registrant id}`.
pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let webinar = call.webinar()?;
    let id = call.segment(3);
    let registrant = webinar
        .registrant_with_id(&id)
        .ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, 3001, format!("Registrant does not exist: {id}.")))?;
    let mut shown = shown(registrant);
    shown["language"] = "en-US".into();
    Ok((200, shown))
}

/// A registrant as every list shows it.
pub(super) fn shown(registrant: &Registrant) -> Value {
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
