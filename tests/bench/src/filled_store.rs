//! A store with many records, as a large customer has one after some months.

use anyhow::Context;
use domain::records::{RegistrationKey, StoreKey};
use fakes::env::TOKEN_KEY;
use host::redis_server::RedisServer;
use jiff::{SignedDuration, Timestamp};
use platform::testing::opened_keys::OpenedKeys;
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Number of records that are written together.
const BATCH: usize = 5_000;

/// Number of people of each webinar in the ledger.
const PEOPLE_PER_WEBINAR: usize = 2_000;

/// One of this many records is a failure; the others are ledger entries.
const FAILURES: usize = 20;

/// The moments at which the hourly maintenance ran last.
const MAINTENANCE: [&str; 4] = ["last:sweep", "last:registration-sweep", "last:catalog-sweep", "last:oauth-sweep"];

/// A kind of store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// A file, as Spin has by default.
    Sqlite,
    /// A server.
    Redis,
}

/// A filled store.
pub enum FilledStore {
    /// The file.
    Sqlite(PathBuf),
    /// The server, and its runtime configuration file.
    Redis(RedisServer, tempfile::NamedTempFile),
}

impl FilledStore {
    /// Creates a store with `records` records for an application with a state directory. The hourly maintenance is not due.
    /// Returns `None` where there is no such store.
    ///
    /// # Errors
    /// Fails when the store does.
    pub fn create(kind: StoreKind, state_dir: &Path, records: usize) -> anyhow::Result<Option<Self>> {
        let store = match kind {
            StoreKind::Sqlite => {
                std::fs::create_dir_all(state_dir)?;
                let file = state_dir.join("sqlite_key_value.db");
                let connection = Connection::open(&file)?;
                connection.pragma_update(None, "journal_mode", "WAL")?;
                connection.execute(
                    "CREATE TABLE spin_key_value \
                     (store TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (store, key))",
                    [],
                )?;
                Self::Sqlite(file)
            }
            StoreKind::Redis => {
                let Some(server) = RedisServer::start()? else { return Ok(None) };
                let config = tempfile::Builder::new().suffix(".toml").tempfile()?;
                let text = format!("[key_value_store.default]\ntype = \"redis\"\nurl = {:?}\n", server.url());
                std::fs::write(config.path(), text)?;
                Self::Redis(server, config)
            }
        };
        let now = Timestamp::now();
        let numbers: Vec<usize> = (0..records).collect();
        for batch in numbers.chunks(BATCH) {
            store.write(&batch.iter().map(|&n| record(n, now)).collect::<Vec<_>>())?;
        }
        store.set_last_maintenance(now)?;
        Ok(Some(store))
    }

    /// Returns the runtime configuration file, if the application needs one.
    pub fn runtime_config(&self) -> Option<PathBuf> {
        match self {
            Self::Sqlite(_) => None,
            Self::Redis(_, config) => Some(config.path().to_owned()),
        }
    }

    /// Makes the hourly maintenance due.
    ///
    /// # Errors
    /// Fails when the store does.
    pub fn make_maintenance_due(&self) -> anyhow::Result<()> {
        self.set_last_maintenance(Timestamp::now() - SignedDuration::from_hours(2))
    }

    fn set_last_maintenance(&self, at: Timestamp) -> anyhow::Result<()> {
        self.write(&MAINTENANCE.map(|key| (key.to_owned(), json!({"v": 1, "at": at.to_string()}))))
    }

    /// Writes records, also while the application runs. Keys of the ledger get the codes of their addresses; values stay plain,
    /// which the application reads too.
    ///
    /// # Errors
    /// Fails when the store does.
    pub fn write(&self, records: &[(String, Value)]) -> anyhow::Result<()> {
        let keys = OpenedKeys::derive(TOKEN_KEY);
        let stored_key = |key: &String| RegistrationKey::parse(key).map_or(key.clone(), |key| keys.stored_key(&key));
        match self {
            Self::Sqlite(file) => {
                let mut connection = Connection::open(file)?;
                connection.busy_timeout(Duration::from_secs(10))?;
                let transaction = connection.transaction()?;
                for (key, value) in records {
                    transaction
                        .prepare_cached("INSERT OR REPLACE INTO spin_key_value VALUES ('default', ?1, ?2)")?
                        .execute(params![stored_key(key), value.to_string().into_bytes()])?;
                }
                transaction.commit()?;
            }
            Self::Redis(server, _) => {
                let mut connection = redis::Client::open(server.url())?.get_connection()?;
                let mut pipeline = redis::pipe();
                for (key, value) in records {
                    pipeline.set(stored_key(key), value.to_string()).ignore();
                }
                pipeline.exec(&mut connection).context("filling Redis")?;
            }
        }
        Ok(())
    }
}

/// Returns the key and the value of the n-th record (docs/STATE.md). None of them is due for anything, or old.
fn record(n: usize, now: Timestamp) -> (String, Value) {
    let (webinar, program, lead) = (800_000 + n / PEOPLE_PER_WEBINAR, 50_000 + n / PEOPLE_PER_WEBINAR, 900_000 + n);
    if n.is_multiple_of(FAILURES) {
        let problem = json!({"code": "INVALID_FIELD", "detail": "Zoom rejected the lead's e-mail address."});
        let failure = json!({
            "v": 1, "program": program.to_string(), "lead": lead.to_string(), "choice": null, "problem": problem,
            "since": now.to_string(), "tries": 1, "next_try": null,
        });
        return (format!("failure:{program}:{lead}"), failure);
    }
    let join_url = format!("https://zoom.us/w/{webinar}?tk={n:040x}.DQYAAAAXO1Xg-{n:060x}");
    let registration = json!({
        "v": 1, "program": program.to_string(), "lead": lead.to_string(), "at": now.to_string(),
        "outcome": {"registered": {"registrant": format!("r{n:020}"), "join_url": join_url}},
        "adds": {"day": 20_759, "count": 1},
    });
    // Hashes of addresses are in no order.
    let hash = (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (format!("registration:{webinar}:{hash:016x}{n:048x}"), registration)
}
