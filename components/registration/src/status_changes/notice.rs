//! Records leads whose status was set in Marketo as failures without an attempt, so that the tick attempts them like any
//! other and exactly once (R23).

use crate::state::AppState;
use crate::store::failures;
use crate::store::open_leads;
use domain::records::{Failure, ProgramConnection};
use domain::status::Meaning;
use domain::time::SignedDuration;
use domain::{Error, LeadId};
use marketo_client::members::Member;
use marketo_client::{BATCH, MarketoClient};

/// How long a lead waits for its first attempt. The flow step, which is quicker, usually follows the change of the status.
const WAIT_FOR_FLOW_STEP: SignedDuration = SignedDuration::from_secs(30);

/// Records those of some leads of a program that are to be registered or cancelled: members with such a status that no
/// other request works on. Returns their number.
pub async fn notice(
    state: &AppState,
    marketo: &MarketoClient,
    connection: &ProgramConnection,
    leads: &[LeadId],
) -> Result<u64, Error> {
    let mut noticed = Vec::new();
    for batch in leads.chunks(BATCH) {
        let members = marketo.members_of(connection.program, batch).await?;
        noticed.extend(members.rows.iter().filter(|member| is_to_attempt(connection, member)).map(|one| one.lead_id));
    }
    record(state, connection, &noticed).await
}

/// Records leads that are to be attempted, without those that a chunk or an earlier record has. Returns their number.
pub async fn record(state: &AppState, connection: &ProgramConnection, leads: &[LeadId]) -> Result<u64, Error> {
    if leads.is_empty() {
        return Ok(0);
    }
    let open = open_leads::of_program(state, connection.program).await?;
    let next_try = Some(state.ports.clock.now() + WAIT_FOR_FLOW_STEP);
    let record = |lead: LeadId| {
        let first = failures::before_first_attempt(state, connection.program, lead, true);
        Failure { next_try, ..first }
    };
    let records: Vec<_> = leads.iter().filter(|lead| !open.contains(lead)).map(|&lead| record(lead)).collect();
    let noticed = failures::add_new(state, records).await?;
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
