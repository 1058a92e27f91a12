//! The maintenance: once an hour lists the store, adds services that the index lacks, and deletes expired sign-ins and what
//! is left of services that are gone.

use crate::sign_in::unclaimed_grant;
use crate::state::AppState;
use crate::store::services;
use anyhow::Context;
use domain::ServiceId;
use domain::records::{AnyKey, OauthSweepKey, RecordKind, ServiceKey};
use domain::time::Timestamp;
use platform::maintenance::{Maintenance, from_anywhere};
use std::collections::BTreeSet;

/// The kinds of this component's records that are listed.
const KINDS: &[RecordKind] = &[
    RecordKind::Service,
    RecordKind::Account,
    RecordKind::Token,
    RecordKind::SignIn,
    RecordKind::Removal,
    RecordKind::RenewalLease,
];

/// Runs if the last maintenance is an hour ago.
pub(super) async fn run_if_due(app: &AppState, deadline: Timestamp) -> anyhow::Result<()> {
    let begun = Maintenance::begin_if_due(&app.ports, OauthSweepKey {}, deadline).await;
    let Some(mut maintenance) = begun.context("beginning the maintenance")? else { return Ok(()) };
    let keys = app.store().list_kinds(KINDS).await.context("listing the store")?;
    let stored: BTreeSet<_> = keys.iter().filter_map(service_of).cloned().collect();
    repair_index(app, &stored, &mut maintenance).await.context("repairing the index of services")?;
    let mut deleted = 0;
    for key in from_anywhere(&app.ports, keys) {
        if app.now() >= deadline {
            break;
        }
        let service = match &key {
            AnyKey::Token(key) => Some(key.id.clone()),
            AnyKey::Removal(key) => Some(key.id.clone()),
            AnyKey::RenewalLease(key) => Some(key.id.clone()),
            AnyKey::Account(key) => app.store().get_readable(key).await?.map(|live| live.service),
            _ => None,
        };
        // A listing may lack keys without an error, so the service's record is looked for by its key too.
        let is_of_gone_service = match service {
            Some(id) if stored.contains(&id) => false,
            Some(id) => !app.store().exists(&ServiceKey { id }).await?,
            None => false,
        };
        let is_over = match &key {
            AnyKey::SignIn(key) => {
                app.store().get_readable(key).await?.is_some_and(|sign_in| sign_in.expires_at <= app.now())
            }
            AnyKey::Token(key) => {
                is_of_gone_service
                    && !unclaimed_grant::is_waiting(app, &key.id).await?
                    && maintenance.is_lasting_orphan(key)
            }
            AnyKey::Removal(key) => is_of_gone_service && maintenance.is_lasting_orphan(key),
            AnyKey::RenewalLease(key) => is_of_gone_service && maintenance.is_lasting_orphan(key),
            AnyKey::Account(key) => is_of_gone_service && maintenance.is_lasting_orphan(key),
            _ => false,
        };
        if is_over {
            app.store().delete(&key).await?;
            deleted += 1;
        }
    }
    if deleted > 0 {
        platform::log!(Info, "oauth.swept", count = deleted);
    }
    maintenance.finish().await.context("recording the maintenance")
}

const fn service_of(key: &AnyKey) -> Option<&ServiceId> {
    match key {
        AnyKey::Service(key) => Some(&key.id),
        _ => None,
    }
}

/// Adds services that the index lacks, and drops ids whose service is gone.
async fn repair_index(
    app: &AppState,
    stored: &BTreeSet<ServiceId>,
    maintenance: &mut Maintenance<'_, OauthSweepKey>,
) -> Result<(), domain::Error> {
    let _guard = app.lock_service_index().await;
    let listed = services::ids(app).await?;
    for id in stored.iter().filter(|id| !listed.contains(id)) {
        services::add_to_index(app, id).await?;
    }
    for id in listed.iter().filter(|id| !stored.contains(id)) {
        let key = ServiceKey { id: id.clone() };
        if !app.store().exists(&key).await? && maintenance.is_lasting_orphan(&key) {
            services::remove_from_index(app, id).await?;
        }
    }
    Ok(())
}
