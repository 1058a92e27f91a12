//! Connections of programs: one record per program, and the index of their ids. The store has no compare-and-swap, so
//! the index may for a while name an id without a record, which reading skips, or lack one; [`repair_index`] corrects
//! both.

use domain::Error;
use domain::ProgramId;
use domain::records::{ConnectedPrograms, ProgramConnection, ProgramKey, ProgramsKey};
use domain::time::{SignedDuration, Timestamp};
use futures::{StreamExt, TryStreamExt, stream};
use platform::Store;

/// Maximum number of records read at once, so that hundreds of programs on a remote store take no longer than a few.
const MAX_CONCURRENT_READS: usize = 16;

/// Maximum number of times an id is added to the index when a concurrent request overwrites it. Only admins' actions
/// write the index, so one attempt is nearly always enough.
const MAX_INDEX_ATTEMPTS: u32 = 3;

/// How long a webinar stays in the index after its end: an address's add calls of one day are counted over all webinars
/// (R12), and webinars overrun.
const INDEXED_AFTER_END: SignedDuration = SignedDuration::from_hours(24);

/// Returns every connection, in order of connection.
pub(crate) async fn all(store: Store<'_>) -> Result<Vec<ProgramConnection>, Error> {
    let ids = index(store).await?.ids;
    read(store, ids).await
}

/// Returns a program's connection.
pub(crate) async fn find(store: Store<'_>, id: ProgramId) -> Result<Option<ProgramConnection>, Error> {
    Ok(store.get(&ProgramKey { id }).await?)
}

async fn read(store: Store<'_>, ids: Vec<ProgramId>) -> Result<Vec<ProgramConnection>, Error> {
    let reads: Vec<_> = ids.into_iter().map(|id| find(store, id)).collect();
    let records: Vec<_> = stream::iter(reads).buffered(MAX_CONCURRENT_READS).try_collect().await?;
    Ok(records.into_iter().flatten().collect())
}

/// Writes a connection that an admin made.
pub(crate) async fn add(store: Store<'_>, connection: &ProgramConnection) -> Result<(), Error> {
    store.put(&ProgramKey { id: connection.program }, connection).await?;
    let webinar = connection.snapshot.id;
    for _ in 0..MAX_INDEX_ATTEMPTS {
        let mut programs = index(store).await?;
        if programs.ids.contains(&connection.program) && programs.webinars.contains(&webinar) {
            break;
        }
        if !programs.ids.contains(&connection.program) {
            programs.ids.push(connection.program);
        }
        if !programs.webinars.contains(&webinar) {
            programs.webinars.push(webinar);
        }
        store.put(&ProgramsKey {}, &programs).await?;
    }
    Ok(())
}

/// Repairs the index from the records and returns every connection.
///
/// Drops ids whose record is gone (`oauth` deletes those of an account that removed the app, R17), restores ids that a
/// concurrent write lost, and drops webinars that are over. It lists the keys of the store, so only the tick calls it.
pub(crate) async fn repair_index(store: Store<'_>, now: Timestamp) -> Result<Vec<ProgramConnection>, Error> {
    let keys = store.keys("program:").await?;
    let stored: Vec<ProgramId> = keys.iter().filter_map(|key| key.strip_prefix("program:")?.parse().ok()).collect();
    let mut programs = index(store).await?;
    let before = programs.clone();
    programs.ids.retain(|id| stored.contains(id));
    programs.ids.extend(stored.into_iter().filter(|id| !before.ids.contains(id)));
    let connections = read(store, programs.ids.clone()).await?;
    programs.webinars.clear();
    for connection in &connections {
        let webinar = connection.snapshot.id;
        if connection.snapshot.end_time() + INDEXED_AFTER_END > now && !programs.webinars.contains(&webinar) {
            programs.webinars.push(webinar);
        }
    }
    if programs != before {
        platform::log!(Info, "program_index.repaired", before = before.ids.len(), after = programs.ids.len());
        store.put(&ProgramsKey {}, &programs).await?;
    }
    Ok(connections)
}

/// Writes a refreshed connection, unless an admin disconnected or re-connected the program meanwhile: a refresh takes
/// seconds, and the admin's choice wins.
pub(crate) async fn update(store: Store<'_>, connection: &ProgramConnection) -> Result<(), Error> {
    let key = ProgramKey { id: connection.program };
    match store.get(&key).await? {
        Some(stored) if is_same_connection(&stored, connection) => Ok(store.put(&key, connection).await?),
        _ => Ok(()),
    }
}

/// Deletes a connection.
pub(crate) async fn remove(store: Store<'_>, program: ProgramId) -> Result<(), Error> {
    store.delete(&ProgramKey { id: program }).await?;
    let mut programs = index(store).await?;
    if programs.ids.contains(&program) {
        programs.ids.retain(|&id| id != program);
        store.put(&ProgramsKey {}, &programs).await?;
    }
    Ok(())
}

async fn index(store: Store<'_>) -> Result<ConnectedPrograms, Error> {
    Ok(store.get(&ProgramsKey {}).await?.unwrap_or_default())
}

fn is_same_connection(a: &ProgramConnection, b: &ProgramConnection) -> bool {
    a.service == b.service && a.snapshot.id == b.snapshot.id && a.connected_at == b.connected_at
}
