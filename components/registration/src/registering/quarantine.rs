//! Quarantines leads on which the mapping extension crashes.
//!
//! An extension that traps ends the whole instance, with all its requests. So after a crash the worker maps each of the
//! leads alone and records which one before: those of a chunk in the chunk's crash marker, those of the webhook and of
//! retries in their own records. A lead on which the worker crashes repeatedly fails, and the others go on without it.

use super::attempt::OpenCandidate;
use super::registrar::Registrar;
use crate::outcome::Disposition;
use crate::store::failures;
use domain::records::{Failure, MappingCrashMarkerKey, OutboxId};
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
            dispositions[open.index] = registrar.fail(open, problem(), open.add_calls).await?;
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

/// Maps leads one by one during whose attempts a worker crashed. Fails those on which it crashed `MAX_CRASHES` times while
/// they were mapped alone; returns the others.
pub async fn exclude_suspected<'c>(
    registrar: &Registrar<'_>,
    claimed: &[Failure],
    open: Vec<OpenCandidate<'c>>,
    dispositions: &mut [Disposition],
) -> Result<Vec<OpenCandidate<'c>>, Error> {
    let mut remaining = Vec::new();
    for open in open {
        let lead = open.candidate.lead;
        let suspected = claimed.iter().find(|failure| failure.lead == lead && failure.crashes.is_suspected);
        if let Some(failure) = suspected {
            if usize::try_from(failure.crashes.alone).is_ok_and(|crashes| crashes >= MAX_CRASHES) {
                platform::log!(Error, "mapping.quarantined", program = failure.program, lead = lead);
                dispositions[open.index] = registrar.fail(open, problem(), open.add_calls).await?;
                continue;
            }
            failures::mark_mapped_alone(registrar.state, failure, true).await?;
            // Only a crash matters here. The result is computed again before the add call.
            drop(registrar.map(open.candidate));
            failures::mark_mapped_alone(registrar.state, failure, false).await?;
        }
        remaining.push(open);
    }
    Ok(remaining)
}

fn problem() -> Problem {
    Problem::because(
        ErrorCode::MappingRejected,
        "The mapping extension crashes on this person's fields. Correct the fields or the extension.",
    )
}
