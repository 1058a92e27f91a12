//! Connections in the store: a record per program, and the list of their ids. There is no compare-and-swap, so the
//! list may for a while have an id without a record, which reading skips, or lack one; [`mend_list`] mends both.

use domain::Error;
use domain::ProgramId;
use domain::records::{ConnectedPrograms, Connection, ProgramKey, ProgramsKey};
use domain::time::{SignedDuration, Timestamp};
use futures::{StreamExt, TryStreamExt, stream};
use platform::Store;

/// So many records are read at once: hundreds of programs on a remote store take no longer than some of them.
const READS_AT_ONCE: usize = 16;

/// An id that vanished from the list, because another request wrote an older list over it, is put back this often.
/// Only admins' actions write the list, so that hardly ever happens even once.
const LIST_TRIES: u32 = 3;

/// A webinar stays on the list for so long after its end: an address's add calls of one day are counted over all
/// webinars (R12), and webinars overrun.
const COUNTED_AFTER_END: SignedDuration = SignedDuration::from_hours(24);

/// Every connection, in order of connection.
pub(crate) async fn every(store: Store<'_>) -> Result<Vec<Connection>, Error> {
    let ids = list(store).await?.ids;
    read(store, ids).await
}

async fn read(store: Store<'_>, ids: Vec<ProgramId>) -> Result<Vec<Connection>, Error> {
    let reads: Vec<_> = ids.into_iter().map(|id| record(store, id)).collect();
    let records: Vec<_> = stream::iter(reads).buffered(READS_AT_ONCE).try_collect().await?;
    Ok(records.into_iter().flatten().collect())
}

async fn record(store: Store<'_>, id: ProgramId) -> Result<Option<Connection>, Error> {
    Ok(store.get(&ProgramKey { id }).await?)
}

/// Writes a connection that an admin made.
pub(super) async fn add(store: Store<'_>, connection: &Connection) -> Result<(), Error> {
    store.put(&ProgramKey { id: connection.program }, connection).await?;
    let webinar = connection.snapshot.id;
    for _ in 0..LIST_TRIES {
        let mut programs = list(store).await?;
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

/// Every connection, after bringing the list in line with the records. Ids whose record is gone leave it (R17: `oauth`
/// deletes those of an account that removed the app), ids that it lacks come back (two admins who connect in one
/// instant, on two instances, may each write a list without the other's), and webinars that are over leave it. Reads
/// every key of the store: for the tick.
pub(crate) async fn mend_list(store: Store<'_>, now: Timestamp) -> Result<Vec<Connection>, Error> {
    let keys = store.keys("program:").await?;
    let there: Vec<ProgramId> = keys.iter().filter_map(|key| key.strip_prefix("program:")?.parse().ok()).collect();
    let mut programs = list(store).await?;
    let before = programs.clone();
    programs.ids.retain(|id| there.contains(id));
    programs.ids.extend(there.into_iter().filter(|id| !before.ids.contains(id)));
    let connections = read(store, programs.ids.clone()).await?;
    programs.webinars.clear();
    for connection in &connections {
        let webinar = connection.snapshot.id;
        if connection.snapshot.end_time() + COUNTED_AFTER_END > now && !programs.webinars.contains(&webinar) {
            programs.webinars.push(webinar);
        }
    }
    if programs != before {
        platform::log!("programs.list_mended", before = before.ids.len(), after = programs.ids.len());
        store.put(&ProgramsKey {}, &programs).await?;
    }
    Ok(connections)
}

/// Writes what was learnt of a connection, unless an admin disconnected or re-connected the program meanwhile:
/// reading a webinar takes seconds, and the admin's word counts.
pub(super) async fn update(store: Store<'_>, connection: &Connection) -> Result<(), Error> {
    let key = ProgramKey { id: connection.program };
    match store.get(&key).await? {
        Some(there) if is_same(&there, connection) => Ok(store.put(&key, connection).await?),
        _ => Ok(()),
    }
}

/// Removes a connection.
pub(super) async fn remove(store: Store<'_>, program: ProgramId) -> Result<(), Error> {
    store.delete(&ProgramKey { id: program }).await?;
    let mut programs = list(store).await?;
    if programs.ids.contains(&program) {
        programs.ids.retain(|&id| id != program);
        store.put(&ProgramsKey {}, &programs).await?;
    }
    Ok(())
}

async fn list(store: Store<'_>) -> Result<ConnectedPrograms, Error> {
    Ok(store.get(&ProgramsKey {}).await?.unwrap_or_default())
}

fn is_same(a: &Connection, b: &Connection) -> bool {
    a.service == b.service && a.snapshot.id == b.snapshot.id && a.connected_at == b.connected_at
}
