//! The sessions: begins and ends them, and sweeps those that expired. `platform::auth::session` reads them, in every component.

use domain::records::{AnyKey, ConsoleSweepKey, Record, RecordKind, SessionsEnded, SessionsEndedKey};
use domain::time::SignedDuration;
use domain::{Error, Sensitive};
use http::HeaderMap;
use platform::Ports;
use platform::auth::session;
use platform::maintenance::Maintenance;

/// How long a sweep may take. It ends itself, because nobody waits for it.
const SWEEP_TIMEOUT: SignedDuration = SignedDuration::from_secs(20);

/// Begins a session for a caller with this admin key. Returns the `Set-Cookie` value.
pub(crate) async fn begin(ports: &Ports, admin_key: &Sensitive) -> Result<String, Error> {
    let session = session::create(ports, admin_key).await?;
    ports.store().put(&session.key, &session.record).await?;
    Ok(session.cookie)
}

/// Ends the sessions whose id a request carries.
pub(crate) async fn end(ports: &Ports, headers: &HeaderMap) -> Result<(), Error> {
    for key in session::keys_of(ports, headers).await? {
        // Anybody can send an id: one that does not exist costs no write.
        if ports.store().exists(&key).await? {
            ports.store().delete(&key).await?;
        }
    }
    Ok(())
}

/// Ends all sessions.
pub(crate) async fn end_all(ports: &Ports) -> Result<(), Error> {
    let ended = SessionsEnded {
        v: SessionsEnded::VERSION,
        generation: format!("{:08x}", u64::from_le_bytes(ports.random.bytes())),
    };
    Ok(ports.store().put(&SessionsEndedKey {}, &ended).await?)
}

/// Deletes expired sessions, once an hour. It runs after a sign-in, which is what adds records.
pub(crate) async fn sweep(ports: &Ports) {
    if let Err(error) = try_sweep(ports).await {
        platform::log!(Warn, "sessions.sweep_failed", error = error);
    }
}

async fn try_sweep(ports: &Ports) -> Result<(), Error> {
    let deadline = ports.clock.now() + SWEEP_TIMEOUT;
    let Some(maintenance) = Maintenance::begin_if_due(ports, ConsoleSweepKey {}, deadline).await? else {
        return Ok(());
    };
    for key in ports.store().list_kinds(&[RecordKind::Session]).await? {
        let AnyKey::Session(session) = &key else { continue };
        let record = ports.store().get_readable(session).await?;
        if record.is_some_and(|record| record.until <= ports.clock.now()) {
            ports.store().delete(&key).await?;
        }
        if ports.clock.now() >= deadline {
            break;
        }
    }
    maintenance.finish().await
}
