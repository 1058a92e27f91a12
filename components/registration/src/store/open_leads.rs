//! The leads of open chunks, found by the slots without a listing.

use super::{outbox, slots};
use crate::state::AppState;
use domain::{Error, LeadId, ProgramId};
use std::collections::BTreeSet;

/// Returns the leads of a program that are in chunks under way.
pub async fn of_program(state: &AppState, program: ProgramId) -> Result<BTreeSet<LeadId>, Error> {
    let mut leads = BTreeSet::new();
    for (_, taken) in slots::taken(state).await? {
        let Some(head) = outbox::load_readable_head(state, &taken.chunk).await? else { continue };
        if head.program == Some(program) && head.problem.is_none() {
            leads.extend(outbox::readable_leads(state, &taken.chunk, head).await?.into_iter().map(|lead| lead.id));
        }
    }
    Ok(leads)
}
