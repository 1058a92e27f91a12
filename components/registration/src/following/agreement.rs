//! Whether the ledger agrees with Zoom's lists, so that a comparison need not read the memberships in Marketo (R18, R23).
//!
//! The ledger is not listed: registrants who are gone from Zoom show by the number of registered people that the programs
//! count.

use super::repair::News;
use crate::copying::programs::copying;
use crate::registrants::RegistrantLookup;
use crate::state::AppState;
use crate::store::counts;
use domain::records::{ProgramConnection, RegistrationKey, RegistrationOutcome};
use domain::{Error, WebinarId};
use futures::FutureExt;
use platform::concurrency::run_bounded;
use platform::store::Stored;

/// Maximum number of ledger entries read at once.
const MAX_CONCURRENT_READS: usize = 16;

/// Returns whether each listed person stands as the ledger has it, the programs have registered nobody else, and as many people
/// as before are not copied (R10).
pub async fn holds(
    state: &AppState,
    webinar: WebinarId,
    connections: &[ProgramConnection],
    lookup: &RegistrantLookup,
    uncopied_before: usize,
) -> Result<bool, Error> {
    let store = state.ports.store();
    let reads = lookup.people().map(|(email, standing)| {
        let key = RegistrationKey { webinar, email: email.clone() };
        async move { (standing, store.inspect(&key).await) }.boxed()
    });
    let copies = !copying(state, webinar, connections).await?.is_empty();
    let mut uncopied = 0;
    let mut registered: u32 = 0;
    for (standing, entry) in run_bounded(MAX_CONCURRENT_READS, reads.collect()).await {
        let entry = match entry? {
            Stored::Readable(entry) => entry,
            Stored::Absent => {
                uncopied += usize::from(standing.is_registered());
                continue;
            }
            Stored::Unreadable => continue,
        };
        if News::of(standing, Some(&entry), None).is_news {
            return Ok(false);
        }
        uncopied += usize::from(entry.copy_pending && standing.is_registered());
        let is_registered =
            matches!(entry.outcome, RegistrationOutcome::Registered { .. } | RegistrationOutcome::Pending { .. });
        let is_counted = connections.iter().any(|connection| connection.program == entry.program);
        registered += u32::from(is_registered && is_counted);
    }
    if copies && uncopied != uncopied_before {
        return Ok(false);
    }
    let mut counted: u32 = 0;
    for connection in connections {
        let counts = counts::read(state, webinar, connection.program).await?;
        counted = counted.saturating_add(counts.registered).saturating_add(counts.pending);
    }
    Ok(registered == counted)
}
