//! Records leads whose status was set in Marketo as failures without an attempt, so that the tick attempts them like any
//! other and exactly once (R23).

use crate::state::AppState;
use crate::store::{chosen_webinars, failures, open_leads};
use domain::records::{Failure, ProgramConnection};
use domain::status::Meaning;
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, LeadId};
use marketo_client::members::Member;
use marketo_client::{BATCH, MarketoClient};
use std::collections::BTreeSet;

/// How long a lead waits for its first attempt. The flow step, which is quicker, usually follows the change of the status.
const WAIT_FOR_FLOW_STEP: SignedDuration = SignedDuration::from_secs(30);

/// The same for a program whose flow step chose other webinars lately: only the flow step knows the webinar of a lead.
const WAIT_FOR_CHOICE: SignedDuration = SignedDuration::from_mins(15);

/// Returns whether the changes of a program are read: unless an admin switched that off, and if its leads can be registered,
/// because its webinar is not over and requires registration (R5).
pub fn is_watched(connection: &ProgramConnection, now: Timestamp) -> bool {
    connection.automatic
        && connection.snapshot.end_time() > now
        && connection.snapshot.registration.requires_registration()
}

/// Records those of some leads of a program that are to be registered or cancelled: members with such a status that no
/// other request works on. Returns their number.
pub async fn notice(
    state: &AppState,
    marketo: &MarketoClient,
    connection: &ProgramConnection,
    leads: &[LeadId],
) -> Result<u64, Error> {
    let noticed = to_attempt(marketo, connection, leads).await?;
    record(state, connection, &noticed, true).await
}

/// Returns those of some leads that are to be registered or cancelled, by their present memberships.
async fn to_attempt(
    marketo: &MarketoClient,
    connection: &ProgramConnection,
    leads: &[LeadId],
) -> Result<Vec<LeadId>, Error> {
    let mut found = Vec::new();
    for batch in leads.chunks(BATCH) {
        let members = marketo.members_of(connection.program, batch).await?;
        found.extend(members.rows.iter().filter(|member| is_to_attempt(connection, member)).map(|one| one.lead_id));
    }
    Ok(found)
}

/// Returns those of some noticed leads whose first attempt is still to be made: no chunk has them, and none has had them since.
pub async fn still_to_attempt(
    state: &AppState,
    connection: &ProgramConnection,
    leads: &[LeadId],
    deadline: Timestamp,
) -> Result<BTreeSet<LeadId>, Error> {
    let open = open_leads::of_program(state, connection.program).await?;
    let leads: Vec<_> = leads.iter().copied().filter(|lead| !open.contains(lead)).collect();
    Ok(to_attempt(&state.marketo(deadline), connection, &leads).await?.into_iter().collect())
}

/// Records leads that are to be attempted, without those that a chunk or an earlier record has. Returns their number.
/// `is_new_change`: whether their status was set just now.
pub async fn record(
    state: &AppState,
    connection: &ProgramConnection,
    leads: &[LeadId],
    is_new_change: bool,
) -> Result<u64, Error> {
    if leads.is_empty() {
        return Ok(0);
    }
    let open = open_leads::of_program(state, connection.program).await?;
    let chooses = chosen_webinars::open(state).await?.iter().any(|(_, program)| *program == connection.program);
    let next_try = Some(state.ports.clock.now() + if chooses { WAIT_FOR_CHOICE } else { WAIT_FOR_FLOW_STEP });
    let record = |lead: LeadId| {
        let first = failures::before_first_attempt(state, connection.program, lead, true, Some(connection.into()));
        Failure { next_try, ..first }
    };
    let records: Vec<_> = leads.iter().filter(|lead| !open.contains(lead)).map(|&lead| record(lead)).collect();
    let noticed = failures::add_new(state, records, is_new_change).await?;
    if noticed > 0 {
        platform::log!(Info, "status_change.noticed", program = connection.program, leads = noticed);
    }
    Ok(noticed)
}

/// Returns whether a member is to be registered, or cancelled: by its present status, because an activity is history. A
/// registration code shows that the lead is registered.
pub fn is_to_attempt(connection: &ProgramConnection, member: &Member) -> bool {
    let Some(status) = &member.status_name else { return false };
    let has_code = member.registration_code.as_ref().is_some_and(|code| !code.as_str().is_empty());
    if has_code {
        return connection.is_status(Meaning::Cancelled, status);
    }
    connection.is_status(Meaning::Registered, status)
}
