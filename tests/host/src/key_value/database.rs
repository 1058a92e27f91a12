//! The SQLite file, with the table that Spin uses, so that either can take up the other's state directory.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use rusqlite::{Connection, OptionalExtension, params};

/// The file's name below the state directory, as in Spin.
const FILE: &str = "sqlite_key_value.db";

/// How long a write waits for another process that is writing. Writes take milliseconds; past this something is wrong.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// An open key-value file.
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

    /// The store of a label.
    pub(crate) fn store(&self, label: &str) -> Store {
        Store { database: self.clone(), label: label.to_owned() }
    }
}

impl Store {
    /// Runs `work` on a thread where it may block.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &str) -> rusqlite::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let Self { database, label } = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            // Every statement is its own transaction, so a panic elsewhere left nothing half done.
            let connection = database.connection.lock().unwrap_or_else(PoisonError::into_inner);
            work(&connection, &label)
        });
        Ok(done.await??)
    }

    /// The value of `key`.
    pub(crate) async fn get(&self, key: String) -> anyhow::Result<Option<Vec<u8>>> {
        self.run(move |connection, label| {
            connection
                .prepare_cached("SELECT value FROM spin_key_value WHERE store = ?1 AND key = ?2")?
                .query_row(params![label, key], |row| row.get(0))
                .optional()
        })
        .await
    }

    /// Sets `key` to `value`, whether it existed or not.
    pub(crate) async fn set(&self, key: String, value: Vec<u8>) -> anyhow::Result<()> {
        self.run(move |connection, label| {
            connection
                .prepare_cached(
                    "INSERT INTO spin_key_value (store, key, value) VALUES (?1, ?2, ?3) \
                     ON CONFLICT (store, key) DO UPDATE SET value = excluded.value",
                )?
                .execute(params![label, key, value])
                .map(drop)
        })
        .await
    }

    /// Deletes `key`; it need not exist.
    pub(crate) async fn delete(&self, key: String) -> anyhow::Result<()> {
        self.run(move |connection, label| {
            connection
                .prepare_cached("DELETE FROM spin_key_value WHERE store = ?1 AND key = ?2")?
                .execute(params![label, key])
                .map(drop)
        })
        .await
    }

    /// Whether `key` has a value.
    pub(crate) async fn exists(&self, key: String) -> anyhow::Result<bool> {
        self.run(move |connection, label| {
            connection
                .prepare_cached("SELECT 1 FROM spin_key_value WHERE store = ?1 AND key = ?2")?
                .exists(params![label, key])
        })
        .await
    }

    /// Every key, in no order that callers may rely on.
    pub(crate) async fn keys(&self) -> anyhow::Result<Vec<String>> {
        self.run(move |connection, label| {
            connection
                .prepare_cached("SELECT key FROM spin_key_value WHERE store = ?1")?
                .query_map([label], |row| row.get(0))?
                .collect()
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(folder: &tempfile::TempDir) -> Store {
        Database::open(folder.path()).unwrap().store("default")
    }

    #[tokio::test]
    async fn keeps_values() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder);
        assert_eq!(store.get("a".into()).await.unwrap(), None);
        store.set("a".into(), b"1".to_vec()).await.unwrap();
        store.set("a".into(), b"2".to_vec()).await.unwrap();
        store.set("b".into(), Vec::new()).await.unwrap();
        assert_eq!(store.get("a".into()).await.unwrap(), Some(b"2".to_vec()));
        assert_eq!(store.get("b".into()).await.unwrap(), Some(Vec::new()));
        assert!(store.exists("b".into()).await.unwrap());
        let mut keys = store.keys().await.unwrap();
        keys.sort();
        assert_eq!(keys, ["a", "b"]);
        store.delete("a".into()).await.unwrap();
        store.delete("a".into()).await.unwrap();
        assert!(!store.exists("a".into()).await.unwrap());
    }

    #[tokio::test]
    async fn labels_are_apart() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(folder.path()).unwrap();
        database.store("default").set("a".into(), b"1".to_vec()).await.unwrap();
        assert!(database.store("other").keys().await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn two_processes_can_write_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let stores = [open(&folder), open(&folder)];
        let writers = stores.clone().into_iter().enumerate().map(|(writer, store)| {
            tokio::spawn(async move {
                for n in 0..50 {
                    store.set(format!("{writer}:{n}"), b"x".to_vec()).await.unwrap();
                }
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap();
        }
        assert_eq!(stores[0].keys().await.unwrap().len(), 100);
    }

    #[tokio::test]
    async fn the_table_is_spins() {
        let folder = tempfile::tempdir().unwrap();
        open(&folder).set("k".into(), b"v".to_vec()).await.unwrap();
        let other = Connection::open(folder.path().join("sqlite_key_value.db")).unwrap();
        let row: (String, String, Vec<u8>) = other
            .query_row("SELECT store, key, value FROM spin_key_value", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .unwrap();
        assert_eq!(row, ("default".into(), "k".into(), b"v".to_vec()));
    }
}
