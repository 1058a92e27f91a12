//! Quarantines leads on which the mapping extension crashes.
//!
//! An extension that traps ends the whole instance, with all its requests. So when a chunk is resumed, the worker maps
//! each of its leads alone and records which one before. A lead on which the worker crashes repeatedly fails, and the
//! others go on without it.

use super::attempt::OpenCandidate;
use super::registrar::Registrar;
use crate::outcome::Disposition;
use domain::records::{MappingCrashMarkerKey, OutboxId};
use domain::{Error, ErrorCode, Problem};

/// Number of crashes that quarantine a lead. A single one may be a coincidence.
const MAX_CRASHES: usize = 2;

/// Maps the open candidates one by one. Fails those on which the worker crashed `MAX_CRASHES` times; returns the
/// others.
pub async fn exclude_crashing<'c>(
    registrar: &Registrar<'_>,
    chunk: &OutboxId,
    open: Vec<OpenCandidate<'c>>,
    dispositions: &mut [Disposition],
) -> Result<Vec<OpenCandidate<'c>>, Error> {
    let store = registrar.state.ports.store();
    let key = MappingCrashMarkerKey { id: chunk.clone() };
    let mut marker = store.get(&key).await?.unwrap_or_default();
    marker.crashed_on.extend(marker.current_lead.take());
    let mut remaining = Vec::new();
    for open in open {
        let lead = open.candidate.lead;
        if marker.crashed_on.iter().filter(|&&crashed| crashed == lead).count() >= MAX_CRASHES {
            platform::log!(Error, "mapping.quarantined", outbox = chunk, lead = lead);
            let problem = Problem::because(
                ErrorCode::MappingRejected,
                "The mapping extension crashes on this person's fields. Correct the fields or the extension.",
            );
            dispositions[open.index] = registrar.fail(open, problem, open.add_calls).await?;
            continue;
        }
        marker.current_lead = Some(lead);
        store.put(&key, &marker).await?;
        // Only a crash matters here. The result is computed again before the add call.
        drop(registrar.map(open.candidate));
        remaining.push(open);
    }
    marker.current_lead = None;
    store.put(&key, &marker).await?;
    Ok(remaining)
}
