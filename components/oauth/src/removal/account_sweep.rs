//! Deletes program connections and everything that belongs to them. It lists the store's keys, which is acceptable
//! because it is rare. The connections are deleted last: the other records are found through them, so an interrupted
//! sweep can start again.

use crate::state::AppState;
use domain::records::{Outbox, OutboxPart, ProgramConnection, ProgramKey, Registration, WebinarEndedKey};
use domain::{Error, ProgramId, WebinarId, json};
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;

/// Kinds of records whose keys continue with a program id: attendance and the pages read for it, requests for a sync,
/// and failed leads.
const KINDS_BY_PROGRAM: [&str; 3] = ["attendance:", "sync-requested:", "failure:"];

/// The programs and webinars of a sweep.
#[derive(Default)]
struct SweepTargets {
    programs: BTreeSet<ProgramId>,
    webinars: BTreeSet<WebinarId>,
    /// Webinars of connections that remain.
    kept_webinars: BTreeSet<WebinarId>,
}

/// Deletes the connections that `is_target` selects, and everything that belongs to them.
pub(super) async fn sweep(app: &AppState, is_target: impl Fn(&ProgramConnection) -> bool) -> Result<(), Error> {
    let targets = find_targets(app, is_target).await?;
    let registrations = sweep_registrations(app, &targets).await?;
    let chunks = sweep_outbox(app, &targets).await?;
    for kind in KINDS_BY_PROGRAM {
        for key in app.store().keys(kind).await? {
            let program = key.split(':').nth(1).and_then(|id| id.parse::<ProgramId>().ok());
            if program.is_some_and(|program| targets.programs.contains(&program)) {
                app.ports.key_value.delete(&key).await?;
            }
        }
    }
    for &webinar in &targets.webinars {
        app.store().delete(&WebinarEndedKey { webinar }).await?;
    }
    for &id in &targets.programs {
        app.store().delete(&ProgramKey { id }).await?;
    }
    let programs = targets.programs.len();
    platform::log!(Info, "deauthorization.swept", programs = programs, registrations = registrations, chunks = chunks);
    Ok(())
}

async fn find_targets(app: &AppState, is_target: impl Fn(&ProgramConnection) -> bool) -> Result<SweepTargets, Error> {
    let mut targets = SweepTargets::default();
    for key in app.store().keys("program:").await? {
        let Some(connection) = read::<ProgramConnection>(app, &key).await? else { continue };
        if is_target(&connection) {
            targets.programs.insert(connection.program);
            targets.webinars.insert(connection.snapshot.id);
        } else {
            targets.kept_webinars.insert(connection.snapshot.id);
        }
    }
    // A webinar that another service of the same account uses remains.
    targets.webinars.retain(|webinar| !targets.kept_webinars.contains(webinar));
    Ok(targets)
}

async fn sweep_registrations(app: &AppState, targets: &SweepTargets) -> Result<usize, Error> {
    let mut deleted = 0;
    for key in app.store().keys("registration:").await? {
        let webinar = key.split(':').nth(1).and_then(|id| id.parse::<WebinarId>().ok());
        let is_target = match webinar {
            Some(webinar) if targets.webinars.contains(&webinar) => true,
            Some(webinar) if targets.kept_webinars.contains(&webinar) => false,
            // One of the programs may have been connected to this webinar before.
            _ => read::<Registration>(app, &key).await?.is_some_and(|entry| targets.programs.contains(&entry.program)),
        };
        if is_target {
            app.ports.key_value.delete(&key).await?;
            deleted += 1;
        }
    }
    Ok(deleted)
}

async fn sweep_outbox(app: &AppState, targets: &SweepTargets) -> Result<usize, Error> {
    let mut deleted = 0;
    for head_key in app.store().keys("outbox:").await? {
        // The parts of a chunk are deleted with its head.
        if head_key.split(':').count() != 2 {
            continue;
        }
        let Some(head) = read::<Outbox>(app, &head_key).await? else { continue };
        let part_keys: Vec<_> = (1..=head.more_parts).map(|part| format!("{head_key}:{part}")).collect();
        let crash_marker_key = format!("{head_key}:crash-marker");
        let mut leads = head.leads;
        for key in &part_keys {
            leads.extend(read::<OutboxPart>(app, key).await?.map(|part| part.leads).unwrap_or_default());
        }
        // A chunk that also has other leads remains: registration reports the outcome of each lead.
        let is_target = leads.iter().all(|lead| match lead.choice.as_ref().and_then(|choice| choice.parse().ok()) {
            Some(webinar) => targets.webinars.contains(&webinar),
            None => head.program.is_some_and(|program| targets.programs.contains(&program)),
        });
        if is_target && !leads.is_empty() {
            for key in part_keys.iter().chain([&crash_marker_key, &head_key]) {
                app.ports.key_value.delete(key).await?;
            }
            deleted += 1;
        }
    }
    Ok(deleted)
}

/// Reads a record by its listed key. Skips an unreadable record, so that the sweep reaches the others.
async fn read<T: DeserializeOwned>(app: &AppState, key: &str) -> Result<Option<T>, Error> {
    let Some(bytes) = app.ports.key_value.get(key).await? else { return Ok(None) };
    let record = json::read(&bytes).ok();
    if record.is_none() {
        platform::log!(Warn, "deauthorization.read_failed", kind = key.split(':').next().unwrap_or_default());
    }
    Ok(record)
}
