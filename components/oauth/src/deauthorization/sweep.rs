//! Deletes what belongs to services whose account removed the app. It reads every key of the store, which is rare here.
//! The connections go last: what else belongs to the account is found through them, so a sweep that was cut off can be
//! done again from the start.

use crate::app::App;
use crate::services::{self, Why};
use domain::records::{Connection, EndedKey, Outbox, OutboxPart, ProgramKey, Registration, Service};
use domain::{AccountId, Error, ProgramId, ServiceId, WebinarId, json};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeSet;

/// What goes.
#[derive(Default)]
struct Doomed {
    programs: BTreeSet<ProgramId>,
    webinars: BTreeSet<WebinarId>,
    /// Webinars of connections that stay.
    kept: BTreeSet<WebinarId>,
}

/// Finishes the removal of services that are marked for it.
pub(crate) async fn finish(app: &App, ended: &[ServiceId]) -> Result<(), Error> {
    for id in ended {
        // Ending it may have been cut off.
        services::end(app, id, Why::Deauthorized).await?;
    }
    let services = services::all(app).await?;
    let accounts = services.iter().filter(|service| ended.contains(&service.id)).map(|service| &service.account_id);
    let accounts: Vec<_> = accounts.collect();
    sweep(app, |connection| ended.contains(&connection.service) || is_leftover(connection, &accounts, &services))
        .await?;
    for id in ended {
        services::removal_done(app, id).await?;
    }
    Ok(())
}

/// Deletes what is left of an account that has no service here any more.
pub(crate) async fn leftovers(app: &App, account: &AccountId) -> Result<(), Error> {
    let services = services::all(app).await?;
    sweep(app, |connection| is_leftover(connection, &[account], &services)).await
}

/// Whether a connection is of one of some accounts, and its service was deleted here before.
fn is_leftover(connection: &Connection, accounts: &[&AccountId], services: &[Service]) -> bool {
    connection.account_id.as_ref().is_some_and(|account| accounts.contains(&account))
        && !services.iter().any(|service| service.id == connection.service)
}

/// The kinds of records whose keys go on with a program: how its attendance is and what was read for it, that somebody
/// asked for it, and the leads that failed in it.
const OF_PROGRAMS: [&str; 3] = ["attendance:", "asked:", "failure:"];

/// Deletes some connections and everything that belongs to them.
async fn sweep(app: &App, goes: impl Fn(&Connection) -> bool) -> Result<(), Error> {
    let doomed = find(app, goes).await?;
    let registrations = sweep_registrations(app, &doomed).await?;
    let chunks = sweep_outbox(app, &doomed).await?;
    for kind in OF_PROGRAMS {
        for key in app.store().keys(kind).await? {
            let program = key.split(':').nth(1).and_then(|id| id.parse::<ProgramId>().ok());
            if program.is_some_and(|program| doomed.programs.contains(&program)) {
                app.ports.key_value.delete(&key).await?;
            }
        }
    }
    for &webinar in &doomed.webinars {
        app.store().delete(&EndedKey { webinar }).await?;
    }
    for &id in &doomed.programs {
        app.store().delete(&ProgramKey { id }).await?;
    }
    let programs = doomed.programs.len();
    platform::log!("deauthorization.swept", programs = programs, registrations = registrations, chunks = chunks);
    Ok(())
}

async fn find(app: &App, goes: impl Fn(&Connection) -> bool) -> Result<Doomed, Error> {
    let mut doomed = Doomed::default();
    for key in app.store().keys("program:").await? {
        let Some(connection) = read::<Connection>(app, &key).await? else { continue };
        if goes(&connection) {
            doomed.programs.insert(connection.program);
            doomed.webinars.insert(connection.snapshot.id);
        } else {
            doomed.kept.insert(connection.snapshot.id);
        }
    }
    // A webinar that another service of the same account uses stays with that one.
    doomed.webinars.retain(|webinar| !doomed.kept.contains(webinar));
    Ok(doomed)
}

async fn sweep_registrations(app: &App, doomed: &Doomed) -> Result<usize, Error> {
    let mut swept = 0;
    for key in app.store().keys("registration:").await? {
        let webinar = key.split(':').nth(1).and_then(|id| id.parse::<WebinarId>().ok());
        let goes = match webinar {
            Some(webinar) if doomed.webinars.contains(&webinar) => true,
            Some(webinar) if doomed.kept.contains(&webinar) => false,
            // Of a webinar to which one of the programs was connected before.
            _ => read::<Registration>(app, &key).await?.is_some_and(|entry| doomed.programs.contains(&entry.program)),
        };
        if goes {
            app.ports.key_value.delete(&key).await?;
            swept += 1;
        }
    }
    Ok(swept)
}

async fn sweep_outbox(app: &App, doomed: &Doomed) -> Result<usize, Error> {
    let mut swept = 0;
    for head_key in app.store().keys("outbox:").await? {
        // The parts of a chunk go with its head.
        if head_key.split(':').count() != 2 {
            continue;
        }
        let Some(head) = read::<Outbox>(app, &head_key).await? else { continue };
        let part_keys: Vec<_> = (1..=head.more_parts).map(|part| format!("{head_key}:{part}")).collect();
        let questioned = format!("{head_key}:questioned");
        let mut leads = head.leads;
        for key in &part_keys {
            leads.extend(read::<OutboxPart>(app, key).await?.map(|part| part.leads).unwrap_or_default());
        }
        // A chunk that has leads of others too stays: registration tells each lead's outcome.
        let goes = leads.iter().all(|lead| match lead.choice.as_ref().and_then(|choice| choice.parse().ok()) {
            Some(webinar) => doomed.webinars.contains(&webinar),
            None => head.program.is_some_and(|program| doomed.programs.contains(&program)),
        });
        if goes && !leads.is_empty() {
            for key in part_keys.iter().chain([&questioned, &head_key]) {
                app.ports.key_value.delete(key).await?;
            }
            swept += 1;
        }
    }
    Ok(swept)
}

/// A record by its key as listed. One that cannot be read is passed over, so that it does not keep the others.
async fn read<T: DeserializeOwned>(app: &App, key: &str) -> Result<Option<T>, Error> {
    let Some(value) = value(app, key).await? else { return Ok(None) };
    let record = json::from_value(&value).ok();
    if record.is_none() {
        log_unreadable(key);
    }
    Ok(record)
}

async fn value(app: &App, key: &str) -> Result<Option<Value>, Error> {
    let Some(bytes) = app.ports.key_value.get(key).await? else { return Ok(None) };
    let value = json::parse(&bytes).ok();
    if value.is_none() {
        log_unreadable(key);
    }
    Ok(value)
}

fn log_unreadable(key: &str) {
    platform::log!("deauthorization.unreadable", kind = key.split(':').next().unwrap_or_default());
}
