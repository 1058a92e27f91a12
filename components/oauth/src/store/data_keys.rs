//! The keys that seal the records of all components, derived from `token_key` and kept encrypted (`platform::sealing`).

use super::encryption::TokenCipher;
use async_trait::async_trait;
use domain::records::{DataKeysKey, Record, SealedDataKeys};
use domain::{Error, Sensitive};
use platform::Ports;
use platform::sealing::{DataKeys, KeySource};

/// What the encrypted keys belong to.
const CONTEXT: &str = "data-keys";

/// The keys as this component has them: it asks no other.
pub(crate) struct OwnKeys;

#[async_trait]
impl KeySource for OwnKeys {
    async fn load(&self, ports: &Ports) -> Result<DataKeys, Error> {
        Ok(current(ports).await?.keys)
    }
}

/// The keys, and whether the record of them is up to date.
struct Current {
    keys: DataKeys,
    token_keys: Vec<Sensitive>,
    is_recorded: bool,
}

/// Returns the keys of the store: those of the listed token keys and those that were recorded earlier.
///
/// # Errors
/// No listed token key decrypts the record. Other keys would lose the ledger, so that people would be registered twice.
async fn current(ports: &Ports) -> Result<Current, Error> {
    let token_keys = ports.config().token_keys().await?;
    let cipher = TokenCipher::new(&token_keys)?;
    let derived = DataKeys::derive(&token_keys)?;
    let Some(record) = ports.store().get(&DataKeysKey {}).await? else {
        return Ok(Current { keys: derived, token_keys, is_recorded: false });
    };
    let Some(plain) = record.sealed.iter().find_map(|sealed| cipher.decrypt(CONTEXT, sealed).ok()) else {
        platform::log!(Error, "keys.decrypt_failed");
        return Err(Error::Internal(
            "token_key does not decrypt the keys of the store: set the one with which the store was written, alone or \
             after the new one, separated by a comma"
                .to_owned(),
        ));
    };
    let stored: DataKeys =
        domain::json::read(&plain).map_err(|_| Error::Internal("the keys of the store have an unknown form".into()))?;
    let keys = derived.with_stored(stored.clone());
    let is_for_each = |key: &Sensitive| {
        let cipher = TokenCipher::new(std::slice::from_ref(key));
        cipher.is_ok_and(|cipher| record.sealed.iter().any(|sealed| cipher.decrypt(CONTEXT, sealed).is_ok()))
    };
    let is_recorded = keys == stored && record.sealed.len() == token_keys.len() && token_keys.iter().all(is_for_each);
    Ok(Current { keys, token_keys, is_recorded })
}

/// Records the keys, encrypted with each listed token key and no other.
pub(crate) async fn record(ports: &Ports) -> Result<(), Error> {
    let Current { keys, token_keys, is_recorded } = current(ports).await?;
    if is_recorded {
        return Ok(());
    }
    let plain = serde_json::to_vec(&keys).map_err(|error| Error::Internal(error.to_string()))?;
    let mut sealed = Vec::new();
    for key in &token_keys {
        sealed.push(TokenCipher::new(std::slice::from_ref(key))?.encrypt(&*ports.random, CONTEXT, &plain)?);
    }
    ports.store().put(&DataKeysKey {}, &SealedDataKeys { v: SealedDataKeys::VERSION, sealed }).await?;
    platform::log!(Info, "keys.recorded", count = token_keys.len());
    Ok(())
}
