//! The leads of open chunks, found by the slots without a listing.

use super::{chunk_leads, outbox, slots};
use crate::state::AppState;
use domain::records::OutboxLead;
use domain::{Error, LeadId, ProgramId};
use std::collections::BTreeSet;

/// Returns the leads of a program that are in chunks under way.
pub async fn of_program(state: &AppState, program: ProgramId) -> Result<BTreeSet<LeadId>, Error> {
    Ok(read(state, Some(program)).await?.into_iter().map(|lead| lead.id).collect())
}

/// Returns the leads that are in chunks under way.
pub async fn all(state: &AppState) -> Result<Vec<OutboxLead>, Error> {
    read(state, None).await
}

async fn read(state: &AppState, program: Option<ProgramId>) -> Result<Vec<OutboxLead>, Error> {
    let mut leads = Vec::new();
    for (_, taken) in slots::taken(state).await? {
        let Some(head) = outbox::load_readable_head(state, &taken.chunk).await? else { continue };
        if (program.is_none() || head.program == program) && head.problem.is_none() {
            leads.extend(chunk_leads::readable_leads(state, &taken.chunk, head).await?);
        }
    }
    Ok(leads)
}
