//! Approving, denying and cancelling registrations.

use serde_json::Value;

use crate::zoom::api::call::{Call, CallResult};
use crate::zoom::api_error::ZoomApiError;
use crate::zoom::events::payloads;
use crate::zoom::state::rate_limits::RegistrantLimit;
use crate::zoom::state::registrant::RegistrantStatus;
use crate::zoom::state::webinar::Webinar;

/// Maximum number of registrants in one call.
const MAX_REGISTRANTS: usize = 30;

/// `PUT /webinars/{id}/registrants/status`.
pub(super) fn put(call: &mut Call<'_>) -> CallResult {
    let webinar = call.webinar_with_registration()?.clone();
    let body = call.json()?;
    let action = body["action"].as_str().unwrap_or_default();
    let (status, event_name) = status_change(action).ok_or_else(|| ZoomApiError::field("action", "Invalid field."))?;
    let named = body["registrants"].as_array().cloned().unwrap_or_default();
    if named.is_empty() || named.len() > MAX_REGISTRANTS {
        return Err(ZoomApiError::field("registrants", "Invalid field."));
    }
    let indexes = named.iter().map(|entry| index(&webinar, entry)).collect::<Result<Vec<_>, _>>()?;
    for index in &indexes {
        call.count_registrant_call(RegistrantLimit::Status, webinar.id, &webinar.registrants[*index].email)?;
    }
    let returning = |index: &&usize| webinar.registrants[**index].status == RegistrantStatus::Denied;
    if status == RegistrantStatus::Approved
        && webinar.seats_left().is_some_and(|left| indexes.iter().filter(returning).count() > left)
    {
        return Err(ZoomApiError::bad_request(3035, "Webinar has reached maximum attendee capacity."));
    }
    for index in indexes {
        let Some(registrant) =
            call.state.webinars.get_mut(&webinar.id).and_then(|held| held.registrants.get_mut(index))
        else {
            continue;
        };
        registrant.status = status;
        let registrant = registrant.clone();
        call.events.push(payloads::registration(call.state, webinar.id, &registrant, event_name, call.now));
    }
    Ok((204, Value::Null))
}

/// Returns the new status for an action, and the suffix of the event's name. A cancelled registration becomes denied.
pub(crate) fn status_change(action: &str) -> Option<(RegistrantStatus, &'static str)> {
    match action {
        "approve" => Some((RegistrantStatus::Approved, "approved")),
        "deny" => Some((RegistrantStatus::Denied, "denied")),
        "cancel" => Some((RegistrantStatus::Denied, "cancelled")),
        _ => None,
    }
}

/// Returns the index of the registrant that an entry names by id or e-mail address.
fn index(webinar: &Webinar, entry: &Value) -> Result<usize, ZoomApiError> {
    let (id, email) = (entry["id"].as_str(), entry["email"].as_str());
    webinar
        .registrants
        .iter()
        .position(|registrant| {
            let is_named = id.map_or_else(
                || email.is_some_and(|email| registrant.email.eq_ignore_ascii_case(email)),
                |id| registrant.id == id,
            );
            is_named && !registrant.status.is_gone()
        })
        .ok_or_else(|| ZoomApiError::field("registrants", "Invalid field."))
}
