//! Registration: one person, or a batch.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::zoom::api::call::{Call, CallResult};
use crate::zoom::api::registration_form;
use crate::zoom::api_error::ZoomApiError;
use crate::zoom::events::payloads;
use crate::zoom::format;
use crate::zoom::format::zoom_time;
use crate::zoom::state::rate_limits::RegistrantLimit;
use crate::zoom::state::registrant::{NewRegistrant, Registrant, RegistrantStatus};
use crate::zoom::state::webinar::Webinar;
use crate::zoom::state::zoom_state::ZoomState;

/// Maximum number of people in a batch.
const MAX_BATCH: usize = 30;
/// Domains that are not work addresses.
const PRIVATE_MAIL_DOMAINS: [&str; 6] =
    ["gmail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com", "gmx.net"];

/// `POST /webinars/{id}/registrants`. Registering an address again returns the existing registration, also one that was
/// denied: Zoom blocks it silently (docs/reference/zoom.md).
pub(super) fn add(call: &mut Call<'_>) -> CallResult {
    let (id, approve) = call.webinar().map(|webinar| (webinar.id, webinar.approval_type == 0))?;
    let body = call.json()?;
    // Zoom counts the call and not the registration, so a rejected call counts too.
    if let Some(email) = body["email"].as_str() {
        call.count_registrant_call(RegistrantLimit::Add, id, email)?;
    }
    let form = registration_form::read(&body)?;
    let added = register(call.state, id, &form, approve, call.now, call.url)?;
    if added.new {
        let event = payloads::registration(call.state, id, &added.registrant, "created", call.now);
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

/// `POST /webinars/{id}/batch_registrants`. Registers the whole batch or no one.
pub(super) fn add_batch(call: &mut Call<'_>) -> CallResult {
    let webinar = call.webinar()?.clone();
    if webinar.kind != 5 {
        return Err(ZoomApiError::bad_request(
            300,
            "This API can only be used for scheduled webinars (webinar type: 5). Batch registration is not supported \
             for other webinar types.",
        ));
    }
    let body = call.json()?;
    let entries = body["registrants"].as_array().cloned().unwrap_or_default();
    if entries.is_empty() || entries.len() > MAX_BATCH {
        return Err(ZoomApiError::field("registrants", "Invalid field."));
    }
    let mut forms = Vec::new();
    for entry in &entries {
        let allowed = |name: &String| ["email", "first_name", "last_name"].contains(&name.as_str());
        if !entry.as_object().is_some_and(|fields| fields.keys().all(allowed)) {
            return Err(ZoomApiError::field("registrants", "Invalid field."));
        }
        forms.push(registration_form::read(entry)?);
    }
    for form in &forms {
        call.count_registrant_call(RegistrantLimit::Add, webinar.id, &form.email)?;
    }
    let webinar = call.webinar()?;
    for form in &forms {
        check_eligibility(call.state, webinar, form, call.now)?;
    }
    let new =
        forms.iter().filter(|form| webinar.registrant(&form.email).is_none_or(|known| known.status.is_gone())).count();
    if webinar.seats_left().is_some_and(|left| new > left) {
        return Err(ZoomApiError::bad_request(3043, "Webinar has reached maximum attendee capacity."));
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
            let event = payloads::registration(call.state, id, &registrant, "created", call.now);
            call.events.push(event);
        }
    }
    Ok((201, json!({ "registrants": answered })))
}

/// A registration and whether it is new.
pub(crate) struct RegistrationResult {
    pub(crate) registrant: Registrant,
    pub(crate) new: bool,
}

/// Registers a person, or returns the existing registration of the address.
pub(crate) fn register(
    state: &mut ZoomState,
    webinar_id: u64,
    form: &NewRegistrant,
    approve: bool,
    now: Timestamp,
    url: &str,
) -> Result<RegistrationResult, ZoomApiError> {
    let webinar = state.webinars.get(&webinar_id).ok_or_else(|| ZoomApiError::no_webinar(webinar_id))?;
    check_eligibility(state, webinar, form, now)?;
    let existing = webinar.registrant(&form.email);
    if let Some(registrant) = existing.filter(|registrant| !registrant.status.is_gone()) {
        return Ok(RegistrationResult { registrant: registrant.clone(), new: false });
    }
    registration_form::check_answers(form, webinar)?;
    if webinar.seats_left() == Some(0) {
        return Err(ZoomApiError::bad_request(
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
        join_url: format::personal_link(url, webinar_id, &token),
    };
    if let Some(held) = state.webinars.get_mut(&webinar_id) {
        held.add_registrant(registrant.clone());
    }
    Ok(RegistrationResult { registrant, new: true })
}

/// Checks the rules that do not depend on the answers to the questions.
fn check_eligibility(
    state: &ZoomState,
    webinar: &Webinar,
    form: &NewRegistrant,
    now: Timestamp,
) -> Result<(), ZoomApiError> {
    let is = |email: &str| email.eq_ignore_ascii_case(&form.email);
    if webinar.approval_type == 2 {
        return Err(ZoomApiError::registration_off(webinar.id));
    }
    if webinar.paid {
        return Err(ZoomApiError::bad_request(3000, "The Zoom REST API does not support paid registration."));
    }
    if webinar.over(now) {
        return Err(ZoomApiError::over());
    }
    if state.host(webinar).is_ok_and(|host| is(&host.email)) {
        return Err(ZoomApiError::bad_request(3027, "Host cannot register."));
    }
    if webinar.panelists.iter().any(|panelist| is(&panelist.email)) {
        return Err(ZoomApiError::bad_request(
            3000,
            "You have been invited as a panelist for the webinar, please check your email to find more information \
             about this webinar.",
        ));
    }
    let domain = form.email.rsplit('@').next().unwrap_or_default().to_lowercase();
    if webinar.work_email_only && PRIVATE_MAIL_DOMAINS.contains(&domain.as_str()) {
        return Err(ZoomApiError::bad_request(3034, "If you have been invited, please input your work email address."));
    }
    Ok(())
}
