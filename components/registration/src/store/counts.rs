//! How many people of each program the ledger has.
//!
//! Each write of the ledger changes the counts in memory; what an instance
//! counted is added to the records after each piece of work. The console reads one record instead of the ledger.

use super::pending_counts::Change;
use super::reconciled;
use crate::state::AppState;
use domain::Error;
use domain::records::{Registration, RegistrationCounts, RegistrationCountsKey};
use domain::{ProgramId, WebinarId};

/// Returns the counts of a program at a webinar, with what this instance has not written yet.
pub async fn read(state: &AppState, webinar: WebinarId, program: ProgramId) -> Result<RegistrationCounts, Error> {
    let stored = state.ports.store().get_readable(&RegistrationCountsKey { webinar, program }).await?;
    let pending = state.counts.get(webinar, program);
    Ok(pending.applied_to(&stored.unwrap_or_default()))
}

/// Writes what this instance counted. What fails is written later.
///
/// Counts of a program that was disconnected meanwhile, or whose service is gone, are dropped: its account may have removed the
/// app, and then nothing of it may stay (R17).
pub async fn flush(state: &AppState) {
    let changes = state.counts.take();
    for ((webinar, program), change) in changes {
        if let Err(error) = write(state, webinar, program, |counts| change.applied_to(counts)).await {
            platform::log!(Warn, "registration_counts.write_failed", program = program, error = error);
            state.counts.add(webinar, program, change);
        }
    }
}

async fn write(
    state: &AppState,
    webinar: WebinarId,
    program: ProgramId,
    change: impl FnOnce(&RegistrationCounts) -> RegistrationCounts,
) -> Result<(), Error> {
    let key = RegistrationCountsKey { webinar, program };
    let connection = state.ports.connections().find(program).await?;
    if !reconciled::is_connected(state, connection.as_slice()).await? {
        return Ok(());
    }
    let _guard = state.locks.lock(&state.ports, &key.to_string()).await;
    let before = state.ports.store().get_readable(&key).await?.unwrap_or_default();
    let mut after = change(&before);
    if after != before {
        // The service of the webinar is that of a program that is connected to it.
        if let Some(connection) = connection.filter(|connection| connection.snapshot.id == webinar) {
            after.source = Some((&connection).into());
        }
        state.ports.store().put(&key, &after).await?;
    }
    Ok(())
}

/// Corrects the counts of registered and pending people of programs at a webinar, of whom a comparison with Zoom read all
/// entries (R18).
pub async fn correct(
    state: &AppState,
    webinar: WebinarId,
    programs: &[ProgramId],
    entries: &[&Registration],
) -> Result<(), Error> {
    flush(state).await;
    for &program in programs {
        let mut counted = Change::default();
        entries.iter().filter(|entry| entry.program == program).for_each(|entry| counted.add(Change::of(entry, 1)));
        write(state, webinar, program, |counts| {
            let kept = RegistrationCounts { registered: 0, pending: 0, ..counts.clone() };
            Change { cancelled: 0, ..counted }.applied_to(&kept)
        })
        .await?;
    }
    Ok(())
}
