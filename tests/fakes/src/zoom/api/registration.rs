//! Registering people: one by one, and in batches.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::error::ApiError;
use super::registration_form;
use super::{Answer, Call};
use crate::zoom::events;
use crate::zoom::limits::PerRegistrant;
use crate::zoom::links;
use crate::zoom::model::{NewRegistrant, Registrant, RegistrantStatus, State, Webinar};
use crate::zoom::zoom_time;

/// How many people a batch may have.
const BATCH: usize = 30;
/// Domains that are nobody's work address.
const PRIVATE_MAIL: [&str; 6] = ["gmail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com", "gmx.net"];

/// `POST /webinars/{id}/registrants`. Registering an address again returns the registration that it has.
pub(super) fn add(call: &mut Call<'_>) -> Answer {
    let (id, approve) = call.webinar().map(|webinar| (webinar.id, webinar.approval_type == 0))?;
    let body = call.json()?;
    // Zoom counts the call, not the registration: a refused one has been spent all the same.
    if let Some(email) = body["email"].as_str() {
        call.count_for(PerRegistrant::Add, email)?;
    }
    let form = registration_form::read(&body)?;
    let added = register(call.state, id, &form, approve, call.now, call.url)?;
    if added.new {
        let event = events::registration(call.state, id, &added.registrant, "created", call.now);
        call.events.push(event);
    }
    let webinar = call.webinar()?;
    let mut answer = json!({
        "id": webinar.id,
        "registrant_id": added.registrant.id,
        "topic": webinar.topic,
        "status": added.registrant.status.as_str(),
    });
    if let Some(start) = webinar.start_time {
        answer["start_time"] = zoom_time(start).into();
    }
    if added.registrant.status == RegistrantStatus::Approved {
        answer["join_url"] = added.registrant.join_url.into();
    }
    Ok((201, answer))
}

/// `POST /webinars/{id}/batch_registrants`. All of a batch, or none of it.
pub(super) fn add_batch(call: &mut Call<'_>) -> Answer {
    let webinar = call.webinar()?;
    if webinar.kind != 5 {
        return Err(ApiError::bad_request(
            300,
            "This API can only be used for scheduled webinars (webinar type: 5). Batch registration is not supported \
             for other webinar types.",
        ));
    }
    let body = call.json()?;
    let entries = body["registrants"].as_array().cloned().unwrap_or_default();
    if entries.is_empty() || entries.len() > BATCH {
        return Err(ApiError::field("registrants", "Invalid field."));
    }
    let mut forms = Vec::new();
    for entry in &entries {
        let allowed = |name: &String| ["email", "first_name", "last_name"].contains(&name.as_str());
        if !entry.as_object().is_some_and(|fields| fields.keys().all(allowed)) {
            return Err(ApiError::field("registrants", "Invalid field."));
        }
        forms.push(registration_form::read(entry)?);
    }
    for form in &forms {
        call.count_for(PerRegistrant::Add, &form.email)?;
    }
    let webinar = call.webinar()?;
    for form in &forms {
        may_register(call.state, webinar, form, call.now)?;
    }
    let new = forms.iter().filter(|form| webinar.registrant(&form.email).is_none()).count();
    if webinar.places_left().is_some_and(|left| new > left) {
        return Err(ApiError::bad_request(3043, "Webinar has reached maximum attendee capacity."));
    }
    let id = webinar.id;
    let approve = webinar.approval_type == 0 || body["auto_approve"] == true;
    let mut answered: Vec<Value> = Vec::new();
    for form in &forms {
        let added = register(call.state, id, form, approve, call.now, call.url)?;
        let registrant = added.registrant;
        let mut entry = json!({ "email": registrant.email, "registrant_id": registrant.id });
        if registrant.status == RegistrantStatus::Approved {
            entry["join_url"] = registrant.join_url.clone().into();
        }
        answered.push(entry);
        if added.new {
            let event = events::registration(call.state, id, &registrant, "created", call.now);
            call.events.push(event);
        }
    }
    Ok((201, json!({ "registrants": answered })))
}

/// A registration, and whether it is new.
pub(crate) struct Added {
    pub(crate) registrant: Registrant,
    pub(crate) new: bool,
}

/// Registers somebody, or finds the registration that the address has.
pub(crate) fn register(
    state: &mut State,
    webinar_id: u64,
    form: &NewRegistrant,
    approve: bool,
    now: Timestamp,
    url: &str,
) -> Result<Added, ApiError> {
    let webinar = state.webinars.get(&webinar_id).ok_or_else(|| ApiError::no_webinar(webinar_id))?;
    may_register(state, webinar, form, now)?;
    if let Some(registrant) = webinar.registrant(&form.email) {
        return Ok(Added { registrant: registrant.clone(), new: false });
    }
    registration_form::answers_questions(form, webinar)?;
    if webinar.places_left() == Some(0) {
        return Err(ApiError::bad_request(
            3000,
            "You have reached the limit for the number of attendees you can add. Contact Zoom Support for more \
             information.",
        ));
    }
    let token = state.ids.secret();
    let registrant = Registrant {
        id: state.ids.short(),
        email: form.email.clone(),
        first_name: form.first_name.clone(),
        last_name: form.last_name.clone(),
        details: form.details.clone(),
        custom_questions: form.custom_questions.clone(),
        status: if approve { RegistrantStatus::Approved } else { RegistrantStatus::Pending },
        create_time: now,
        join_url: links::personal(url, webinar_id, &token),
    };
    if let Some(held) = state.webinars.get_mut(&webinar_id) {
        held.add_registrant(registrant.clone());
    }
    Ok(Added { registrant, new: true })
}

/// The rules that keep somebody from registering whatever they answer.
fn may_register(state: &State, webinar: &Webinar, form: &NewRegistrant, now: Timestamp) -> Result<(), ApiError> {
    let is = |email: &str| email.eq_ignore_ascii_case(&form.email);
    if webinar.approval_type == 2 {
        return Err(ApiError::registration_off(webinar.id));
    }
    if webinar.paid {
        return Err(ApiError::bad_request(3000, "The Zoom REST API does not support paid registration."));
    }
    if webinar.over(now) {
        return Err(ApiError::over());
    }
    if state.host(webinar).is_ok_and(|host| is(&host.email)) {
        return Err(ApiError::bad_request(3027, "Host cannot register."));
    }
    if webinar.panelists.iter().any(|panelist| is(&panelist.email)) {
        return Err(ApiError::bad_request(
            3000,
            "You have been invited as a panelist for the webinar, please check your email to find more information \
             about this webinar.",
        ));
    }
    let domain = form.email.rsplit('@').next().unwrap_or_default().to_lowercase();
    if webinar.work_email_only && PRIVATE_MAIL.contains(&domain.as_str()) {
        return Err(ApiError::bad_request(3034, "If you have been invited, please input your work email address."));
    }
    if webinar.registrant(&form.email).is_some_and(|known| known.status == RegistrantStatus::Denied) {
        // That it fails is reported; Zoom's words for it are not known.
        return Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            3000,
            "The registration of this email address has been denied by the host.",
        ));
    }
    Ok(())
}
