//! Deletes what this component has of a person, when an admin asks for it.

use super::keys::RegistrationKeys;
use super::{chunk_leads, failures, outbox, seizure};
use crate::registering::eligibility;
use crate::state::AppState;
use crate::store::pending_counts::Change;
use domain::records::{Outbox, OutboxId, OutboxKey, OutboxLead};
use domain::time::Timestamp;
use domain::{Email, Error, LeadId, ProgramId, RegistrantId, WebinarId};
use std::collections::BTreeSet;

/// How often a chunk is tried to be taken from its worker, which may be writing its claim at the same time.
const MAX_SEIZURES: u32 = 3;

/// What was found of a person and deleted.
#[derive(Debug, Default)]
pub struct Forgotten {
    /// Number of ledger entries.
    pub registrations: u64,
    /// Number of failures.
    pub failures: u64,
    /// Number of leads in chunks that wait for their callback, which reports them as failed.
    pub waiting: u64,
    /// The person's leads: Marketo's, and those of the ledger.
    pub leads: Vec<LeadId>,
    /// The person's registrant ids, as far as the ledger has them.
    pub registrants: Vec<RegistrantId>,
    /// The programs of these records.
    pub programs: BTreeSet<ProgramId>,
    /// The webinars of these records.
    pub webinars: BTreeSet<WebinarId>,
    /// Whether all was looked at, and nothing of it is in use or not visible. What another worker wrote meanwhile may be left.
    pub is_complete: bool,
}

/// Deletes the records of a person until the deadline. `leads`: the leads that Marketo has with the address. Chunks come first,
/// so that their workers register the person no more.
pub async fn forget_person(
    state: &AppState,
    email: &Email,
    leads: Vec<LeadId>,
    deadline: Timestamp,
) -> Result<Forgotten, Error> {
    let mut forgotten = Forgotten { leads, is_complete: true, ..Forgotten::default() };
    for OutboxKey { id } in RegistrationKeys::list(state).await?.chunks {
        if state.ports.clock.now() >= deadline {
            forgotten.is_complete = false;
            return Ok(forgotten);
        }
        forget_in_chunk(state, &id, email, &mut forgotten).await?;
    }
    // Listed again, since the workers of those chunks wrote until now.
    let store = state.ports.store();
    let code = store.address_code(&email.hash()).await?;
    let keys = RegistrationKeys::list(state).await?;
    for key in keys.registrations.into_iter().filter(|key| key.email == code) {
        // Readable or not: the key is that of the person.
        if let Some(entry) = store.get_readable(&key).await? {
            state.counts.add(key.webinar, entry.program, Change::of(&entry, -1));
            forgotten.registrants.extend(entry.outcome.registrant().cloned());
            forgotten.programs.insert(entry.program);
            if !forgotten.leads.contains(&entry.lead) {
                forgotten.leads.push(entry.lead);
            }
        }
        store.delete(&key).await?;
        forgotten.webinars.insert(key.webinar);
        forgotten.registrations += 1;
    }
    for key in keys.failures.iter().filter(|key| forgotten.leads.contains(&key.lead)) {
        let is_claimed = store.get_readable(key).await?.is_some_and(|failure| failure.claim.is_some());
        failures::forget(state, key.program, key.lead).await?;
        forgotten.programs.insert(key.program);
        forgotten.failures += 1;
        // Its worker may write it again.
        forgotten.is_complete &= !is_claimed;
    }
    Ok(forgotten)
}

/// Replaces the person's leads in a chunk by their ids, and takes the chunk from its worker. The tick runs it again.
async fn forget_in_chunk(
    state: &AppState,
    id: &OutboxId,
    email: &Email,
    forgotten: &mut Forgotten,
) -> Result<(), Error> {
    let known = forgotten.leads.clone();
    let is_of_person = |lead: &OutboxLead| {
        !lead.is_forgotten && (known.contains(&lead.id) || eligibility::email(lead).is_some_and(|of| of == *email))
    };
    for _ in 0..MAX_SEIZURES {
        // One that was given up has ids only.
        let head = outbox::load_readable_head(state, id).await?.filter(|head| head.problem.is_none());
        let Some(head) = head else { return Ok(()) };
        let visible = chunk_leads::visible_leads(state, id, head.clone()).await?;
        // The part may have the person.
        forgotten.is_complete &= !visible.is_part_missing;
        let found = visible.leads.iter().filter(|lead| is_of_person(lead)).count();
        if found == 0 {
            return Ok(());
        }
        // Its worker may be adding the person right now, and then writes the ledger.
        forgotten.is_complete &= !outbox::CLAIM.is_held(head.claim, state.ports.clock.now());
        let strip = |head: Outbox| Outbox { leads: seizure::stripped(&head.leads, &is_of_person), ..head };
        let Some(seized) = seizure::seize(state, id, &head, &strip).await? else { continue };
        seizure::strip_parts(state, id, &seized, &is_of_person).await?;
        // Released, for the next tick.
        let released = Outbox { claim: None, ..seized.clone() };
        if !seizure::replace(state, id, &seized, &released).await? {
            continue;
        }
        forgotten.waiting += found as u64;
        forgotten.programs.extend(seized.program);
        return Ok(());
    }
    forgotten.is_complete = false;
    Ok(())
}
