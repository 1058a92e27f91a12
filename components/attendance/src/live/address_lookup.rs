//! Finds the leads of people who joined without a registrant id and without a ledger entry. The store keeps no
//! addresses, so the instance that got the event looks them up, a few seconds after its answer. What it does not find, or
//! loses in a crash, the run after the webinar finds.

use super::watch;
use crate::person::PersonKey;
use crate::rules::own_side::OwnSide;
use crate::state::AppState;
use crate::store::live_joins;
use domain::records::{LiveJoin, RegistrationKey};
use domain::time::SignedDuration;
use domain::{Error, WebinarId};

/// How long addresses are collected, so that people who join at the same time cost one call.
const GATHERING_TIME: SignedDuration = SignedDuration::from_secs(2);

/// Looks the addresses of a webinar up, and writes the leads down like joins.
pub(crate) async fn run(state: AppState, webinar: WebinarId) {
    state.ports.clock.sleep(GATHERING_TIME).await;
    if let Err(error) = look_up(&state, webinar).await {
        platform::log!(Warn, "live.lookup_failed", webinar = webinar, error = error);
    }
}

async fn look_up(state: &AppState, webinar: WebinarId) -> Result<(), Error> {
    let deadline = state.deadline();
    let mut unknown = Vec::new();
    for email in state.live.addresses.take(webinar) {
        if !state.store().exists(&RegistrationKey { webinar, email: email.hash() }).await? {
            unknown.push(email);
        }
    }
    let programs = watch::programs(state, webinar).await?.programs;
    let Some(connection) = programs.first().filter(|_| !unknown.is_empty()) else { return Ok(()) };
    // The own side is not attended (R11).
    let zoom = state.zoom(&connection.service, deadline);
    let shown = zoom.webinar(webinar).await.map_err(Error::from)?;
    let mut own_side = OwnSide::new(shown.hosts(), shown.registration().requires_registration());
    own_side.add_panelists(zoom.panelists(webinar).await.ok());
    unknown.retain(|email| own_side.accepts_unregistered && !own_side.contains(PersonKey::email(email)));
    let marketo = state.live_marketo(deadline);
    let found = marketo.find_leads(&unknown.iter().collect::<Vec<_>>(), connection.lead_partition.as_ref()).await?;
    for email in &unknown {
        let leads: Vec<_> = found.of(email).iter().map(|lead| lead.id).collect();
        if !leads.is_empty() {
            let join = LiveJoin { at: state.now(), registrant: None, email: None, leads };
            live_joins::append(state, webinar, join).await?;
        }
    }
    Ok(())
}
