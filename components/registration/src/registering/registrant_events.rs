//! Applies Zoom's registrant events: the host approved or denied a registrant, or the registrant cancelled.

use super::write_back;
use crate::outcome::LeadOutcome;
use crate::state::AppState;
use crate::store::ledger;
use domain::records::{Registration, RegistrationKey, RegistrationOutcome};
use domain::status::Meaning;
use domain::{Email, Error, ErrorCode, Problem, RegistrantId, Sensitive};
use platform::retry::RUN_TIMEOUT;
use zoom_client::events::ZoomEvent;

/// The registrant of an event, with the ledger's entry of its address.
struct KnownRegistrant {
    id: RegistrantId,
    join_url: Option<Sensitive>,
    key: RegistrationKey,
    entry: Registration,
}

/// Applies an event. Ignores events of other kinds, of unknown registrants, or without the documented fields.
pub async fn apply(state: &AppState, event: &ZoomEvent) -> Result<(), Error> {
    let Some(known) = find(state, event).await? else { return Ok(()) };
    match event.name() {
        "webinar.registration_approved" => approved(state, known).await,
        "webinar.registration_denied" | "webinar.registration_cancelled" => denied(state, known).await,
        _ => Ok(()),
    }
}

/// Finds the ledger's entry. A registration made on Zoom's own page has none, and is not copied to Marketo (R10).
async fn find(state: &AppState, event: &ZoomEvent) -> Result<Option<KnownRegistrant>, Error> {
    let text = |name: &str| event.object()["registrant"][name].as_str();
    let email = text("email").and_then(Email::parse);
    let (Some(webinar), Some(id), Some(email)) = (event.webinar(), text("id"), email) else { return Ok(None) };
    let Some(entry) = ledger::read(state, webinar, &email).await? else { return Ok(None) };
    let join_url = text("join_url").map(Sensitive::from);
    Ok(Some(KnownRegistrant { id: RegistrantId::from(id), join_url, key: ledger::key(webinar, &email), entry }))
}

/// Records that the join link no longer works. The next registration of the person approves the registrant again.
async fn denied(state: &AppState, KnownRegistrant { id, key, entry, .. }: KnownRegistrant) -> Result<(), Error> {
    let is_same_registrant = match &entry.outcome {
        RegistrationOutcome::Registered { registrant, .. } | RegistrationOutcome::Pending { registrant } => {
            *registrant == id
        }
        RegistrationOutcome::Failed { .. } => false,
    };
    if !is_same_registrant {
        return Ok(());
    }
    let outcome = RegistrationOutcome::Failed { problem: Problem::of(ErrorCode::RegistrantDenied), next_try: None };
    write(state, &key, entry, outcome).await
}

/// Writes the join link of an approved registrant to Marketo, then to the ledger.
async fn approved(state: &AppState, known: KnownRegistrant) -> Result<(), Error> {
    let KnownRegistrant { id: registrant, join_url, key, entry } = known;
    let Some(join_url) = join_url else { return Ok(()) };
    let waits_for_approval = match &entry.outcome {
        RegistrationOutcome::Pending { .. } => true,
        // Denied at first, and approved later.
        RegistrationOutcome::Failed { problem, .. } => problem.code == ErrorCode::RegistrantDenied,
        RegistrationOutcome::Registered { .. } => false,
    };
    if !waits_for_approval {
        return Ok(());
    }
    let connection = state.ports.connections().find(entry.program).await?;
    let Some(connection) = connection else { return Ok(()) };
    let marketo = state.marketo(state.ports.clock.now() + RUN_TIMEOUT);
    let outcome = LeadOutcome::Registered { registrant: registrant.clone(), join_url: join_url.clone() };
    write_back::write_back(&marketo, &connection, &[(entry.lead, &outcome)]).await?;
    if let Some(registered) = connection.status_for(Meaning::Registered) {
        marketo.set_status(entry.program, registered, &[entry.lead]).await.map_err(Error::from)?;
    }
    // The ledger is written last, so that a repeated event repeats everything above.
    write(state, &key, entry, RegistrationOutcome::Registered { registrant, join_url }).await
}

async fn write(
    state: &AppState,
    key: &RegistrationKey,
    entry: Registration,
    outcome: RegistrationOutcome,
) -> Result<(), Error> {
    let entry = Registration { outcome, at: state.ports.clock.now(), ..entry };
    ledger::write(state, key, &entry).await
}
