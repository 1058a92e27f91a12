//! The repository of program connections, and the index of their ids.
//!
//! A connection lies in two records with one writer each: what an admin chose, and what refreshes learnt since. Readers get
//! both combined. `catalog` writes them, the other components read them. The store has no compare-and-swap, so the index may
//! for a while name an id without a record, which reading skips, or lack one. Whoever writes a connection adds it where it is
//! missing ([`index`]), and [`Connections::repair_index`] corrects both.

use crate::index;
use crate::ports::{Ports, StoreError};
use crate::store::Store;
use domain::records::{ConnectedPrograms, ProgramConnection, ProgramKey, ProgramsKey, RefreshedKey, RefreshedState};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ProgramId, WebinarId};
use futures::future::join;
use futures::{FutureExt, StreamExt, TryStreamExt, stream};

/// Maximum number of records read at once, so that hundreds of programs on a remote store take no longer than a few.
const MAX_CONCURRENT_READS: usize = 32;

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

    /// Returns every connection, in order of connection. Logs and skips unreadable ones.
    pub async fn all(self) -> Result<Vec<ProgramConnection>, Error> {
        let ids = self.index().await?.ids;
        self.read(ids).await
    }

    /// Returns the connections to a webinar.
    pub async fn of_webinar(self, webinar: WebinarId) -> Result<Vec<ProgramConnection>, Error> {
        let mut connections = self.all().await?;
        connections.retain(|connection| connection.snapshot.id == webinar);
        Ok(connections)
    }

    /// Returns the index. Unlike [`Connections::all`], it has programs whose connection cannot be read.
    pub async fn index(self) -> Result<ConnectedPrograms, Error> {
        Ok(self.store().get(&ProgramsKey {}).await?.unwrap_or_default())
    }

    /// Returns every connection in the store, also one that the index lacks. Lists the keys of the store: for
    /// maintenance, not for requests. Logs and skips unreadable ones.
    pub async fn all_stored(self) -> Result<Vec<ProgramConnection>, Error> {
        let ids = self.stored_ids().await?;
        self.read(ids).await
    }

    async fn stored_ids(self) -> Result<Vec<ProgramId>, Error> {
        Ok(self.store().list::<ProgramKey>().await?.into_iter().map(|key| key.id).collect())
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
        let insert = move |programs: &mut ConnectedPrograms| {
            let (is_listed, is_counted) = (programs.ids.contains(&program), programs.webinars.contains(&webinar));
            if !is_listed {
                programs.ids.push(program);
            }
            if !is_counted {
                programs.webinars.push(webinar);
            }
            !is_listed || !is_counted
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
        if !self.index().await?.ids.contains(&program) {
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
        Ok(Some(connection))
    }

    /// Deletes a connection.
    pub async fn remove(self, program: ProgramId) -> Result<(), Error> {
        self.store().delete(&ProgramKey { id: program }).await?;
        self.store().delete(&RefreshedKey { program }).await?;
        let mut programs = self.index().await?;
        if programs.ids.contains(&program) {
            programs.ids.retain(|&id| id != program);
            self.store().put(&ProgramsKey {}, &programs).await?;
        }
        Ok(())
    }

    /// Repairs the index from the records and returns every connection.
    ///
    /// Drops ids whose record is gone, restores ids that a concurrent write lost, and drops webinars that are over. It
    /// lists the keys of the store, so only the tick calls it.
    pub async fn repair_index(self, now: Timestamp) -> Result<Vec<ProgramConnection>, Error> {
        let stored = self.stored_ids().await?;
        let mut programs = self.index().await?;
        let before = programs.clone();
        programs.ids.retain(|id| stored.contains(id));
        programs.ids.extend(stored.into_iter().filter(|id| !before.ids.contains(id)));
        let connections = self.read(programs.ids.clone()).await?;
        // The webinar of a connection that cannot be read is unknown, so none is dropped.
        if connections.len() == programs.ids.len() {
            programs.webinars.clear();
        }
        for connection in &connections {
            let webinar = connection.snapshot.id;
            if connection.snapshot.end_time() + INDEXED_AFTER_END > now && !programs.webinars.contains(&webinar) {
                programs.webinars.push(webinar);
            }
        }
        if programs != before {
            crate::log!(Info, "program_index.repaired", before = before.ids.len(), after = programs.ids.len());
            self.store().put(&ProgramsKey {}, &programs).await?;
        }
        Ok(connections)
    }
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
    async fn repairing_the_index_keeps_the_webinar_of_an_unreadable_connection() {
        let memory = connected().await;
        let (ports, now) = (memory.ports(), memory.ports().clock.now());
        ports.connections().repair_index(now + SignedDuration::from_hours(48)).await.unwrap();
        let index = ports.connections().index().await.unwrap();
        assert_eq!((index.ids.len(), index.webinars), (3, [9, 8].map(WebinarId::from).to_vec()));
    }

    #[tokio::test]
    async fn repairing_the_index_restores_lost_ids_and_drops_what_is_gone_or_over() {
        let memory = connected().await;
        let (ports, now) = (memory.ports(), memory.ports().clock.now());
        ports.store().delete(&ProgramKey { id: 2.into() }).await.unwrap();
        ports.store().put(&ProgramKey { id: 4.into() }, &connection(4, 7, now)).await.unwrap();
        let repaired = ports.connections().repair_index(now).await.unwrap();
        assert_eq!(programs(&repaired), [3, 1, 4]);
        let index = ports.connections().index().await.unwrap();
        assert_eq!(
            (index.ids, index.webinars),
            ([3, 1, 4].map(ProgramId::from).to_vec(), [9, 7].map(WebinarId::from).to_vec())
        );
        let later = now + SignedDuration::from_hours(25);
        ports.connections().repair_index(later).await.unwrap();
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
}
