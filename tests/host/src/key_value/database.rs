//! The SQLite file, with the table that Spin uses, so that either can take up the other's state directory.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::{mpsc, oneshot};

/// The file's name below the state directory, as in Spin.
const FILE: &str = "sqlite_key_value.db";

/// How long a write waits for another process that is writing. Writes take milliseconds; past this something is wrong.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// How many keys a listing hands over before the guest takes the first, as in Spin.
const LISTING_CHANNEL: usize = 4;

/// An open key-value file. As in Spin, the whole application shares one connection behind one lock.
#[derive(Clone)]
pub(crate) struct Database {
    connection: Arc<Mutex<Connection>>,
}

/// An open store: a label's keys.
#[derive(Clone)]
#[allow(unreachable_pub, reason = "the generated bindings re-export it, for which it must be `pub`")]
pub struct Store {
    database: Database,
    label: String,
}

impl Database {
    /// Opens or creates the file below `state_dir`.
    ///
    /// A write is durable against the death of this process once it returns. WAL lets readers and writers of other
    /// processes go on meanwhile; `synchronous = NORMAL` risks the last writes only if the machine loses power.
    pub(crate) fn open(state_dir: &Path) -> anyhow::Result<Self> {
        let path = state_dir.join(FILE);
        Self::connect(&path).with_context(|| format!("can't open the key-value store {}", path.display()))
    }

    fn connect(path: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
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

    /// The connection. Every statement is its own transaction, so a panic elsewhere left nothing half done.
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The store of a label.
    pub(crate) fn store(&self, label: &str) -> Store {
        Store { database: self.clone(), label: label.to_owned() }
    }
}

impl Store {
    /// Runs `work` on the current thread, as Spin does: the task that runs the calling instance's event loop blocks
    /// until the connection's lock is free.
    fn run<T>(&self, work: impl FnOnce(&Connection, &str) -> rusqlite::Result<T>) -> anyhow::Result<T> {
        tokio::task::block_in_place(|| Ok(work(&self.database.lock(), &self.label)?))
    }

    /// The value of `key`.
    pub(crate) fn get(&self, key: String) -> anyhow::Result<Option<Vec<u8>>> {
        self.run(|connection, label| {
            connection
                .prepare_cached("SELECT value FROM spin_key_value WHERE store = ?1 AND key = ?2")?
                .query_row(params![label, key], |row| row.get(0))
                .optional()
        })
    }

    /// Sets `key` to `value`, whether it existed or not.
    pub(crate) fn set(&self, key: String, value: Vec<u8>) -> anyhow::Result<()> {
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

    /// Deletes `key`; it need not exist.
    pub(crate) fn delete(&self, key: String) -> anyhow::Result<()> {
        self.run(|connection, label| {
            connection
                .prepare_cached("DELETE FROM spin_key_value WHERE store = ?1 AND key = ?2")?
                .execute(params![label, key])
                .map(drop)
        })
    }

    /// Whether `key` has a value.
    pub(crate) fn exists(&self, key: String) -> anyhow::Result<bool> {
        self.run(|connection, label| {
            connection
                .prepare_cached("SELECT 1 FROM spin_key_value WHERE store = ?1 AND key = ?2")?
                .exists(params![label, key])
        })
    }

    /// Streams every key, in no order that callers may rely on. As in Spin, a thread of its own holds the connection's
    /// lock until the last key is in the channel: whoever receives must not wait for the lock meanwhile.
    pub(crate) fn keys(&self) -> Keys {
        let (sender, keys) = mpsc::channel(LISTING_CHANNEL);
        let (end, outcome) = oneshot::channel();
        let Self { database, label } = self.clone();
        tokio::task::spawn_blocking(move || drop(end.send(send_keys(&database.lock(), &label, &sender))));
        Keys { keys, outcome }
    }
}

/// A listing under way.
pub(crate) struct Keys {
    pub(crate) keys: mpsc::Receiver<String>,
    /// How the listing ended, once the channel is closed.
    pub(crate) outcome: oneshot::Receiver<anyhow::Result<()>>,
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

    fn open(folder: &tempfile::TempDir) -> Store {
        Database::open(folder.path()).unwrap().store("default")
    }

    async fn listed(store: &Store) -> Vec<String> {
        let Keys { mut keys, outcome } = store.keys();
        let mut listed = Vec::new();
        while let Some(key) = keys.recv().await {
            listed.push(key);
        }
        outcome.await.unwrap().unwrap();
        listed
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn keeps_values() {
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
    async fn labels_are_apart() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(folder.path()).unwrap();
        database.store("default").set("a".into(), b"1".to_vec()).unwrap();
        assert!(listed(&database.store("other")).await.is_empty());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn two_processes_can_write_one_file() {
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
    async fn the_table_is_spins() {
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

    /// What makes a listing beside another call of the same instance a deadlock.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn a_listing_holds_the_lock_until_its_keys_are_taken() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder);
        for n in 0..=LISTING_CHANNEL {
            store.set(format!("{n}"), Vec::new()).unwrap();
        }
        let Keys { mut keys, outcome } = store.keys();
        let first = keys.recv().await.unwrap();
        // One more key than was taken fits, so the listing ends by itself.
        outcome.await.unwrap().unwrap();
        assert!(store.exists(first).unwrap());

        store.set("one more".into(), Vec::new()).unwrap();
        let Keys { mut keys, mut outcome } = store.keys();
        keys.recv().await.unwrap();
        let reader = tokio::spawn({
            let store = store.clone();
            async move { store.get("0".into()).unwrap() }
        });
        // The lock is held for as long as the listing waits for room.
        assert!(store.database.connection.try_lock().is_err());
        assert!(outcome.try_recv().is_err() && !reader.is_finished());
        keys.recv().await.unwrap();
        assert_eq!(reader.await.unwrap(), Some(Vec::new()));
        outcome.await.unwrap().unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_listing_that_is_dropped_gives_the_lock_back() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder);
        for n in 0..100 {
            store.set(format!("{n}"), Vec::new()).unwrap();
        }
        let Keys { keys, outcome } = store.keys();
        drop(keys);
        assert!(outcome.await.unwrap().is_err());
        assert!(store.exists("0".into()).unwrap());
    }
}
