//! The repository of program connections, and the index of their ids.
//!
//! A connection lies in two records with one writer each: what an admin chose, and what refreshes learnt since. Readers get
//! both combined. `catalog` writes them, the other components read them. The store has no compare-and-swap, so the index may
//! for a while name an id without a record, which reading skips, or lack one. Each write of a connection adds it where it is
//! missing ([`index`]), and [`Connections::repair_index`] corrects both.

use crate::index;
use crate::ports::{Ports, StoreError};
use crate::store::{Store, Stored};
use domain::records::{
    ArchivedPrograms, ArchivedProgramsKey, ConnectedPrograms, ProgramConnection, ProgramKey, ProgramsKey, RefreshedKey,
    RefreshedState,
};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ProgramId, WebinarId};
use futures::future::join;
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use std::collections::BTreeSet;

/// Maximum number of records read at once, so that hundreds of programs on a remote store take no longer than a few.
const MAX_CONCURRENT_READS: usize = 32;

/// How long after its webinar's end a program is archived. By then its attendance is complete, and the sweeps have deleted
/// what is kept for 30 days.
const ARCHIVED_AFTER_END: SignedDuration = SignedDuration::from_hours(35 * 24);

/// The same for a program whose service could not be used since, so that it is not known whether the webinar was moved.
const ARCHIVED_UNCONFIRMED_AFTER_END: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Number of records that hold the archived programs.
const ARCHIVE_SHARDS: usize = 64;

/// Maximum number of programs in a shard of the archive, so that its record fits.
const MAX_ARCHIVED_IN_SHARD: usize = 4000;

/// How long a webinar stays in the index after its end: webinars overrun, and registrants change until then.
const INDEXED_AFTER_END: SignedDuration = SignedDuration::from_hours(24);

/// The connections of programs to webinars.
#[derive(Clone, Copy)]
pub struct Connections<'a> {
    ports: &'a Ports,
}

impl Ports {
    /// Returns the repository of program connections.
    pub const fn connections(&self) -> Connections<'_> {
        Connections { ports: self }
    }
}

impl<'a> Connections<'a> {
    fn store(self) -> Store<'a> {
        self.ports.store()
    }

    /// Returns a program's connection.
    pub async fn find(self, id: ProgramId) -> Result<Option<ProgramConnection>, Error> {
        let (chosen, refreshed) = join(self.store().get(&ProgramKey { id }), self.refreshed(id)).await;
        Ok(combined(chosen?, refreshed?))
    }

    /// Reads a connection for a loop over many. Logs and skips an unreadable one.
    async fn find_readable(self, id: ProgramId) -> Result<Option<ProgramConnection>, StoreError> {
        let (chosen, refreshed) = join(self.store().get_readable(&ProgramKey { id }), self.refreshed(id)).await;
        Ok(combined(chosen?, refreshed?))
    }

    /// Reads what refreshes learnt. Logs an unreadable record and skips it: the next refresh replaces it.
    async fn refreshed(self, program: ProgramId) -> Result<Option<RefreshedState>, StoreError> {
        self.store().get_readable(&RefreshedKey { program }).await
    }

    /// Returns every connection that is not archived, in order of connection. Logs and skips unreadable ones.
    pub async fn all(self) -> Result<Vec<ProgramConnection>, Error> {
        let ids = self.index().await?.ids;
        self.read(ids).await
    }

    /// Returns the connections of archived programs: their webinars ended long ago. Logs and skips unreadable ones.
    pub async fn archived(self) -> Result<Vec<ProgramConnection>, Error> {
        let active = self.index().await?.ids;
        let mut ids = Vec::new();
        for shard in self.archive().await? {
            ids.extend(shard.ids.into_iter().filter(|id| !active.contains(id)));
        }
        self.read(ids).await
    }

    /// Returns the shards of the archive.
    async fn archive(self) -> Result<Vec<ArchivedPrograms>, Error> {
        let read = |shard| async move { self.store().get(&ArchivedProgramsKey { shard }).await };
        let reads: Vec<_> = (0..ARCHIVE_SHARDS).map(|shard| read(shard).boxed()).collect();
        let shards: Vec<_> = stream::iter(reads).buffered(MAX_CONCURRENT_READS).try_collect().await?;
        Ok(shards.into_iter().map(Option::unwrap_or_default).collect())
    }

    /// Returns the connections to a webinar, without those of archived programs.
    pub async fn of_webinar(self, webinar: WebinarId) -> Result<Vec<ProgramConnection>, Error> {
        let mut connections = self.all().await?;
        connections.retain(|connection| connection.snapshot.id == webinar);
        Ok(connections)
    }

    /// Returns the index. Unlike [`Connections::all`], it has programs whose connection cannot be read.
    pub async fn index(self) -> Result<ConnectedPrograms, Error> {
        Ok(self.store().get(&ProgramsKey {}).await?.unwrap_or_default())
    }

    /// Returns the connections that set people to Attended while their webinar is under way: of one webinar, or of all. Costs
    /// one read where none does. Logs and skips unreadable ones.
    pub async fn live(self, webinar: Option<WebinarId>) -> Result<Vec<ProgramConnection>, Error> {
        let ids = self.index().await?.live;
        let mut connections = self.read(ids).await?;
        connections.retain(|of| of.live && webinar.is_none_or(|webinar| of.snapshot.id == webinar));
        Ok(connections)
    }

    /// Returns the connections to a webinar that get registrations of Zoom's page (R10). Costs one read where none does. Logs and
    /// skips unreadable ones.
    pub async fn copying(self, webinar: WebinarId) -> Result<Vec<ProgramConnection>, Error> {
        let ids = self.index().await?.copying;
        let mut connections = self.read(ids).await?;
        connections.retain(|of| of.copy_zoom_registrations && of.snapshot.id == webinar);
        Ok(connections)
    }

    /// Returns every connection in the store: those of the caller's listing, of the index and of the archive, because each of the
    /// three may lack some. Logs and skips unreadable ones.
    pub async fn all_stored(self, listed: BTreeSet<ProgramId>) -> Result<Vec<ProgramConnection>, Error> {
        let mut ids = listed;
        ids.extend(self.index().await?.ids);
        ids.extend(self.archive().await?.into_iter().flat_map(|shard| shard.ids));
        self.read(ids.into_iter().collect()).await
    }

    async fn read(self, ids: Vec<ProgramId>) -> Result<Vec<ProgramConnection>, Error> {
        let reads: Vec<_> = ids.into_iter().map(|id| self.find_readable(id).boxed()).collect();
        let connections: Vec<_> = stream::iter(reads).buffered(MAX_CONCURRENT_READS).try_collect().await?;
        Ok(connections.into_iter().flatten().collect())
    }

    /// Writes a connection that an admin made.
    pub async fn add(self, connection: &ProgramConnection) -> Result<(), Error> {
        self.store().put(&ProgramKey { id: connection.program }, connection).await?;
        self.add_to_index(connection).await
    }

    async fn add_to_index(self, connection: &ProgramConnection) -> Result<(), Error> {
        let (program, webinar) = (connection.program, connection.snapshot.id);
        let (is_live, copies) = (connection.live, connection.copy_zoom_registrations);
        let insert = move |programs: &mut ConnectedPrograms| {
            let (is_listed, is_counted) = (programs.ids.contains(&program), programs.webinars.contains(&webinar));
            let is_live_missing = is_live && !programs.live.contains(&program);
            if is_live_missing {
                programs.live.push(program);
            }
            let is_copying_missing = copies && !programs.copying.contains(&program);
            if is_copying_missing {
                programs.copying.push(program);
            }
            if !is_listed {
                programs.ids.push(program);
            }
            if !is_counted {
                programs.webinars.push(webinar);
            }
            !is_listed || !is_counted || is_live_missing || is_copying_missing
        };
        index::insert(self.ports, ProgramsKey {}, ProgramKey { id: program }, insert).await
    }

    /// Writes what a refresh learnt, unless an admin disconnected or re-connected the program meanwhile: a refresh takes
    /// seconds. The record of what admins chose is not written, so a refresh that does not see their choice yet leaves it as
    /// it is.
    pub async fn update(self, connection: &ProgramConnection) -> Result<(), Error> {
        let program = connection.program;
        let chosen = self.store().get(&ProgramKey { id: program }).await?;
        if !chosen.is_some_and(|chosen| chosen.is_same(connection)) {
            return Ok(());
        }
        self.store().put(&RefreshedKey { program }, &RefreshedState::of(connection)).await?;
        let index = self.index().await?;
        // A webinar that was over may have been moved.
        let is_unindexed =
            is_ahead(connection, self.ports.clock.now()) && !index.webinars.contains(&connection.snapshot.id);
        let is_setting_missing = (connection.live && !index.live.contains(&program))
            || (connection.copy_zoom_registrations && !index.copying.contains(&program));
        if is_unindexed || is_setting_missing || !index.ids.contains(&program) {
            self.add_to_index(connection).await?;
        }
        Ok(())
    }

    /// Changes the settings of a connection, which are the admin's. Returns the changed connection; `None` if the program
    /// has been disconnected.
    pub async fn change_settings(
        self,
        program: ProgramId,
        change: impl FnOnce(&mut ProgramConnection),
    ) -> Result<Option<ProgramConnection>, Error> {
        let Some(mut connection) = self.find(program).await? else { return Ok(None) };
        change(&mut connection);
        self.store().put(&ProgramKey { id: program }, &connection).await?;
        if connection.live || connection.copy_zoom_registrations {
            self.add_to_index(&connection).await?;
        }
        Ok(Some(connection))
    }

    /// Deletes a connection.
    pub async fn remove(self, program: ProgramId) -> Result<(), Error> {
        // One that cannot be read is removed all the same. Its webinar leaves the index with the next repair.
        let webinar = self.find(program).await.ok().flatten().map(|removed| removed.snapshot.id);
        self.store().delete(&ProgramKey { id: program }).await?;
        self.store().delete(&RefreshedKey { program }).await?;
        let others = self.all().await?;
        let is_unused = |id: WebinarId| Some(id) == webinar && !others.iter().any(|other| other.snapshot.id == id);
        let before = self.index().await?;
        let mut programs = before.clone();
        programs.ids.retain(|&id| id != program);
        programs.live.retain(|&id| id != program);
        programs.copying.retain(|&id| id != program);
        programs.webinars.retain(|&id| !is_unused(id));
        if programs != before {
            self.store().put(&ProgramsKey {}, &programs).await?;
        }
        let shard = shard_of(program);
        let mut archived = self.store().get(&shard).await?.unwrap_or_default();
        if archived.ids.contains(&program) {
            archived.ids.retain(|&id| id != program);
            self.store().put(&shard, &archived).await?;
        }
        Ok(())
    }

    /// Repairs the index from the connections that a listing found: adds ids that a concurrent write lost, archives programs
    /// whose webinar ended long ago, and drops webinars that are over, and ids without a record of which `is_gone` confirms
    /// that it is not merely late.
    pub async fn repair_index(
        self,
        stored: &[ProgramId],
        mut is_gone: impl FnMut(ProgramId) -> bool + Send,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut archive = self.archive().await?;
        let known = self.index().await?.ids;
        let stored: BTreeSet<_> = stored.iter().copied().collect();
        let archived: BTreeSet<_> = archive.iter().flat_map(|shard| shard.ids.iter().copied()).collect();
        let mut gone = BTreeSet::new();
        for &id in archived.iter().chain(&known).filter(|id| !stored.contains(id)) {
            if !self.store().exists(&ProgramKey { id }).await? && is_gone(id) {
                gone.insert(id);
            }
        }
        // What is in the archive is not read: it only grows.
        let active: Vec<_> = stored.iter().copied().filter(|id| known.contains(id) || !archived.contains(id)).collect();
        let connections = self.read(active.clone()).await?;
        let over = connections.iter().filter(|connection| is_over(connection, now));
        let mut over: BTreeSet<_> = over.map(|connection| connection.program).collect();
        for program in over.clone() {
            // The webinar may be one that was moved to a later time, which only this record has.
            if matches!(self.store().inspect(&RefreshedKey { program }).await?, Stored::Unreadable) {
                over.remove(&program);
            }
        }
        // Archived before they leave the index, so that none is in neither.
        for (shard, programs) in archive.iter_mut().enumerate() {
            let before = programs.clone();
            programs.ids.retain(|id| !gone.contains(id) && (over.contains(id) || !active.contains(id)));
            for &id in over.clone().iter().filter(|&&id| shard_of(id).shard == shard) {
                if programs.ids.contains(&id) {
                    continue;
                }
                if programs.ids.len() < MAX_ARCHIVED_IN_SHARD {
                    programs.ids.push(id);
                } else {
                    over.remove(&id);
                }
            }
            if *programs != before {
                self.store().put(&ArchivedProgramsKey { shard }, programs).await?;
            }
        }
        let ahead = connections.iter().filter(|connection| is_ahead(connection, now));
        let ahead: Vec<_> = ahead.map(|connection| connection.snapshot.id).collect();
        // Read again, since others may have written meanwhile.
        let mut programs = self.index().await?;
        let before = programs.clone();
        programs.ids.retain(|id| !gone.contains(id) && !over.contains(id));
        programs.ids.extend(active.iter().filter(|id| !before.ids.contains(id) && !over.contains(id)));
        let ids = &programs.ids;
        repair_list(&mut programs.live, ids, &connections, |of| of.live);
        repair_list(&mut programs.copying, ids, &connections, |of| of.copy_zoom_registrations);
        // The webinar of a connection that cannot be read, or that the listing lacks, is unknown: then none is dropped.
        if connections.len() - over.len() == programs.ids.len() {
            programs.webinars.retain(|webinar| ahead.contains(webinar));
        }
        for webinar in ahead {
            if !programs.webinars.contains(&webinar) {
                programs.webinars.push(webinar);
            }
        }
        if programs != before {
            crate::log!(
                Info,
                "program_index.repaired",
                before = before.ids.len(),
                after = programs.ids.len(),
                archived = over.len(),
            );
            self.store().put(&ProgramsKey {}, &programs).await?;
        }
        Ok(())
    }
}

/// Repairs the list of the programs with a setting. One whose connection cannot be read stays.
fn repair_list(
    list: &mut Vec<ProgramId>,
    ids: &[ProgramId],
    connections: &[ProgramConnection],
    is_on: fn(&ProgramConnection) -> bool,
) {
    let state = |id: ProgramId| connections.iter().find(|connection| connection.program == id).map(is_on);
    list.retain(|&id| ids.contains(&id) && state(id) != Some(false));
    let unlisted: Vec<_> = ids.iter().copied().filter(|id| state(*id) == Some(true) && !list.contains(id)).collect();
    list.extend(unlisted);
}

/// Returns whether the webinar of a connection belongs in the index: it is ahead, under way, or just over.
fn is_ahead(connection: &ProgramConnection, now: Timestamp) -> bool {
    connection.snapshot.end_time() + INDEXED_AFTER_END > now
}

/// Returns whether a program is to be archived. While Zoom has not been asked since the end that is known, the webinar may have
/// been moved.
fn is_over(connection: &ProgramConnection, now: Timestamp) -> bool {
    let end = connection.snapshot.end_time();
    let is_confirmed = connection.refreshed_at >= end || end + ARCHIVED_UNCONFIRMED_AFTER_END <= now;
    end + ARCHIVED_AFTER_END <= now && is_confirmed
}

/// Returns the key of the shard of the archive that has a program.
fn shard_of(program: ProgramId) -> ArchivedProgramsKey {
    // The remainder is small.
    let shard = usize::try_from(program.get() % ARCHIVE_SHARDS as u64).unwrap_or_default();
    ArchivedProgramsKey { shard }
}

fn combined(chosen: Option<ProgramConnection>, refreshed: Option<RefreshedState>) -> Option<ProgramConnection> {
    chosen.map(|chosen| match refreshed {
        Some(refreshed) => chosen.with(refreshed),
        None => chosen,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fault_injection::{FaultyPorts, NoFaults, Simulation};
    use crate::testing::in_memory::InMemoryPorts;
    use crate::testing::lagging_store::{LaggingStore, StoreLag};
    use domain::json;
    use domain::status::Meaning;
    use domain::webinar::Snapshot;
    use serde_json::json;
    use std::sync::Arc;

    /// Returns a connection to a webinar of an hour.
    fn connection(program: u64, webinar: u64, start: Timestamp) -> ProgramConnection {
        json::from_value(&json!({
            "v": 1, "program": program, "program_name": "P", "service": "s1",
            "snapshot": {
                "id": webinar, "topic": "T", "description": "", "start_time": start, "duration": 60, "timezone": "UTC",
                "host_email": null, "registration": "automatic", "join_url": null,
            },
            "channel": {"name": "Webinar", "statuses": []},
            "connected_at": start, "refreshed_at": start, "problem": null,
        }))
        .unwrap()
    }

    /// Returns a connection to a webinar that started some days ago, of which Zoom was asked since.
    fn ended(program: u64, webinar: u64, days: i64, now: Timestamp) -> ProgramConnection {
        let start = now - SignedDuration::from_hours(24 * days);
        ProgramConnection { refreshed_at: now, ..connection(program, webinar, start) }
    }

    fn programs(connections: &[ProgramConnection]) -> Vec<u64> {
        connections.iter().map(|connection| connection.program.get()).collect()
    }

    /// Connects programs 1 to 3, and makes the record of program 2 unreadable.
    async fn connected() -> InMemoryPorts {
        let memory = InMemoryPorts::default();
        let (ports, now) = (memory.ports(), memory.ports().clock.now());
        for (program, webinar) in [(3, 9), (2, 8), (1, 9)] {
            ports.connections().add(&connection(program, webinar, now)).await.unwrap();
        }
        ports.key_value.set("program:2", br#"{"v":2}"#.to_vec()).await.unwrap();
        memory
    }

    #[tokio::test]
    async fn connections_are_read_in_order_and_an_unreadable_one_is_skipped_but_stays_in_the_index() {
        let ports = connected().await.ports();
        let connections = ports.connections();
        assert_eq!(programs(&connections.all().await.unwrap()), [3, 1]);
        assert_eq!(programs(&connections.of_webinar(9.into()).await.unwrap()), [3, 1]);
        assert!(connections.of_webinar(8.into()).await.unwrap().is_empty());
        assert_eq!(connections.index().await.unwrap().ids, [3, 2, 1].map(ProgramId::from));
        assert!(connections.find(2.into()).await.is_err());
    }

    #[tokio::test]
    async fn r17_a_removed_program_takes_its_webinar_out_of_the_index_unless_another_one_has_it() {
        let ports = connected().await.ports();
        let webinars = async || ports.connections().index().await.unwrap().webinars;
        ports.connections().remove(3.into()).await.unwrap();
        assert_eq!(webinars().await.len(), 2);
        ports.connections().remove(1.into()).await.unwrap();
        assert_eq!(webinars().await, [WebinarId::from(8)]);
    }

    /// Repairs the index. Every id without a record is gone.
    async fn repair(ports: &Ports, now: Timestamp) {
        let stored: Vec<_> = ports.store().list::<ProgramKey>().await.unwrap().into_iter().map(|key| key.id).collect();
        ports.connections().repair_index(&stored, |_| true, now).await.unwrap();
    }

    #[tokio::test]
    async fn an_id_without_a_record_stays_in_the_index_until_it_is_gone_for_certain() {
        let memory = connected().await;
        let (ports, now) = (memory.ports(), memory.ports().clock.now());
        ports.store().delete(&ProgramKey { id: 1.into() }).await.unwrap();
        let ids = async || ports.connections().index().await.unwrap().ids.len();
        // A listing may lack records that were written a moment ago.
        ports.connections().repair_index(&[], |_| false, now).await.unwrap();
        assert_eq!(ids().await, 3);
        ports.connections().repair_index(&[], |_| true, now).await.unwrap();
        assert_eq!(ids().await, 2);
    }

    #[tokio::test]
    async fn repairing_the_index_keeps_the_webinar_of_an_unreadable_connection() {
        let memory = connected().await;
        let (ports, now) = (memory.ports(), memory.ports().clock.now());
        repair(&ports, now + SignedDuration::from_hours(48)).await;
        let index = ports.connections().index().await.unwrap();
        assert_eq!((index.ids.len(), index.webinars), (3, [9, 8].map(WebinarId::from).to_vec()));
    }

    #[tokio::test]
    async fn repairing_the_index_restores_lost_ids_and_drops_what_is_gone_or_over() {
        let memory = connected().await;
        let (ports, now) = (memory.ports(), memory.ports().clock.now());
        ports.store().delete(&ProgramKey { id: 2.into() }).await.unwrap();
        ports.store().put(&ProgramKey { id: 4.into() }, &connection(4, 7, now)).await.unwrap();
        repair(&ports, now).await;
        assert_eq!(programs(&ports.connections().all().await.unwrap()), [3, 1, 4]);
        let index = ports.connections().index().await.unwrap();
        assert_eq!(
            (index.ids, index.webinars),
            ([3, 1, 4].map(ProgramId::from).to_vec(), [9, 7].map(WebinarId::from).to_vec())
        );
        let later = now + SignedDuration::from_hours(25);
        repair(&ports, later).await;
        assert!(ports.connections().index().await.unwrap().webinars.is_empty());
    }

    #[tokio::test]
    async fn a_refreshed_connection_that_the_index_lacks_is_added_to_it() {
        let ports = connected().await.ports();
        let connections = ports.connections();
        ports.store().put(&ProgramsKey {}, &ConnectedPrograms::default()).await.unwrap();
        connections.all().await.unwrap();
        assert!(connections.index().await.unwrap().ids.is_empty(), "a reader does not write");
        let connection = connections.find(1.into()).await.unwrap().unwrap();
        connections.update(&connection).await.unwrap();
        let index = connections.index().await.unwrap();
        assert_eq!((index.ids, index.webinars), (vec![1.into()], vec![9.into()]));
    }

    #[tokio::test]
    async fn programs_that_are_live_are_found_by_one_read_of_the_index() {
        let memory = connected().await;
        let (ports, now) = (memory.ports(), memory.ports().clock.now());
        let connections = ports.connections();
        let accesses = memory.accesses();
        assert!(connections.live(None).await.unwrap().is_empty());
        assert_eq!(memory.accesses(), accesses + 1);
        connections.change_settings(1.into(), |connection| connection.live = true).await.unwrap();
        connections.add(&ProgramConnection { live: true, ..connection(4, 7, now) }).await.unwrap();
        assert_eq!(programs(&connections.live(None).await.unwrap()), [1, 4]);
        assert_eq!(programs(&connections.live(Some(9.into())).await.unwrap()), [1]);
        // A lost entry is repaired, and one that is off is dropped.
        connections.change_settings(4.into(), |connection| connection.live = false).await.unwrap();
        assert_eq!(programs(&connections.live(None).await.unwrap()), [1]);
        let mut index = connections.index().await.unwrap();
        index.live.retain(|&id| id != 1.into());
        ports.store().put(&ProgramsKey {}, &index).await.unwrap();
        repair(&ports, now).await;
        assert_eq!(connections.index().await.unwrap().live, [ProgramId::from(1)]);
        connections.remove(1.into()).await.unwrap();
        assert!(connections.index().await.unwrap().live.is_empty());
    }

    #[tokio::test]
    async fn r10_programs_that_copy_are_found_by_one_read_of_the_index() {
        let memory = connected().await;
        let (ports, now) = (memory.ports(), memory.ports().clock.now());
        let connections = ports.connections();
        let accesses = memory.accesses();
        assert!(connections.copying(9.into()).await.unwrap().is_empty());
        assert_eq!(memory.accesses(), accesses + 1);
        connections.change_settings(1.into(), |connection| connection.copy_zoom_registrations = true).await.unwrap();
        connections.add(&ProgramConnection { copy_zoom_registrations: true, ..connection(4, 7, now) }).await.unwrap();
        assert_eq!(programs(&connections.copying(9.into()).await.unwrap()), [1]);
        assert_eq!(programs(&connections.copying(7.into()).await.unwrap()), [4]);
        // A lost entry is repaired, and one that is off is dropped.
        connections.change_settings(4.into(), |connection| connection.copy_zoom_registrations = false).await.unwrap();
        assert!(connections.copying(7.into()).await.unwrap().is_empty());
        let mut index = connections.index().await.unwrap();
        index.copying.retain(|&id| id != 1.into());
        ports.store().put(&ProgramsKey {}, &index).await.unwrap();
        repair(&ports, now).await;
        assert_eq!(connections.index().await.unwrap().copying, [ProgramId::from(1)]);
        connections.remove(1.into()).await.unwrap();
        assert!(connections.index().await.unwrap().copying.is_empty());
    }

    #[tokio::test]
    async fn a_refreshed_connection_does_not_replace_settings_that_an_admin_changed_meanwhile() {
        let memory = connected().await;
        let ports = memory.ports();
        let connections = ports.connections();
        let mut refreshed = connections.find(1.into()).await.unwrap().unwrap();
        let status = |name: &str| domain::status::ProgressionStatus { name: name.into(), step: 10 };
        refreshed.channel.statuses = ["Registriert", "Gebucht", "Teilgenommen"].map(status).into();
        refreshed.statuses.refresh(&refreshed.channel);
        let changed = connections.change_settings(1.into(), |connection| {
            connection.statuses.choose(Meaning::Registered, Some("Gebucht".into()));
            connection.no_show_after_minutes = 5;
            connection.member_fields.minutes = Some("minutes".into());
        });
        changed.await.unwrap().unwrap();
        connections.update(&refreshed).await.unwrap();
        let stored = connections.find(1.into()).await.unwrap().unwrap();
        assert_eq!((stored.no_show_after_minutes, stored.member_fields.names().count()), (5, 1));
        let name = |meaning| stored.status_for(meaning).map(|status| status.name.as_str());
        assert_eq!((name(Meaning::Registered), name(Meaning::Attended)), (Some("Gebucht"), Some("Teilgenommen")));
        assert!(connections.change_settings(8.into(), |_| {}).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_refreshed_connection_does_not_replace_the_admins_choice() {
        let memory = connected().await;
        let (ports, now) = (memory.ports(), memory.ports().clock.now());
        let connections = ports.connections();
        let stale = connections.find(1.into()).await.unwrap().unwrap();
        connections.add(&connection(1, 7, now)).await.unwrap();
        connections.update(&stale).await.unwrap();
        assert_eq!(connections.find(1.into()).await.unwrap().unwrap().snapshot.id, 7.into());
        connections.remove(1.into()).await.unwrap();
        connections.update(&stale).await.unwrap();
        assert!(connections.find(1.into()).await.unwrap().is_none());
    }

    /// Two instances of catalog over a store on which the other's writes show after 100 milliseconds.
    fn instances(memory: &InMemoryPorts) -> (Arc<Simulation>, [Ports; 2]) {
        let simulation = Arc::new(Simulation::new(memory, Arc::new(NoFaults)));
        let visibility = SignedDuration::from_millis(100);
        let store = LaggingStore::new(memory, StoreLag { visibility, latency: SignedDuration::ZERO }, 1);
        let instances = [(); 2].map(|()| {
            let key_value = store.instance(simulation.clock());
            FaultyPorts::over(&simulation, Ports { key_value, ..memory.ports() })
        });
        (simulation, instances)
    }

    /// A refresh at one instance reads the connection, an admin changes it at another, and the refresh writes before it
    /// sees the change. Returns the connection afterwards.
    fn refreshed_while(change: impl AsyncFnOnce(Connections<'_>, Timestamp)) -> ProgramConnection {
        let memory = InMemoryPorts::default();
        let (simulation, [refreshing, admin]) = instances(&memory);
        let now = memory.ports().clock.now();
        simulation.run(memory.run_with_background(async {
            memory.ports().connections().add(&connection(1, 9, now)).await.unwrap();
            let mut refreshed = refreshing.connections().find(1.into()).await.unwrap().unwrap();
            refreshing.clock.sleep(SignedDuration::from_secs(1)).await;
            let snapshot = Snapshot { topic: "New".into(), ..refreshed.snapshot.clone() };
            refreshed.update_snapshot(snapshot, refreshing.clock.now());
            change(admin.connections(), admin.clock.now()).await;
            refreshing.connections().update(&refreshed).await.unwrap();
        }));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(memory.ports().connections().find(1.into())).unwrap().unwrap()
    }

    #[test]
    fn a_refresh_that_has_not_seen_a_reconnection_does_not_undo_it() {
        let stored = refreshed_while(async |connections, now| {
            connections.add(&connection(1, 7, now)).await.unwrap();
        });
        assert_eq!((stored.snapshot.id, stored.snapshot.topic.as_str()), (7.into(), "T"));
    }

    #[test]
    fn a_refresh_that_has_not_seen_changed_settings_does_not_undo_them() {
        let stored = refreshed_while(async |connections, _| {
            let changed = connections.change_settings(1.into(), |connection| connection.no_show_after_minutes = 5);
            changed.await.unwrap().unwrap();
        });
        assert_eq!((stored.no_show_after_minutes, stored.snapshot.topic.as_str()), (5, "New"));
    }

    #[test]
    fn a_refresh_that_has_not_seen_a_disconnection_does_not_undo_it() {
        let memory = InMemoryPorts::default();
        let (simulation, [refreshing, admin]) = instances(&memory);
        let now = memory.ports().clock.now();
        simulation.run(memory.run_with_background(async {
            memory.ports().connections().add(&connection(1, 9, now)).await.unwrap();
            let refreshed = refreshing.connections().find(1.into()).await.unwrap().unwrap();
            refreshing.clock.sleep(SignedDuration::from_secs(1)).await;
            admin.connections().remove(1.into()).await.unwrap();
            refreshing.connections().update(&refreshed).await.unwrap();
        }));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert!(runtime.block_on(memory.ports().connections().find(1.into())).unwrap().is_none());
    }

    #[tokio::test]
    async fn programs_that_ended_long_ago_are_archived_and_cost_readers_nothing() {
        let memory = InMemoryPorts::default();
        let (ports, now) = (memory.ports(), memory.ports().clock.now());
        let connections = ports.connections();
        let cost = async || {
            let before = memory.accesses();
            assert_eq!(programs(&connections.all().await.unwrap()), [1]);
            memory.accesses() - before
        };
        connections.add(&connection(1, 9, now)).await.unwrap();
        let alone = cost().await;
        for program in 2..=300 {
            connections.add(&ended(program, program, 36, now)).await.unwrap();
        }
        repair(&ports, now).await;
        assert_eq!(cost().await, alone);
        assert_eq!(connections.archived().await.unwrap().len(), 299);
        assert_eq!(connections.find(300.into()).await.unwrap().unwrap().snapshot.id, 300.into());

        // A program that is connected again is active again, and one that is disconnected is gone.
        connections.add(&connection(2, 7, now)).await.unwrap();
        connections.remove(3.into()).await.unwrap();
        for _ in 0..2 {
            assert_eq!(programs(&connections.all().await.unwrap()), [1, 2]);
            assert_eq!(connections.archived().await.unwrap().len(), 297);
            repair(&ports, now).await;
        }
        ports.store().delete(&ProgramKey { id: 4.into() }).await.unwrap();
        repair(&ports, now).await;
        let ids: Vec<_> = connections.archive().await.unwrap().into_iter().flat_map(|shard| shard.ids).collect();
        assert_eq!(ids.len(), 296);
        assert!(!ids.contains(&2.into()) && !ids.contains(&4.into()));
    }

    #[tokio::test]
    async fn r17_a_listing_that_lacks_connections_hides_none_of_the_index_and_the_archive() {
        let memory = InMemoryPorts::default();
        let (ports, now) = (memory.ports(), memory.ports().clock.now());
        ports.connections().add(&connection(1, 9, now)).await.unwrap();
        ports.connections().add(&ended(2, 8, 36, now)).await.unwrap();
        repair(&ports, now).await;
        assert_eq!(ports.connections().index().await.unwrap().ids, [ProgramId::from(1)]);
        memory.truncate_listings("program:");
        let listed: Vec<_> = ports.store().list::<ProgramKey>().await.unwrap();
        let listed = listed.into_iter().map(|key| key.id).collect();
        assert_eq!(programs(&ports.connections().all_stored(listed).await.unwrap()), [1, 2]);
    }

    #[tokio::test]
    async fn a_webinar_that_was_over_is_in_the_index_again_once_it_is_moved() {
        let memory = InMemoryPorts::default();
        let (ports, now) = (memory.ports(), memory.ports().clock.now());
        let connections = ports.connections();
        connections.add(&connection(1, 9, now - SignedDuration::from_hours(48))).await.unwrap();
        repair(&ports, now).await;
        assert!(connections.index().await.unwrap().webinars.is_empty());
        let mut moved = connections.find(1.into()).await.unwrap().unwrap();
        connections.update(&moved).await.unwrap();
        assert!(connections.index().await.unwrap().webinars.is_empty(), "it is over");
        moved.update_snapshot(
            Snapshot { start_time: now + SignedDuration::from_hours(48), ..moved.snapshot.clone() },
            now,
        );
        connections.update(&moved).await.unwrap();
        assert_eq!(connections.index().await.unwrap().webinars, [WebinarId::from(9)]);
    }

    #[tokio::test]
    async fn a_webinar_that_may_have_been_moved_is_not_archived() {
        let memory = InMemoryPorts::default();
        let (ports, now) = (memory.ports(), memory.ports().clock.now());
        let (connections, day) = (ports.connections(), SignedDuration::from_hours(24));
        let is_active = async || connections.index().await.unwrap().ids.contains(&1.into());
        // Zoom was asked before the end, and not since: a sign-in is missing.
        let unconfirmed = ProgramConnection { refreshed_at: now, ..connection(1, 9, now + day) };
        connections.add(&unconfirmed).await.unwrap();
        repair(&ports, now + day * 40).await;
        assert!(is_active().await);
        // An answer of after the end is final. But a record of it that cannot be read may say another end.
        connections.update(&ProgramConnection { refreshed_at: now + day * 3, ..unconfirmed.clone() }).await.unwrap();
        let confirmed = memory.dump();
        ports.key_value.set("refreshed:1", b"?".to_vec()).await.unwrap();
        let chosen = ProgramConnection { refreshed_at: now + day * 3, ..unconfirmed };
        ports.store().put(&ProgramKey { id: 1.into() }, &chosen).await.unwrap();
        repair(&ports, now + day * 40).await;
        assert!(is_active().await);
        let (key, value) = confirmed.into_iter().find(|(key, _)| key == "refreshed:1").unwrap();
        ports.key_value.set(&key, value).await.unwrap();
        repair(&ports, now + day * 40).await;
        assert!(!is_active().await);
        // Nothing is active for ever.
        connections.add(&ProgramConnection { refreshed_at: now, ..connection(2, 8, now + day) }).await.unwrap();
        repair(&ports, now + day * 92).await;
        assert!(connections.index().await.unwrap().ids.is_empty());
    }

    #[tokio::test]
    async fn a_full_shard_of_the_archive_leaves_further_programs_in_the_index() {
        let memory = InMemoryPorts::default();
        let (ports, now) = (memory.ports(), memory.ports().clock.now());
        let full = ArchivedPrograms {
            ids: (1..=MAX_ARCHIVED_IN_SHARD as u64).map(|n| (n * ARCHIVE_SHARDS as u64).into()).collect(),
            ..ArchivedPrograms::default()
        };
        ports.store().put(&ArchivedProgramsKey { shard: 0 }, &full).await.unwrap();
        let program = ARCHIVE_SHARDS as u64 * 5000;
        ports.connections().add(&ended(program, 9, 99, now)).await.unwrap();
        ports.connections().repair_index(&[program.into()], |_| false, now).await.unwrap();
        assert_eq!(programs(&ports.connections().all().await.unwrap()), [program]);
        let size = serde_json::to_vec(&ports.connections().archive().await.unwrap()[0]).unwrap().len();
        assert!(size < domain::records::MAX_VALUE_BYTES, "{size}");
    }
}
