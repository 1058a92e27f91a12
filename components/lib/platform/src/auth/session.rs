//! The console's sessions: a random id in a cookie and, under its hash, a record in the store, which only `console` writes.
//!
//! A session ends after [`LIFETIME`], when it signs out, when an admin signs out everywhere, and when the admin key that signed in
//! is no longer set.

use super::cookie::{CookieTemplate, SameSite};
use super::key_list::KeyList;
use super::mac::{constant_time_eq, hmac_sha256_hex};
use crate::ports::Ports;
use domain::records::{Record, Session, SessionHash, SessionKey, SessionsEndedKey};
use domain::time::SignedDuration;
use domain::{Error, Sensitive};
use http::HeaderMap;

/// How long a session lasts: a working day.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(12);

/// Length of a session's id: 32 random bytes in hexadecimal.
const ID_LENGTH: usize = 64;

/// Maximum number of cookies of one request that are looked up. A browser sends one.
const MAX_COOKIES: usize = 2;

/// Returns the cookie. On https its name makes browsers refuse one that another host, or an unencrypted connection, set.
const fn cookie(is_https: bool) -> CookieTemplate {
    let name = if is_https { "__Host-zfm_session" } else { "zfm_session" };
    CookieTemplate { name, path: "/", same_site: SameSite::Strict, lifetime: LIFETIME }
}

/// A session that begins: its record and its cookie.
pub struct NewSession {
    /// Where the record belongs.
    pub key: SessionKey,
    /// The record.
    pub record: Session,
    /// The `Set-Cookie` value.
    pub cookie: String,
}

/// Creates a session for a caller with this admin key.
pub async fn create(ports: &Ports, admin_key: &Sensitive) -> Result<NewSession, Error> {
    let id = const_hex::encode(ports.random.bytes::<32>());
    let record = Session {
        v: Session::VERSION,
        until: ports.clock.now() + LIFETIME,
        key: mac(admin_key, &id)?,
        generation: generation(ports).await?,
    };
    let cookie = cookie(is_https(ports).await?).set(&id, is_https(ports).await?);
    Ok(NewSession { key: SessionKey { id: SessionHash::of(&id) }, record, cookie })
}

/// Returns the `Set-Cookie` value that removes the cookie.
pub async fn clear_cookie(ports: &Ports) -> Result<String, Error> {
    let is_https = is_https(ports).await?;
    Ok(cookie(is_https).remove(is_https))
}

/// Returns the keys of the sessions of which a request carries the id.
pub async fn keys_of(ports: &Ports, headers: &HeaderMap) -> Result<Vec<SessionKey>, Error> {
    Ok(ids(ports, headers).await?.iter().map(|id| SessionKey { id: SessionHash::of(id) }).collect())
}

/// Returns whether a request carries the id of a session that is not over.
pub async fn is_valid(ports: &Ports, headers: &HeaderMap, admin_keys: &KeyList) -> Result<bool, Error> {
    for id in ids(ports, headers).await? {
        let record = ports.store().get_readable(&SessionKey { id: SessionHash::of(&id) }).await?;
        let Some(session) = record.filter(|session| session.until > ports.clock.now()) else { continue };
        if has_key(&session, &id, admin_keys)? && session.generation == generation(ports).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns the ids that a request carries.
async fn ids(ports: &Ports, headers: &HeaderMap) -> Result<Vec<String>, Error> {
    let values = cookie(is_https(ports).await?).values(headers);
    let is_id = |value: &&str| value.len() == ID_LENGTH && value.bytes().all(|b| b.is_ascii_hexdigit());
    Ok(values.filter(is_id).take(MAX_COOKIES).map(str::to_owned).collect())
}

/// Returns whether one of the keys that are set signed in to a session.
fn has_key(session: &Session, id: &str, admin_keys: &KeyList) -> Result<bool, Error> {
    let mut found = false;
    for key in admin_keys.iter() {
        found |= constant_time_eq(&mac(key, id)?, &session.key);
    }
    Ok(found)
}

/// Returns the MAC of a session's id. Who has the store, but not the id, cannot try keys with it.
fn mac(admin_key: &Sensitive, id: &str) -> Result<String, Error> {
    hmac_sha256_hex(admin_key, &[b"zoom-for-marketo console session:", id.as_bytes()])
}

/// Returns the generation of sessions that are not over.
async fn generation(ports: &Ports) -> Result<String, Error> {
    Ok(ports.store().get(&SessionsEndedKey {}).await?.unwrap_or_default().generation)
}

async fn is_https(ports: &Ports) -> Result<bool, Error> {
    Ok(ports.config().public_url().await?.is_https())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::in_memory::InMemoryPorts;
    use domain::records::SessionsEnded;
    use http::header;
    use proptest::prelude::*;

    const KEY: &str = "admin-key-of-the-tests";

    fn memory(public_url: &str) -> InMemoryPorts {
        let memory = InMemoryPorts::default();
        memory.set("public_url", public_url);
        memory
    }

    fn carrying(cookie: &str) -> HeaderMap {
        let value = cookie.split(';').next().unwrap().to_owned();
        HeaderMap::from_iter([(header::COOKIE, format!("other=1; {value}").parse().unwrap())])
    }

    async fn is_valid_with(memory: &InMemoryPorts, headers: &HeaderMap, keys: &str) -> bool {
        is_valid(&memory.ports(), headers, &KeyList::parse(keys).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn a_session_is_valid_until_it_expires_or_its_key_is_not_set() {
        let memory = memory("https://app.test");
        let headers = carrying(&memory.sign_in(KEY).await);
        assert!(is_valid_with(&memory, &headers, KEY).await);
        assert!(is_valid_with(&memory, &headers, &format!("new-new-new-new-new-new,{KEY}")).await);
        assert!(!is_valid_with(&memory, &headers, "new-new-new-new-new-new").await);
        memory.advance(LIFETIME - SignedDuration::from_secs(1));
        assert!(is_valid_with(&memory, &headers, KEY).await);
        memory.advance(SignedDuration::from_secs(1));
        assert!(!is_valid_with(&memory, &headers, KEY).await);
    }

    #[tokio::test]
    async fn a_session_ends_with_its_record_or_with_all_others() {
        let memory = memory("http://127.0.0.1:3000");
        let (first, second) = (carrying(&memory.sign_in(KEY).await), carrying(&memory.sign_in(KEY).await));
        let ports = memory.ports();
        for key in keys_of(&ports, &first).await.unwrap() {
            ports.store().delete(&key).await.unwrap();
        }
        assert!(!is_valid_with(&memory, &first, KEY).await && is_valid_with(&memory, &second, KEY).await);
        let ended = SessionsEnded { v: SessionsEnded::VERSION, generation: "1".to_owned() };
        ports.store().put(&SessionsEndedKey {}, &ended).await.unwrap();
        assert!(!is_valid_with(&memory, &second, KEY).await);
        assert!(is_valid_with(&memory, &carrying(&memory.sign_in(KEY).await), KEY).await);
    }

    #[tokio::test]
    async fn the_store_has_no_id_and_no_key() {
        let memory = memory("https://app.test");
        let cookie = memory.sign_in(KEY).await;
        let id = cookie.split_once('=').unwrap().1.split(';').next().unwrap().to_owned();
        assert_eq!(id.len(), ID_LENGTH);
        for (key, value) in memory.dump() {
            let text = format!("{key} {}", String::from_utf8_lossy(&value));
            assert!(!text.contains(&id) && !text.contains(KEY), "{text}");
        }
    }

    #[tokio::test]
    async fn the_cookie_on_https_is_bound_to_its_host() {
        for (public_url, name, other) in [
            ("https://app.test", "__Host-zfm_session", "zfm_session"),
            ("http://app.test", "zfm_session", "__Host-zfm_session"),
        ] {
            let memory = memory(public_url);
            let cookie = memory.sign_in(KEY).await;
            assert!(cookie.starts_with(&format!("{name}=")), "{cookie}");
            assert_eq!(cookie.contains("; Secure"), name.starts_with("__Host-"), "{cookie}");
            assert!(cookie.contains("; Path=/") && !cookie.contains("Domain"), "{cookie}");
            let renamed = carrying(&cookie.replacen(name, other, 1));
            assert!(!is_valid_with(&memory, &renamed, KEY).await);
        }
    }

    proptest! {
        #[test]
        fn no_other_cookie_is_valid(value in "[!-:<-~]{0,90}|[0-9a-f]{64}") {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                let memory = memory("http://127.0.0.1:3000");
                let made = memory.sign_in(KEY).await;
                prop_assume!(!made.contains(&format!("={value};")));
                let headers = HeaderMap::from_iter([(header::COOKIE, format!("zfm_session={value}").parse().unwrap())]);
                prop_assert!(!is_valid_with(&memory, &headers, KEY).await);
                Ok(())
            })?;
        }
    }
}
