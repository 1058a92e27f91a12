//! Direct access to the application's key-value store: Spin's `SQLite` file with its own table, or Redis.

use super::build::workspace;
use host::redis_server::RedisServer;
use redis::TypedCommands;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The environment variable that selects the store of all tests: `redis`; `SQLite` without it.
const VARIABLE: &str = "E2E_STORE";

/// The runtime configuration that deployments use, relative to the workspace.
const RUNTIME_CONFIG: &str = "deploy/runtime-config/redis.toml";

/// The server in that file.
const DEPLOYED_URL: &str = "redis://localhost:6379/0";

/// Its port.
const DEPLOYED_PORT: u16 = 6379;

/// The file's name in the state directory, as in Spin.
const FILE: &str = "sqlite_key_value.db";

/// The label of the application's store.
const LABEL: &str = "default";

/// The store of an application.
pub enum Store {
    /// A file in this state directory.
    Sqlite(PathBuf),
    /// A server of its own, and the file with which hosts use it.
    Redis(RedisServer, RuntimeConfig),
}

/// A runtime configuration file.
pub enum RuntimeConfig {
    /// A copy of the one that deployments use, with another URL.
    Copy(tempfile::NamedTempFile),
    /// The one that deployments use.
    Deployed(PathBuf),
}

impl Store {
    /// Returns the store that the environment selects: `SQLite` in a state directory unless it says otherwise.
    pub fn of_environment(state: &Path) -> Self {
        match std::env::var(VARIABLE).as_deref() {
            Err(_) => Self::Sqlite(state.to_owned()),
            Ok("redis") => Self::redis().expect("a redis-server"),
            Ok(other) => panic!("{VARIABLE}={other}: only `redis` can be selected"),
        }
    }

    /// Starts a Redis server. Where there is none, prints that a test is skipped and returns `None`; with `CI` set, fails.
    pub fn redis() -> Option<Self> {
        let server = RedisServer::start().unwrap()?;
        let config = std::fs::read_to_string(workspace().join(RUNTIME_CONFIG)).unwrap();
        assert!(config.contains(DEPLOYED_URL), "{RUNTIME_CONFIG} has another URL");
        let file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
        std::fs::write(file.path(), config.replace(DEPLOYED_URL, &server.url())).unwrap();
        Some(Self::Redis(server, RuntimeConfig::Copy(file)))
    }

    /// Starts a Redis server where the configuration that deployments use expects one, and takes that file as it is. Where
    /// that is not possible, prints that a test is skipped and returns `None`; with `CI` set, fails.
    pub fn deployed_redis() -> Option<Self> {
        let file = workspace().join(RUNTIME_CONFIG);
        assert!(std::fs::read_to_string(&file).unwrap().contains(DEPLOYED_URL), "{RUNTIME_CONFIG} has another URL");
        let server = RedisServer::start_at(DEPLOYED_PORT).unwrap()?;
        Some(Self::Redis(server, RuntimeConfig::Deployed(file)))
    }

    /// Returns the runtime configuration file for hosts; `None` for Spin's default.
    pub fn runtime_config(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(_) => None,
            Self::Redis(_, RuntimeConfig::Copy(file)) => Some(file.path()),
            Self::Redis(_, RuntimeConfig::Deployed(file)) => Some(file),
        }
    }

    /// Returns all entries.
    pub fn entries(&self) -> BTreeMap<String, Vec<u8>> {
        match self {
            Self::Sqlite(state) => {
                let connection = open_file(state, OpenFlags::SQLITE_OPEN_READ_ONLY);
                let mut query = connection.prepare("SELECT key, value FROM spin_key_value WHERE store = ?1").unwrap();
                let rows = query.query_map([LABEL], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
                rows.collect::<Result<_, _>>().unwrap()
            }
            Self::Redis(server, _) => {
                let mut connection = connect(server);
                let keys = connection.keys("*").unwrap();
                let values: Vec<Option<Vec<u8>>> = match &*keys {
                    [] => Vec::new(),
                    keys => redis::cmd("MGET").arg(keys).query(&mut connection).unwrap(),
                };
                // A key may be deleted in between.
                keys.into_iter().zip(values).filter_map(|(key, value)| Some((key, value?))).collect()
            }
        }
    }

    /// Deletes a key. Returns whether it existed.
    pub fn delete(&self, key: &str) -> bool {
        match self {
            Self::Sqlite(state) => {
                let connection = open_file(state, OpenFlags::SQLITE_OPEN_READ_WRITE);
                let query = "DELETE FROM spin_key_value WHERE store = ?1 AND key = ?2";
                connection.execute(query, params![LABEL, key]).unwrap() > 0
            }
            Self::Redis(server, _) => connect(server).del(key).unwrap() > 0,
        }
    }

    /// Changes an existing value.
    pub fn change(&self, key: &str, change: impl FnOnce(&[u8]) -> Vec<u8>) {
        let bytes = change(&self.get(key).unwrap_or_else(|| panic!("no {key} in the store")));
        match self {
            Self::Sqlite(state) => {
                let connection = open_file(state, OpenFlags::SQLITE_OPEN_READ_WRITE);
                let query = "UPDATE spin_key_value SET value = ?3 WHERE store = ?1 AND key = ?2";
                connection.execute(query, params![LABEL, key, bytes]).unwrap();
            }
            Self::Redis(server, _) => connect(server).set(key, bytes).unwrap(),
        }
    }

    fn get(&self, key: &str) -> Option<Vec<u8>> {
        match self {
            Self::Sqlite(state) => {
                let connection = open_file(state, OpenFlags::SQLITE_OPEN_READ_ONLY);
                let query = "SELECT value FROM spin_key_value WHERE store = ?1 AND key = ?2";
                connection.query_row(query, params![LABEL, key], |row| row.get(0)).optional().unwrap()
            }
            Self::Redis(server, _) => redis::cmd("GET").arg(key).query(&mut connect(server)).unwrap(),
        }
    }
}

fn open_file(state: &Path, flags: OpenFlags) -> Connection {
    let connection = Connection::open_with_flags(state.join(FILE), flags).unwrap();
    connection.busy_timeout(Duration::from_secs(10)).unwrap();
    connection
}

fn connect(server: &RedisServer) -> redis::Connection {
    redis::Client::open(server.url()).unwrap().get_connection().unwrap()
}

/// Returns all files below a folder with their contents.
pub fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.append(&mut self::files(&path));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            files.insert(path, bytes);
        }
    }
    files
}
