//! The keys that seal the records of all components, derived from `token_key` and kept encrypted (`platform::sealing`).

use super::encryption::TokenCipher;
use async_trait::async_trait;
use domain::records::{DataKeysKey, Record, SealedDataKeys};
use domain::{Error, Sensitive};
use platform::Ports;
use platform::sealing::{DataKeys, KeySource};

/// What the encrypted keys belong to.
const CONTEXT: &str = "data-keys";

/// The keys as this component has them: it asks no other. The ports need no keys of their own.
pub(crate) struct OwnKeys(pub(crate) Ports);

#[async_trait]
impl KeySource for OwnKeys {
    async fn load(&self) -> Result<DataKeys, Error> {
        let current = Current::load(&self.0).await?;
        // Recorded before the first use, so that `token_key` can be changed at any time.
        if let Err(error) = current.record(&self.0, false).await {
            platform::log!(Warn, "keys.record_failed", error = error);
        }
        Ok(current.keys)
    }
}

/// The keys, and what the record of them has.
struct Current {
    keys: DataKeys,
    token_keys: Vec<Sensitive>,
    /// The encrypted keys, if they are these.
    recorded: Vec<String>,
}

impl Current {
    /// Returns the keys of the store: those of the listed token keys and those that were recorded earlier.
    ///
    /// # Errors
    /// No listed token key decrypts the record. Other keys would lose the ledger, so that people would be registered twice.
    async fn load(ports: &Ports) -> Result<Self, Error> {
        let token_keys = ports.config().token_keys().await?;
        let cipher = TokenCipher::new(&token_keys)?;
        let derived = DataKeys::derive(&token_keys)?;
        let Some(record) = ports.store().get(&DataKeysKey {}).await? else {
            return Ok(Self { keys: derived, token_keys, recorded: Vec::new() });
        };
        let Some(plain) = record.sealed.iter().find_map(|sealed| cipher.decrypt(CONTEXT, sealed).ok()) else {
            platform::log!(Error, "keys.decrypt_failed");
            return Err(Error::Internal(
                "token_key does not decrypt the keys of the store: set the one with which the store was written, alone \
                 or after the new one, separated by a comma"
                    .to_owned(),
            ));
        };
        let unknown = |_| Error::Internal("the keys of the store have an unknown form".to_owned());
        let stored: DataKeys = domain::json::read(&plain).map_err(unknown)?;
        let keys = derived.with_stored(stored.clone());
        let recorded = if keys.are_all_in(&stored) { record.sealed } else { Vec::new() };
        Ok(Self { keys, token_keys, recorded })
    }

    /// Records the keys, encrypted with each listed token key; with `only` with no other: instances with another list may
    /// still run, and the next tick of the last list removes what is left of theirs.
    async fn record(&self, ports: &Ports, only: bool) -> Result<(), Error> {
        let plain = serde_json::to_vec(&self.keys).map_err(|error| Error::Internal(error.to_string()))?;
        let mut sealed = Vec::new();
        for key in &self.token_keys {
            let cipher = TokenCipher::new(std::slice::from_ref(key))?;
            let recorded = self.recorded.iter().find(|sealed| cipher.decrypt(CONTEXT, sealed).is_ok());
            sealed.push(match recorded {
                Some(recorded) => recorded.clone(),
                None => cipher.encrypt(&*ports.random, CONTEXT, &plain)?,
            });
        }
        if !only {
            let others: Vec<_> = self.recorded.iter().filter(|recorded| !sealed.contains(recorded)).cloned().collect();
            sealed.extend(others);
        }
        let mut before = self.recorded.clone();
        before.sort_unstable();
        let mut after = sealed.clone();
        after.sort_unstable();
        if before == after {
            return Ok(());
        }
        platform::log!(Info, "keys.recorded", count = sealed.len());
        let record = SealedDataKeys { v: SealedDataKeys::VERSION, sealed };
        Ok(ports.store().put(&DataKeysKey {}, &record).await?)
    }
}

/// Records the keys, encrypted with each listed token key and no other.
pub(crate) async fn record(ports: &Ports) -> Result<(), Error> {
    Current::load(ports).await?.record(ports, true).await
}
