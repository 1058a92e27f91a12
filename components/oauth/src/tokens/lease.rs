//! Taking turns between instances. Hosts run several instances of the component at once, and each would spend the same
//! refresh token. The store has no atomics, so a lease is written, given a moment, and read back: of several who write
//! at once, the last has it. The rare case that slips through is met in `renewal`, where a refusal is not believed at
//! once.

use crate::app::App;
use domain::records::{Key, VERSION};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ServiceId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How long a lease lasts if its holder is killed: a call to Zoom, and writing what it brought.
const LIFETIME: SignedDuration = SignedDuration::from_secs(14);

/// How long another instance's write may take to show.
const SETTLING: SignedDuration = SignedDuration::from_millis(50);

/// How often to look whether another instance is done.
pub(super) const LOOK_AGAIN: SignedDuration = SignedDuration::from_millis(200);

/// Who renews a service's tokens, and until when nobody else does.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    v: u32,
    by: String,
    until: Timestamp,
}

struct LeaseKey {
    id: ServiceId,
}

impl Key for LeaseKey {
    type Record = Record;
}

impl fmt::Display for LeaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "renewing:{}", self.id)
    }
}

/// Takes the lease; `false` when another instance has it.
pub(super) async fn take(app: &App, id: &ServiceId) -> Result<bool, Error> {
    let key = LeaseKey { id: id.clone() };
    if app.store().get(&key).await?.is_some_and(|lease| lease.until > app.now()) {
        return Ok(false);
    }
    let by = app.nonce();
    app.store().put(&key, &Record { v: VERSION, by: by.clone(), until: app.now() + LIFETIME }).await?;
    app.ports.clock.sleep(SETTLING).await;
    Ok(app.store().get(&key).await?.is_some_and(|lease| lease.by == by))
}

/// Gives the lease back. One that cannot be given back lapses.
pub(super) async fn give_back(app: &App, id: &ServiceId) {
    if let Err(error) = app.store().delete(&LeaseKey { id: id.clone() }).await {
        platform::log!("tokens.lease_not_given_back", service = id, error = error);
    }
}
