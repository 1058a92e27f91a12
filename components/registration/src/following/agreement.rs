//! Whether the ledger agrees with Zoom's lists, so that a comparison need not read the memberships in Marketo (R18, R23).
//!
//! The ledger is not listed: registrants who are gone from Zoom show by the number of registered people that the programs
//! count.

use super::repair::News;
use crate::copying::programs;
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

/// Returns whether each listed person stands as the ledger has it, and the programs have registered nobody else.
pub async fn holds(
    state: &AppState,
    webinar: WebinarId,
    connections: &[ProgramConnection],
    lookup: &RegistrantLookup,
) -> Result<bool, Error> {
    let store = state.ports.store();
    let reads = lookup.people().map(|(email, standing)| {
        let key = RegistrationKey { webinar, email: email.clone() };
        async move { (standing, store.inspect(&key).await) }.boxed()
    });
    let copies = connections.iter().any(|connection| programs::copies(connection, webinar, state.ports.clock.now()));
    let mut registered: u32 = 0;
    for (standing, entry) in run_bounded(MAX_CONCURRENT_READS, reads.collect()).await {
        let entry = match entry? {
            Stored::Readable(entry) => entry,
            // A person who registered on Zoom's page (R10).
            Stored::Absent if copies && standing.is_registered() => return Ok(false),
            Stored::Absent | Stored::Unreadable => continue,
        };
        if entry.copy_pending || News::of(standing, Some(&entry), None).is_news {
            return Ok(false);
        }
        let is_registered =
            matches!(entry.outcome, RegistrationOutcome::Registered { .. } | RegistrationOutcome::Pending { .. });
        let is_counted = connections.iter().any(|connection| connection.program == entry.program);
        registered += u32::from(is_registered && is_counted);
    }
    let mut counted: u32 = 0;
    for connection in connections {
        let counts = counts::read(state, webinar, connection.program).await?;
        counted = counted.saturating_add(counts.registered).saturating_add(counts.pending);
    }
    Ok(registered == counted)
}
