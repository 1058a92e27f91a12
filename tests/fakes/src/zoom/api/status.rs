//! Approving, denying and cancelling registrations.

use serde_json::Value;

use super::error::ApiError;
use super::{Answer, Call};
use crate::zoom::events;
use crate::zoom::limits::PerRegistrant;
use crate::zoom::model::{RegistrantStatus, Webinar};

/// How many registrations one call may change.
const AT_ONCE: usize = 30;

/// `PUT /webinars/{id}/registrants/status`.
pub(super) fn put(call: &mut Call<'_>) -> Answer {
    let webinar = call.webinar_with_registration()?.clone();
    let body = call.json()?;
    let action = body["action"].as_str().unwrap_or_default();
    let (status, event_name) = outcome(action).ok_or_else(|| ApiError::field("action", "Invalid field."))?;
    let named = body["registrants"].as_array().cloned().unwrap_or_default();
    if named.is_empty() || named.len() > AT_ONCE {
        return Err(ApiError::field("registrants", "Invalid field."));
    }
    let places = named.iter().map(|entry| place(&webinar, entry)).collect::<Result<Vec<_>, _>>()?;
    for place in &places {
        call.count_for(PerRegistrant::Status, &webinar.registrants[*place].email)?;
    }
    let returning = |place: &&usize| webinar.registrants[**place].status == RegistrantStatus::Denied;
    if status == RegistrantStatus::Approved
        && webinar.places_left().is_some_and(|left| places.iter().filter(returning).count() > left)
    {
        return Err(ApiError::bad_request(3035, "Webinar has reached maximum attendee capacity."));
    }
    for place in places {
        let Some(registrant) =
            call.state.webinars.get_mut(&webinar.id).and_then(|held| held.registrants.get_mut(place))
        else {
            continue;
        };
        registrant.status = status;
        let registrant = registrant.clone();
        call.events.push(events::registration(call.state, webinar.id, &registrant, event_name, call.now));
    }
    Ok((204, Value::Null))
}

/// What an action makes of a registration, and how the event about it is called. A cancelled one is then denied.
pub(crate) fn outcome(action: &str) -> Option<(RegistrantStatus, &'static str)> {
    match action {
        "approve" => Some((RegistrantStatus::Approved, "approved")),
        "deny" => Some((RegistrantStatus::Denied, "denied")),
        "cancel" => Some((RegistrantStatus::Denied, "cancelled")),
        _ => None,
    }
}

/// The registrant whom an entry names by id or e-mail address.
fn place(webinar: &Webinar, entry: &Value) -> Result<usize, ApiError> {
    let (id, email) = (entry["id"].as_str(), entry["email"].as_str());
    webinar
        .registrants
        .iter()
        .position(|registrant| {
            id.map_or_else(
                || email.is_some_and(|email| registrant.email.eq_ignore_ascii_case(email)),
                |id| registrant.id == id,
            )
        })
        .ok_or_else(|| ApiError::field("registrants", "Invalid field."))
}
