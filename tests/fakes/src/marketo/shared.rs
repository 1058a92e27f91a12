//! What the parts of a running stand-in share.

use std::sync::{Arc, Mutex, OnceLock};

use jiff::Timestamp;
use tokio::sync::watch;

use super::access::Access;
use super::api::Paging;
use super::campaign::Campaigns;
use super::meters::Meters;
use super::options::Options;
use super::secret;
use super::world::World;
use crate::support::Backstage;

/// The state of a stand-in. No lock here is held over an await, nor two at once.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) options: Options,
    /// Its own base URL, under which callbacks come in; known once it listens.
    pub(super) url: OnceLock<String>,
    pub(super) backstage: Backstage,
    /// For calls to flow step services and webhooks.
    pub(super) http: reqwest::Client,
    /// The key of the gateway in front of the callback, shown to services as `apiCallBackKey`.
    pub(super) gateway_key: String,
    pub(super) world: Mutex<World>,
    pub(super) access: Mutex<Access>,
    pub(super) meters: Mutex<Meters>,
    pub(super) paging: Mutex<Paging>,
    pub(super) campaigns: Mutex<Campaigns>,
    changes: watch::Sender<u64>,
}

/// As handlers and tasks hold it.
pub(super) type State = Arc<Shared>;

impl Shared {
    pub(super) fn new(options: Options, backstage: Backstage) -> Self {
        let world = World::seeded(backstage.clock.now());
        Self {
            options,
            url: OnceLock::new(),
            backstage,
            http: reqwest::Client::new(),
            gateway_key: secret::uuid(),
            world: Mutex::new(world),
            access: Mutex::default(),
            meters: Mutex::default(),
            paging: Mutex::default(),
            campaigns: Mutex::default(),
            changes: watch::Sender::new(0),
        }
    }

    /// The stand-in's present.
    pub(super) fn now(&self) -> Timestamp {
        self.backstage.clock.now()
    }

    /// Wakes whoever waits in [`Shared::until`].
    pub(super) fn announce(&self) {
        self.changes.send_modify(|version| *version += 1);
    }

    /// Waits until `look` sees what it looks for; it looks after every [`Shared::announce`].
    pub(super) async fn until<T>(&self, mut look: impl FnMut() -> Option<T>) -> T {
        let mut changes = self.changes.subscribe();
        loop {
            if let Some(seen) = look() {
                return seen;
            }
            // The sender lives as long as `self`, so this cannot fail while we wait.
            let _ = changes.changed().await;
        }
    }
}
