//! The part of Spin's runtime configuration that this host supports: key-value stores.
//!
//! Any other setting is an error that names it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Deserialize;

/// A runtime configuration file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuntimeConfig {
    /// The `[key_value_store.LABEL]` tables, by label.
    #[serde(default)]
    pub(crate) key_value_store: BTreeMap<String, StoreConfig>,
}

/// A `[key_value_store.LABEL]` table.
#[derive(Clone, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum StoreConfig {
    /// An SQLite database.
    Spin {
        /// The file, relative to the folder of the configuration file. Without it, the database is in memory.
        path: Option<PathBuf>,
    },
    /// A Redis database.
    Redis {
        /// `redis://[user:password@]host[:port][/database]`.
        url: String,
    },
}

/// Leaves out the URL, which may have a password.
impl std::fmt::Debug for StoreConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Spin { path } => f.debug_struct("Spin").field("path", path).finish(),
            Self::Redis { .. } => f.debug_struct("Redis").finish_non_exhaustive(),
        }
    }
}

impl RuntimeConfig {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// The file can't be read, is not TOML, or has a setting that this host does not support.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))?;
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        Self::parse(&text, folder).with_context(|| format!("this host can't use {}", path.display()))
    }

    /// Parses a configuration whose relative paths belong to `folder`.
    ///
    /// # Errors
    /// As [`RuntimeConfig::read`]. The error does not quote the file, which may have a password.
    pub(crate) fn parse(text: &str, folder: &Path) -> anyhow::Result<Self> {
        let mut config: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| 1 + text.bytes().take(span.start).filter(|&b| b == b'\n').count());
            anyhow::anyhow!("line {line}: {}", error.message())
        })?;
        for store in config.key_value_store.values_mut() {
            if let StoreConfig::Spin { path: Some(path) } = store {
                *path = folder.join(&*path);
            }
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<BTreeMap<String, StoreConfig>, String> {
        let parsed = RuntimeConfig::parse(text, Path::new("/config"));
        parsed.map(|config| config.key_value_store).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn reads_the_stores_of_spin() {
        let stores = parse(
            r#"
            [key_value_store.default]
            type = "redis"
            url = "redis://u:hunter2@localhost/1"
            [key_value_store.file]
            type = "spin"
            path = "kv.db"
            [key_value_store.absolute]
            type = "spin"
            path = "/kv.db"
            [key_value_store.memory]
            type = "spin"
            "#,
        )
        .unwrap();
        assert!(matches!(&stores["default"], StoreConfig::Redis { url } if url == "redis://u:hunter2@localhost/1"));
        let path = |label: &str| match &stores[label] {
            StoreConfig::Spin { path } => path.clone(),
            StoreConfig::Redis { .. } => panic!("{label} is Redis"),
        };
        assert_eq!(path("file"), Some("/config/kv.db".into()));
        assert_eq!(path("absolute"), Some("/kv.db".into()));
        assert_eq!(path("memory"), None);
        assert!(!format!("{stores:?}").contains("hunter2"));
        assert!(parse("").unwrap().is_empty());
    }

    #[test]
    fn rejects_what_it_does_not_support_by_name() {
        let store = |settings: &str| format!("[key_value_store.default]\n{settings}");
        for (text, named) in [
            ("state_dir = \"x\"", "state_dir"),
            ("[sqlite_database.default]\ntype = \"spin\"", "sqlite_database"),
            ("[[config_provider]]\ntype = \"vault\"", "config_provider"),
            (&store("type = \"azure_cosmos\""), "azure_cosmos"),
            (&store("type = \"aws_dynamo\"\nregion = \"us-east-1\""), "aws_dynamo"),
            (&store("type = \"redis\""), "url"),
            (&store("type = \"redis\"\nurl = \"redis://localhost\"\ntimeout = 5"), "timeout"),
            (&store("type = \"spin\"\nurl = \"redis://localhost\""), "url"),
            (&store("url = \"redis://localhost\""), "type"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(named), "{text}: {error}");
        }
    }

    #[test]
    fn reads_the_file_of_deployments_on_redis_and_rejects_the_others_by_name() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/runtime-config");
        let redis = RuntimeConfig::read(&folder.join("redis.toml")).unwrap();
        let store = &redis.key_value_store["default"];
        assert!(matches!(store, StoreConfig::Redis { url } if url == "redis://localhost:6379/0"), "{store:?}");
        for (file, kind) in [("dynamodb.toml", "aws_dynamo"), ("cosmos.toml", "azure_cosmos")] {
            let error = format!("{:#}", RuntimeConfig::read(&folder.join(file)).unwrap_err());
            assert!(error.contains(kind), "{error}");
        }
    }

    #[test]
    fn errors_name_the_line_and_do_not_quote_it() {
        let error = parse("[key_value_store.default]\ntype = \"redis\"\nurl = \"redis://u:hunter2@h\" x").unwrap_err();
        assert!(error.contains("line 3") && !error.contains("hunter2"), "{error}");
        let error = RuntimeConfig::read(Path::new("/nowhere/runtime.toml")).unwrap_err().to_string();
        assert!(error.contains("/nowhere/runtime.toml"), "{error}");
    }
}
