//! Reads the leads of chunks for loops over many.

use super::{outbox, slots};
use crate::state::AppState;
use domain::records::{Outbox, OutboxId, OutboxLead, OutboxPartKey};
use domain::{Error, LeadId, ProgramId};
use platform::store::Stored;

/// The leads of a chunk, without those of parts that are not visible or unreadable.
pub struct VisibleLeads {
    /// The leads.
    pub leads: Vec<OutboxLead>,
    /// Whether a part is not visible.
    pub is_part_missing: bool,
}

/// Reads the leads of a chunk for a loop over many chunks.
pub async fn visible_leads(state: &AppState, id: &OutboxId, head: Outbox) -> Result<VisibleLeads, Error> {
    let mut visible = VisibleLeads { leads: head.leads, is_part_missing: false };
    for part in 1..=head.more_parts {
        match state.ports.store().inspect(&OutboxPartKey { id: id.clone(), part }).await? {
            Stored::Readable(part) => visible.leads.extend(part.leads),
            Stored::Absent => visible.is_part_missing = true,
            Stored::Unreadable => {}
        }
    }
    Ok(visible)
}

/// Reads the leads of a chunk for a loop over many chunks, without those of parts that are gone or unreadable.
pub async fn readable_leads(state: &AppState, id: &OutboxId, head: Outbox) -> Result<Vec<OutboxLead>, Error> {
    visible_leads(state, id, head).await.map(|visible| visible.leads)
}

/// Returns whether one of some leads is in an open chunk of a program.
pub async fn has_lead(state: &AppState, program: ProgramId, leads: &[LeadId]) -> Result<bool, Error> {
    for slot in slots::of_program(state, program).await? {
        let Some(head) = outbox::load_readable_head(state, &slot.chunk).await? else { continue };
        if readable_leads(state, &slot.chunk, head).await?.iter().any(|lead| leads.contains(&lead.id)) {
            return Ok(true);
        }
    }
    Ok(false)
}
