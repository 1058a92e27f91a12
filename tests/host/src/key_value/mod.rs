//! The key-value stores of an application: SQLite databases and Redis servers, each behind a label.

mod listing;
mod redis;
mod sqlite;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, ensure};

pub(crate) use self::listing::KeyListing;
use self::redis::{RedisDatabase, RedisStore};
use self::sqlite::{Database, SqliteStore};
use crate::manifest::{DEFAULT_LABEL, Manifest};
use crate::runtime_config::{RuntimeConfig, StoreConfig};

/// The name of the default store's file in the state directory, as in Spin.
const DEFAULT_FILE: &str = "sqlite_key_value.db";

/// The stores that the application can open, by label.
pub(crate) struct Stores(BTreeMap<String, Backend>);

/// What is behind a label.
enum Backend {
    Sqlite(Database),
    Redis(Box<RedisDatabase>),
}

/// An open store.
#[derive(Clone)]
#[allow(unreachable_pub, reason = "the generated bindings re-export it, for which it must be `pub`")]
pub struct Store(OpenStore);

#[derive(Clone)]
enum OpenStore {
    Sqlite(SqliteStore),
    Redis(RedisStore),
}

impl Stores {
    /// Opens the configured stores. The default label, unless it is configured, is a file in `state_dir`. As in Spin, a
    /// Redis server is connected when a component first opens its label.
    ///
    /// # Errors
    /// A file can't be opened, or a Redis URL is not supported.
    pub(crate) fn open(config: &RuntimeConfig, state_dir: &Path) -> anyhow::Result<Self> {
        let default = StoreConfig::Spin { path: Some(state_dir.join(DEFAULT_FILE)) };
        let default = (!config.key_value_store.contains_key(DEFAULT_LABEL)).then_some((DEFAULT_LABEL, &default));
        let configured = config.key_value_store.iter().map(|(label, config)| (label.as_str(), config));
        let open = |(label, config): (&str, &StoreConfig)| {
            let backend = match config {
                StoreConfig::Spin { path: Some(path) } => Database::open(path).map(Backend::Sqlite),
                StoreConfig::Spin { path: None } => Database::in_memory().map(Backend::Sqlite),
                StoreConfig::Redis { url } => {
                    RedisDatabase::new(url).map(|database| Backend::Redis(Box::new(database)))
                }
            };
            Ok((label.to_owned(), backend.with_context(|| format!("the key-value store {label:?}"))?))
        };
        configured.chain(default).map(open).collect::<anyhow::Result<_>>().map(Self)
    }

    /// Checks that the components' labels exist.
    ///
    /// # Errors
    /// A component may open a label that is not configured.
    pub(crate) fn check_labels(&self, manifest: &Manifest) -> anyhow::Result<()> {
        for (id, component) in &manifest.component {
            for label in &component.key_value_stores {
                ensure!(
                    self.0.contains_key(label),
                    "component {id:?} uses the key-value store {label:?}, which the runtime configuration does not have"
                );
            }
        }
        Ok(())
    }

    /// Returns where the data of the default label is, without credentials.
    pub(crate) fn default_location(&self) -> Option<String> {
        self.0.get(DEFAULT_LABEL).map(|backend| match backend {
            Backend::Sqlite(database) => database.location(),
            Backend::Redis(database) => database.location(),
        })
    }

    /// Opens the store of a label. Returns `None` if there is no such label.
    ///
    /// # Errors
    /// The Redis server can't be reached.
    pub(crate) async fn store(&self, label: &str) -> anyhow::Result<Option<Store>> {
        let opened = match self.0.get(label) {
            None => return Ok(None),
            Some(Backend::Sqlite(database)) => OpenStore::Sqlite(database.store(label)),
            Some(Backend::Redis(database)) => OpenStore::Redis(database.store().await?),
        };
        Ok(Some(Store(opened)))
    }
}

impl Store {
    /// Returns the value of `key`.
    pub(crate) async fn get(&self, key: String) -> anyhow::Result<Option<Vec<u8>>> {
        match &self.0 {
            OpenStore::Sqlite(store) => store.get(key),
            OpenStore::Redis(store) => store.get(&key).await,
        }
    }

    /// Sets `key` to `value`, replacing an existing value.
    pub(crate) async fn set(&self, key: String, value: Vec<u8>) -> anyhow::Result<()> {
        match &self.0 {
            OpenStore::Sqlite(store) => store.set(key, value),
            OpenStore::Redis(store) => store.set(&key, value).await,
        }
    }

    /// Deletes `key` if it exists.
    pub(crate) async fn delete(&self, key: String) -> anyhow::Result<()> {
        match &self.0 {
            OpenStore::Sqlite(store) => store.delete(key),
            OpenStore::Redis(store) => store.delete(&key).await,
        }
    }

    /// Returns whether `key` has a value.
    pub(crate) async fn exists(&self, key: String) -> anyhow::Result<bool> {
        match &self.0 {
            OpenStore::Sqlite(store) => store.exists(key),
            OpenStore::Redis(store) => store.exists(&key).await,
        }
    }

    /// Streams every key in unspecified order.
    pub(crate) fn keys(&self) -> KeyListing {
        match &self.0 {
            OpenStore::Sqlite(store) => store.keys(),
            OpenStore::Redis(store) => store.keys(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(config: &str, folder: &Path) -> anyhow::Result<Stores> {
        Stores::open(&RuntimeConfig::parse(config, folder)?, folder)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_default_store_is_a_file_in_the_state_directory_unless_it_is_configured() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(DEFAULT_FILE);
        let stores = open("[key_value_store.default]\ntype = \"spin\"", folder.path()).unwrap();
        assert!(!file.exists(), "a store without a path is in memory");
        assert_eq!(stores.default_location().unwrap(), "a database in memory");
        let stores = open("[key_value_store.cache]\ntype = \"spin\"", folder.path()).unwrap();
        assert!(file.exists());
        let store = stores.store(DEFAULT_LABEL).await.unwrap().unwrap();
        store.set("k".into(), b"v".to_vec()).await.unwrap();
        let cache = stores.store("cache").await.unwrap().unwrap();
        assert!(!cache.exists("k".into()).await.unwrap());
        assert!(stores.store("other").await.unwrap().is_none());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_relative_path_belongs_to_the_folder_of_the_configuration() {
        let folder = tempfile::tempdir().unwrap();
        open("[key_value_store.default]\ntype = \"spin\"\npath = \"data/kv.db\"", folder.path()).unwrap();
        assert!(folder.path().join("data/kv.db").is_file());
        assert!(!folder.path().join(DEFAULT_FILE).exists());
    }

    #[test]
    fn rejects_components_with_an_unknown_label() {
        let manifest = Manifest::parse(
            r#"
            spin_manifest_version = 2
            [application]
            name = "app"
            [[trigger.http]]
            route = "/..."
            component = "a"
            [component.a]
            source = "a.wasm"
            key_value_stores = ["default", "cache"]
            "#,
        )
        .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let error = open("", folder.path()).unwrap().check_labels(&manifest).unwrap_err().to_string();
        assert!(error.contains("\"a\"") && error.contains("\"cache\""), "{error}");
        let configured = open("[key_value_store.cache]\ntype = \"spin\"", folder.path()).unwrap();
        configured.check_labels(&manifest).unwrap();
    }
}
