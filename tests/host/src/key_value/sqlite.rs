//! Stores of type `spin`: an SQLite database with the table that Spin uses, so that Spin and this host can use the same
//! file.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::{mpsc, oneshot};

use super::listing::{KeyListing, LISTING_BUFFER};

/// How long a write waits while another process writes. Writes take milliseconds, so a longer wait is an error.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// An open database. The whole application shares one connection behind one lock, as in Spin.
#[derive(Clone)]
pub(crate) struct Database {
    connection: Arc<Mutex<Connection>>,
}

/// The keys of one label.
#[derive(Clone)]
pub(crate) struct SqliteStore {
    database: Database,
    label: String,
}

impl Database {
    /// Opens or creates the file at `path`, and the folders that it is in.
    ///
    /// A write that has returned survives a crash of this process. WAL mode allows other processes to read and write
    /// concurrently. `synchronous = NORMAL` can lose the last writes only when the machine loses power.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let open = || {
            std::fs::create_dir_all(path.parent().unwrap_or(path))?;
            anyhow::Ok(Self::prepare(Connection::open(path)?)?)
        };
        open().with_context(|| format!("can't open the key-value store {}", path.display()))
    }

    /// Creates a database in memory, which is lost when the application ends.
    pub(super) fn in_memory() -> anyhow::Result<Self> {
        Ok(Self::prepare(Connection::open_in_memory()?)?)
    }

    fn prepare(connection: Connection) -> rusqlite::Result<Self> {
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.execute(
            "CREATE TABLE IF NOT EXISTS spin_key_value \
             (store TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (store, key))",
            [],
        )?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)) })
    }

    /// Returns the path of the file.
    pub(super) fn location(&self) -> String {
        match self.lock().path() {
            Some(path) if !path.is_empty() => path.to_owned(),
            _ => "a database in memory".to_owned(),
        }
    }

    /// Locks the connection. A poisoned lock is safe to use: every statement is its own transaction.
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the store of a label.
    pub(super) fn store(&self, label: &str) -> SqliteStore {
        SqliteStore { database: self.clone(), label: label.to_owned() }
    }
}

impl SqliteStore {
    /// Runs `statement` on the current thread, as Spin does: the event loop of the calling instance blocks until the
    /// connection's lock is free.
    fn run<T>(&self, statement: impl FnOnce(&Connection, &str) -> rusqlite::Result<T>) -> anyhow::Result<T> {
        tokio::task::block_in_place(|| Ok(statement(&self.database.lock(), &self.label)?))
    }

    /// Returns the value of `key`.
    pub(super) fn get(&self, key: String) -> anyhow::Result<Option<Vec<u8>>> {
        self.run(|connection, label| {
            connection
                .prepare_cached("SELECT value FROM spin_key_value WHERE store = ?1 AND key = ?2")?
                .query_row(params![label, key], |row| row.get(0))
                .optional()
        })
    }

    /// Sets `key` to `value`, replacing an existing value.
    pub(super) fn set(&self, key: String, value: Vec<u8>) -> anyhow::Result<()> {
        self.run(|connection, label| {
            connection
                .prepare_cached(
                    "INSERT INTO spin_key_value (store, key, value) VALUES (?1, ?2, ?3) \
                     ON CONFLICT (store, key) DO UPDATE SET value = excluded.value",
                )?
                .execute(params![label, key, value])
                .map(drop)
        })
    }

    /// Deletes `key` if it exists.
    pub(super) fn delete(&self, key: String) -> anyhow::Result<()> {
        self.run(|connection, label| {
            connection
                .prepare_cached("DELETE FROM spin_key_value WHERE store = ?1 AND key = ?2")?
                .execute(params![label, key])
                .map(drop)
        })
    }

    /// Returns whether `key` has a value.
    pub(super) fn exists(&self, key: String) -> anyhow::Result<bool> {
        self.run(|connection, label| {
            connection
                .prepare_cached("SELECT 1 FROM spin_key_value WHERE store = ?1 AND key = ?2")?
                .exists(params![label, key])
        })
    }

    /// Streams every key in unspecified order. As in Spin, a separate thread keeps the connection's lock until the last
    /// key is in the channel, so a receiver that waits for the lock in between deadlocks.
    pub(super) fn keys(&self) -> KeyListing {
        let (sender, keys) = mpsc::channel(LISTING_BUFFER);
        let (end, outcome) = oneshot::channel();
        let Self { database, label } = self.clone();
        tokio::task::spawn_blocking(move || drop(end.send(send_keys(&database.lock(), &label, &sender))));
        KeyListing { keys, outcome }
    }
}

fn send_keys(connection: &Connection, label: &str, sender: &mpsc::Sender<String>) -> anyhow::Result<()> {
    let mut query = connection.prepare_cached("SELECT key FROM spin_key_value WHERE store = ?1")?;
    let mut rows = query.query([label])?;
    while let Some(row) = rows.next()? {
        sender.blocking_send(row.get(0)?).context("the listing was dropped")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(folder: &tempfile::TempDir) -> SqliteStore {
        Database::open(&folder.path().join("sqlite_key_value.db")).unwrap().store("default")
    }

    async fn listed(store: &SqliteStore) -> Vec<String> {
        let KeyListing { mut keys, outcome } = store.keys();
        let mut listed = Vec::new();
        while let Some(key) = keys.recv().await {
            listed.push(key);
        }
        outcome.await.unwrap().unwrap();
        listed
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn stores_reads_lists_and_deletes_values() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder);
        assert_eq!(store.get("a".into()).unwrap(), None);
        store.set("a".into(), b"1".to_vec()).unwrap();
        store.set("a".into(), b"2".to_vec()).unwrap();
        store.set("b".into(), Vec::new()).unwrap();
        assert_eq!(store.get("a".into()).unwrap(), Some(b"2".to_vec()));
        assert_eq!(store.get("b".into()).unwrap(), Some(Vec::new()));
        assert!(store.exists("b".into()).unwrap());
        let mut keys = listed(&store).await;
        keys.sort();
        assert_eq!(keys, ["a", "b"]);
        store.delete("a".into()).unwrap();
        store.delete("a".into()).unwrap();
        assert!(!store.exists("a".into()).unwrap());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn labels_are_separate() {
        let database = Database::in_memory().unwrap();
        database.store("default").set("a".into(), b"1".to_vec()).unwrap();
        assert!(listed(&database.store("other")).await.is_empty());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn two_processes_can_write_to_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let stores = [open(&folder), open(&folder)];
        let writers = stores.clone().into_iter().enumerate().map(|(writer, store)| {
            tokio::spawn(async move {
                for n in 0..50 {
                    store.set(format!("{writer}:{n}"), b"x".to_vec()).unwrap();
                }
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap();
        }
        assert_eq!(listed(&stores[0]).await.len(), 100);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn uses_spins_table() {
        let folder = tempfile::tempdir().unwrap();
        open(&folder).set("k".into(), b"v".to_vec()).unwrap();
        let other = Connection::open(folder.path().join("sqlite_key_value.db")).unwrap();
        let row: (String, String, Vec<u8>) = other
            .query_row("SELECT store, key, value FROM spin_key_value", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .unwrap();
        assert_eq!(row, ("default".into(), "k".into(), b"v".to_vec()));
    }

    /// This is why a listing concurrent with another call of the same instance deadlocks.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn a_listing_keeps_the_lock_until_its_keys_are_received() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder);
        for n in 0..=LISTING_BUFFER {
            store.set(format!("{n}"), Vec::new()).unwrap();
        }
        let KeyListing { mut keys, outcome } = store.keys();
        let first = keys.recv().await.unwrap();
        // After one received key, the rest fits into the buffer, so the listing ends.
        outcome.await.unwrap().unwrap();
        assert!(store.exists(first).unwrap());

        store.set("one more".into(), Vec::new()).unwrap();
        let KeyListing { mut keys, mut outcome } = store.keys();
        keys.recv().await.unwrap();
        let reader = tokio::spawn({
            let store = store.clone();
            async move { store.get("0".into()).unwrap() }
        });
        // The listing keeps the lock while it waits for space in the buffer.
        assert!(store.database.connection.try_lock().is_err());
        assert!(outcome.try_recv().is_err() && !reader.is_finished());
        keys.recv().await.unwrap();
        assert_eq!(reader.await.unwrap(), Some(Vec::new()));
        outcome.await.unwrap().unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_dropped_listing_releases_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder);
        for n in 0..100 {
            store.set(format!("{n}"), Vec::new()).unwrap();
        }
        let KeyListing { keys, outcome } = store.keys();
        drop(keys);
        assert!(outcome.await.unwrap().is_err());
        assert!(store.exists("0".into()).unwrap());
    }
}
