//! `POST /internal/zoom-events`: what the host decided about registrants who waited for approval. Whoever receives
//! Zoom's events has checked the signature.

use crate::app::App;
use crate::push::outcome::Outcome;
use crate::push::write_back;
use axum::extract::State;
use domain::records::{self, ProgramKey, Registration, RegistrationKey};
use domain::status::Known;
use domain::{Email, Error, RegistrantId, Sensitive, WebinarId};
use platform::patience::RUN_LIMIT;
use platform::respond::Json;
use platform::{ApiError, Body};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Zoom's event.
#[derive(Debug, Deserialize)]
pub struct Event {
    event: String,
    payload: Payload,
}

#[derive(Debug, Deserialize)]
struct Payload {
    object: Object,
}

#[derive(Debug, Deserialize)]
struct Object {
    id: WebinarId,
    #[serde(default)]
    registrant: Option<Registrant>,
}

#[derive(Debug, Deserialize)]
struct Registrant {
    id: RegistrantId,
    email: String,
    #[serde(default)]
    join_url: Option<Sensitive>,
}

/// Takes an event. Only an approval matters: then the link arrives.
pub async fn handle(State(app): State<Arc<App>>, Body(event): Body<Event>) -> Result<Json<Value>, ApiError> {
    if event.event == "webinar.registration_approved"
        && let Some(registrant) = event.payload.object.registrant
    {
        approved(&app, event.payload.object.id, registrant).await?;
    }
    Ok(Json(json!({})))
}

async fn approved(app: &App, webinar: WebinarId, registrant: Registrant) -> Result<(), Error> {
    let (Some(email), Some(join_url)) = (Email::parse(&registrant.email), registrant.join_url) else { return Ok(()) };
    let key = RegistrationKey { webinar, email: email.hash() };
    let store = app.ports.store();
    // Who registered on Zoom's own page is not in the ledger and not copied to Marketo (R10).
    let Some(entry) = store.get(&key).await? else { return Ok(()) };
    if !matches!(entry.outcome, records::Outcome::Pending { .. }) {
        return Ok(());
    }
    let Some(connection) = store.get(&ProgramKey { id: entry.program }).await? else { return Ok(()) };
    let marketo = app.marketo(app.ports.clock.now() + RUN_LIMIT);
    let outcome = Outcome::Registered { registrant: registrant.id.clone(), join_url: join_url.clone() };
    write_back::write_back(&marketo, entry.program, &connection.channel, &[(entry.lead, &outcome)]).await?;
    if let Some(registered) = connection.channel.find(Known::Registered) {
        marketo.set_status(entry.program, registered, &[entry.lead]).await.map_err(Error::from)?;
    }
    // Last: as long as the ledger says pending, the same event, sent again, does all of this again.
    let outcome = records::Outcome::Registered { registrant: registrant.id, join_url };
    let entry = Registration { outcome, at: app.ports.clock.now(), ..entry };
    Ok(store.put(&key, &entry).await?)
}
