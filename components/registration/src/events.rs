//! `POST /internal/zoom-events`: what became of registrants in Zoom: the host approved or denied them, or they
//! cancelled. Whoever receives Zoom's events has checked the signature.

use crate::app::App;
use crate::push::{outcome, write_back};
use axum::extract::State;
use domain::records::{Outcome, ProgramKey, Registration, RegistrationKey};
use domain::{Code, Email, Error, Problem, RegistrantId, Sensitive, WebinarId, status};
use platform::patience::RUN_LIMIT;
use platform::respond::Json;
use platform::{ApiError, Body};
use serde_json::{Value, json};
use std::sync::Arc;

/// The registrant whom an event is about, and the ledger's entry of that address.
struct Known {
    registrant: RegistrantId,
    join_url: Option<Sensitive>,
    key: RegistrationKey,
    entry: Registration,
}

/// Takes an event. What is not of the form that Zoom's samples have is passed over.
pub async fn handle(State(app): State<Arc<App>>, Body(event): Body<Value>) -> Result<Json<Value>, ApiError> {
    let event_name = event["event"].as_str().unwrap_or_default();
    if let Some(known) = find(&app, &event["payload"]["object"]).await? {
        match event_name {
            "webinar.registration_approved" => approved(&app, known).await?,
            "webinar.registration_denied" | "webinar.registration_cancelled" => denied(&app, known).await?,
            _ => {}
        }
    }
    Ok(Json(json!({})))
}

/// Who registered on Zoom's own page is not in the ledger and not copied to Marketo (R10).
async fn find(app: &App, object: &Value) -> Result<Option<Known>, Error> {
    let text = |name: &str| object["registrant"][name].as_str();
    // The webinar's id is a string in some events, a number in others (zoom.md section 4).
    let webinar = domain::json::from_value::<WebinarId>(&object["id"]).ok();
    let (Some(webinar), Some(id), Some(email)) = (webinar, text("id"), text("email").and_then(Email::parse)) else {
        return Ok(None);
    };
    let key = RegistrationKey { webinar, email: email.hash() };
    let Some(entry) = app.ports.store().get(&key).await? else { return Ok(None) };
    let join_url = text("join_url").map(Sensitive::from);
    Ok(Some(Known { registrant: RegistrantId::from(id), join_url, key, entry }))
}

/// The link does not work any more. From now on the ledger says so, and registering again approves the person again.
async fn denied(app: &App, Known { registrant, key, entry, .. }: Known) -> Result<(), Error> {
    let is_theirs = match &entry.outcome {
        Outcome::Registered { registrant: known, .. } | Outcome::Pending { registrant: known } => *known == registrant,
        Outcome::Failed { .. } => false,
    };
    if !is_theirs {
        return Ok(());
    }
    let outcome = Outcome::Failed { problem: Problem::of(Code::RegistrantDenied), next_try: None };
    write(app, &key, entry, outcome).await
}

/// The link arrives.
async fn approved(app: &App, Known { registrant, join_url, key, entry }: Known) -> Result<(), Error> {
    let Some(join_url) = join_url else { return Ok(()) };
    let waits = match &entry.outcome {
        Outcome::Pending { .. } => true,
        // Denied at first, and then approved after all.
        Outcome::Failed { problem, .. } => problem.code == Code::RegistrantDenied,
        Outcome::Registered { .. } => false,
    };
    if !waits {
        return Ok(());
    }
    let Some(connection) = app.ports.store().get(&ProgramKey { id: entry.program }).await? else { return Ok(()) };
    let marketo = app.marketo(app.ports.clock.now() + RUN_LIMIT);
    let pushed = outcome::Outcome::Registered { registrant: registrant.clone(), join_url: join_url.clone() };
    write_back::write_back(&marketo, entry.program, &connection.channel, &[(entry.lead, &pushed)]).await?;
    if let Some(registered) = connection.channel.find(status::Known::Registered) {
        marketo.set_status(entry.program, registered, &[entry.lead]).await.map_err(Error::from)?;
    }
    // Last: as long as the ledger says pending, the same event, sent again, does all of this again.
    write(app, &key, entry, Outcome::Registered { registrant, join_url }).await
}

async fn write(app: &App, key: &RegistrationKey, entry: Registration, outcome: Outcome) -> Result<(), Error> {
    let entry = Registration { outcome, at: app.ports.clock.now(), ..entry };
    Ok(app.ports.store().put(key, &entry).await?)
}
