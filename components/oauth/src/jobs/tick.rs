//! The tick, about every minute. It is safe to run twice at once. A missed tick delays the jobs to the next one.

use super::{maintenance, permission_check, probe};
use crate::removal::confirmation::{self, Confirmation};
use crate::removal::deletion::Deletion;
use crate::removal::{deauthorization, deletion};
use crate::sign_in;
use crate::state::AppState;
use crate::store::{data_keys, removals, services};
use crate::tokens::renewal;
use anyhow::Context;
use domain::records::RemovalReason;
use domain::time::Timestamp;
use domain::{Error, ServiceId};
use serde::Serialize;

/// What a tick did.
#[derive(Debug, Default, Serialize)]
pub(crate) struct TickCounts {
    /// Number of unused grants that were renewed.
    renewed: usize,
    /// Number of removals that were completed.
    removed: usize,
    /// Number of services for which something failed. The next tick retries.
    failed: usize,
}

/// Records the keys of the store, completes removals until the deadline, probes services that Zoom rejects, encrypts tokens
/// of an older key again, rechecks permissions, renews unused grants, hands over the grant of a sign-in
/// that failed (R1), and once an hour sweeps.
pub(crate) async fn run(app: &AppState, deadline: Timestamp) -> anyhow::Result<TickCounts> {
    let mut counts = TickCounts::default();
    let mut deauthorized = Vec::new();
    if let Err(error) = data_keys::record(&app.ports).await {
        counts.failed += 1;
        platform::log!(Warn, "keys.record_failed", error = error);
    }
    for id in services::ids(app).await.context("reading the index of services")? {
        match maintain(app, &id, deadline, &mut counts).await {
            Ok(Maintenance::Done) => {}
            Ok(Maintenance::SweepNeeded) => deauthorized.push(id),
            // The record of a service that cannot be used shows why.
            Err(Error::Rejected(_)) => {}
            Err(error) => {
                counts.failed += 1;
                platform::log!(Warn, "service.maintenance_failed", service = id, error = error);
            }
        }
    }
    if !deauthorized.is_empty() {
        match deauthorization::complete(app, &deauthorized, deadline).await {
            Ok(completed) => counts.removed += completed,
            Err(error) => {
                counts.failed += deauthorized.len();
                platform::log!(Warn, "deauthorization.sweep_failed", error = error);
            }
        }
    }
    if let Err(error) = sign_in::unclaimed_grant::claim(app).await {
        counts.failed += 1;
        platform::log!(Warn, "unclaimed_grant.claim_failed", error = error);
    }
    if let Err(error) = maintenance::run_if_due(app, deadline).await {
        counts.failed += 1;
        platform::log!(Warn, "oauth.maintenance_failed", error = format_args!("{error:#}"));
    }
    Ok(counts)
}

/// The outcome of one service's maintenance.
enum Maintenance {
    Done,
    /// The account removed the app, and its data is not deleted yet. Such services are swept together.
    SweepNeeded,
}

async fn maintain(
    app: &AppState,
    id: &ServiceId,
    deadline: Timestamp,
    counts: &mut TickCounts,
) -> Result<Maintenance, Error> {
    match removals::get(app, id).await? {
        Some(removal) if removal.reason == RemovalReason::Deauthorized => return Ok(Maintenance::SweepNeeded),
        Some(removal) if removal.reason == RemovalReason::Reported => {
            if let Confirmation::Removed(_) = confirmation::confirm(app, id).await? {
                return Ok(Maintenance::SweepNeeded);
            }
        }
        Some(removal) => {
            let deletion = deletion::complete(app, id, &removal).await?;
            counts.removed += usize::from(deletion == Deletion::Complete);
        }
        None => {
            renewal::encrypt_again(app, id).await?;
            probe::run(app, id, deadline).await?;
            permission_check::run(app, id).await?;
            counts.renewed += usize::from(renewal::keep_alive(app, id).await?);
        }
    }
    Ok(Maintenance::Done)
}
