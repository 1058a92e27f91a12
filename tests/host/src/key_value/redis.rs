//! Stores of type `redis`: a Redis database, with the commands that Spin sends.
//!
//! As in Spin, all components share one connection, which reconnects after an error; a command has no timeout; the label is
//! not part of the key, so two labels on one URL share their keys.

use anyhow::{Context, bail};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncCommands, Client, ConnectionAddr, RedisResult, cmd};
use tokio::sync::{OnceCell, mpsc, oneshot};

use super::listing::{KeyListing, LISTING_BUFFER};

/// A Redis database, connected when a component first opens its label.
pub(super) struct RedisDatabase {
    client: Client,
    connection: OnceCell<ConnectionManager>,
}

/// The keys of a Redis database.
#[derive(Clone)]
pub(super) struct RedisStore {
    connection: ConnectionManager,
}

impl RedisDatabase {
    /// Checks the URL, `redis://[user:password@]host[:port][/database]`. Does not connect.
    ///
    /// # Errors
    /// The URL is not valid, or needs TLS or a Unix socket. The error does not quote it, because it may have a password.
    pub(super) fn new(url: &str) -> anyhow::Result<Self> {
        let scheme = url.split_once("://").map_or(url, |(scheme, _)| scheme);
        if scheme != "redis" {
            bail!("this host supports Redis URLs of the form redis://host:port/database only, without TLS");
        }
        let client = Client::open(url).context("the Redis URL is not valid")?;
        Ok(Self { client, connection: OnceCell::new() })
    }

    /// Returns the server's address.
    pub(super) fn location(&self) -> String {
        match self.client.get_connection_info().addr() {
            ConnectionAddr::Tcp(host, port) => format!("Redis at {host}:{port}"),
            _ => "Redis".to_owned(),
        }
    }

    /// Connects unless there is a connection. As Spin does, retries for some seconds, and pings the server without
    /// looking at the result.
    ///
    /// # Errors
    /// The server can't be reached. The next call tries again.
    pub(super) async fn store(&self) -> anyhow::Result<RedisStore> {
        let mut connection = self.connection.get_or_try_init(|| connect(&self.client)).await?.clone();
        drop(connection.ping::<()>().await);
        Ok(RedisStore { connection })
    }
}

async fn connect(client: &Client) -> anyhow::Result<ConnectionManager> {
    let config = ConnectionManagerConfig::new().set_connection_timeout(None).set_response_timeout(None);
    ConnectionManager::new_with_config(client.clone(), config).await.context("can't connect to Redis")
}

impl RedisStore {
    pub(super) async fn get(&self, key: &str) -> anyhow::Result<Option<Vec<u8>>> {
        Ok(self.connection.clone().get(key).await?)
    }

    pub(super) async fn set(&self, key: &str, value: Vec<u8>) -> anyhow::Result<()> {
        Ok(self.connection.clone().set(key, value).await?)
    }

    pub(super) async fn delete(&self, key: &str) -> anyhow::Result<()> {
        Ok(self.connection.clone().del(key).await?)
    }

    pub(super) async fn exists(&self, key: &str) -> anyhow::Result<bool> {
        Ok(self.connection.clone().exists(key).await?)
    }

    /// Streams every key in unspecified order, some of them twice. Other calls run beside a listing.
    pub(super) fn keys(&self) -> KeyListing {
        let (sender, keys) = mpsc::channel(LISTING_BUFFER);
        let (end, outcome) = oneshot::channel();
        let connection = self.connection.clone();
        tokio::spawn(async move { drop(end.send(send_keys(connection, &sender).await)) });
        KeyListing { keys, outcome }
    }
}

/// Sends the keys of one `SCAN` after another, with Redis's default of about 10 keys for each, as Spin does.
///
/// - A listing ends without an error when a `SCAN` after the first fails, or when a key is not UTF-8, as in Spin (the iterator
///   of its version of the crate `redis` discards the error).
/// - Redis may return a key twice while it resizes its table. Here one of each `SCAN` is sent again after the next
///   `SCAN`, so that callers always meet repeated keys.
async fn send_keys(mut connection: ConnectionManager, keys: &mpsc::Sender<String>) -> anyhow::Result<()> {
    let dropped = "the listing was dropped";
    let mut answer = Some(scan(&mut connection, 0).await?);
    let mut repeated = None;
    while let Some((cursor, batch)) = answer {
        let mut last = None;
        for key in batch {
            let Ok(key) = String::from_utf8(key) else { return Ok(()) };
            last = Some(key.clone());
            keys.send(key).await.context(dropped)?;
        }
        if let Some(key) = repeated.take() {
            keys.send(key).await.context(dropped)?;
        }
        repeated = last;
        answer = if cursor == 0 { None } else { scan(&mut connection, cursor).await.ok() };
    }
    Ok(())
}

/// Returns the next cursor and some keys.
async fn scan(connection: &mut ConnectionManager, cursor: u64) -> RedisResult<(u64, Vec<Vec<u8>>)> {
    cmd("SCAN").arg(cursor).query_async(connection).await
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::redis_server::RedisServer;

    async fn open(server: &RedisServer) -> RedisStore {
        RedisDatabase::new(&server.url()).unwrap().store().await.unwrap()
    }

    /// Returns the listed keys, the listing's outcome, and calls `after_first` when the first key has arrived.
    async fn listed(store: &RedisStore, after_first: impl FnOnce()) -> (Vec<String>, anyhow::Result<()>) {
        let KeyListing { mut keys, outcome } = store.keys();
        let mut listed = Vec::from_iter(keys.recv().await);
        after_first();
        while let Some(key) = keys.recv().await {
            listed.push(key);
        }
        (listed, outcome.await.unwrap())
    }

    #[tokio::test]
    async fn stores_reads_and_deletes_values() {
        let Some(server) = RedisServer::start().unwrap() else { return };
        let store = open(&server).await;
        assert_eq!(store.get("a").await.unwrap(), None);
        store.set("a", b"1".to_vec()).await.unwrap();
        store.set("a", vec![0, 255]).await.unwrap();
        store.set("b", Vec::new()).await.unwrap();
        assert_eq!(store.get("a").await.unwrap(), Some(vec![0, 255]));
        assert_eq!(store.get("b").await.unwrap(), Some(Vec::new()));
        assert!(store.exists("b").await.unwrap());
        store.delete("a").await.unwrap();
        store.delete("a").await.unwrap();
        assert!(!store.exists("a").await.unwrap());
    }

    #[tokio::test]
    async fn labels_and_processes_share_the_keys_of_a_database() {
        let Some(server) = RedisServer::start().unwrap() else { return };
        let stores = [open(&server).await, open(&server).await];
        stores[0].set("a", b"1".to_vec()).await.unwrap();
        assert_eq!(stores[1].get("a").await.unwrap(), Some(b"1".to_vec()));
        let other = server.url().replace("/0", "/1");
        assert_ne!(other, server.url());
        let other = RedisDatabase::new(&other).unwrap().store().await.unwrap();
        assert_eq!(other.get("a").await.unwrap(), None);
    }

    #[tokio::test]
    async fn listing_has_every_key_and_some_of_them_twice() {
        let Some(server) = RedisServer::start().unwrap() else { return };
        let store = open(&server).await;
        assert!(listed(&store, || ()).await.0.is_empty());
        let names: BTreeSet<_> = (0..100).map(|n| n.to_string()).collect();
        for name in &names {
            store.set(name, Vec::new()).await.unwrap();
        }
        let (keys, outcome) = listed(&store, || ()).await;
        outcome.unwrap();
        assert!(keys.len() > names.len(), "{} keys", keys.len());
        assert!(keys.windows(2).all(|pair| pair[0] != pair[1]), "repeated keys are apart");
        assert_eq!(BTreeSet::from_iter(keys), names);
    }

    /// Unlike SQLite, whose listing keeps a lock.
    #[tokio::test]
    async fn other_calls_are_answered_during_a_listing() {
        let Some(server) = RedisServer::start().unwrap() else { return };
        let store = open(&server).await;
        for n in 0..100 {
            store.set(&n.to_string(), Vec::new()).await.unwrap();
        }
        let KeyListing { mut keys, .. } = store.keys();
        let first = keys.recv().await.unwrap();
        assert!(store.exists(&first).await.unwrap());
    }

    #[tokio::test]
    async fn a_listing_whose_server_fails_ends_as_if_it_were_complete() {
        let Some(mut server) = RedisServer::start().unwrap() else { return };
        let store = open(&server).await;
        for n in 0..1_000 {
            store.set(&n.to_string(), Vec::new()).await.unwrap();
        }
        let (keys, outcome) = listed(&store, || server.kill()).await;
        assert!(keys.len() < 1_000, "{} keys", keys.len());
        outcome.unwrap();
    }

    #[tokio::test]
    async fn a_listing_without_a_server_fails() {
        let Some(mut server) = RedisServer::start().unwrap() else { return };
        let store = open(&server).await;
        server.kill();
        let (keys, outcome) = listed(&store, || ()).await;
        assert!(keys.is_empty());
        outcome.unwrap_err();
    }

    #[tokio::test]
    async fn reconnects_to_a_server_that_is_back() {
        let Some(mut server) = RedisServer::start().unwrap() else { return };
        let store = open(&server).await;
        store.set("a", b"1".to_vec()).await.unwrap();
        server.kill();
        assert!(store.get("a").await.is_err());
        server.restart().unwrap();
        // The first commands can still meet the old connection.
        while store.get("a").await.is_err() {}
        assert_eq!(store.get("a").await.unwrap(), None, "the data of a server without a file is lost");
    }

    #[test]
    fn rejects_urls_that_are_not_supported_without_showing_them() {
        for url in
            ["rediss://u:hunter2@host", "unix:///hunter2", "hunter2", "http://hunter2", "redis://u:hunter2@host:x"]
        {
            let Err(error) = RedisDatabase::new(url) else { panic!("{url} is accepted") };
            let error = format!("{error:#}");
            assert!(error.contains("Redis URL") && !error.contains("hunter2"), "{url}: {error}");
        }
        assert_eq!(RedisDatabase::new("redis://u:hunter2@h/3").unwrap().location(), "Redis at h:6379");
    }
}
