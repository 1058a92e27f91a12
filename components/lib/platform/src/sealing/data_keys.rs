//! The keys of the store, derived from `token_key`: one that seals records for each listed token key, and one for addresses.
//!
//! The store keeps them, encrypted with `token_key` (`data-keys`), so that `token_key` can be changed: a new one seals what is
//! written from then on, what the old one sealed stays readable, and the codes of addresses stay the same.

use super::cipher::{AesGcm, CipherError};
use crate::auth::hmac_sha256_hex;
use crate::ports::Random;
use domain::digest::sha256;
use domain::records::SEAL_BYTES;
use domain::{EmailHash, Error, Sensitive};
use serde::{Deserialize, Serialize};

/// First byte of a sealed value. Plain values are JSON, which does not begin with it.
const MARKER: u8 = 1;

/// Number of bytes that identify a key: enough to distinguish a few keys, too few to help an attacker.
const ID_BYTES: usize = 4;

const _: () = assert!(SEAL_BYTES == 1 + ID_BYTES + 12 + 16);

/// What identifies a key in a sealed value.
pub(super) type KeyId = [u8; ID_BYTES];

/// The keys as `oauth` passes and stores them, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataKeys {
    /// The keys that seal records, the newest first. The newest seals, all open.
    records: Vec<Sensitive>,
    /// The key of the codes of addresses.
    addresses: Sensitive,
}

impl DataKeys {
    /// Derives the keys from the listed token keys, the newest first. The oldest gives the key of addresses, so that a list
    /// of the new and the old key gives the same one as the old key alone.
    ///
    /// # Errors
    /// The list is empty.
    pub fn derive(token_keys: &[Sensitive]) -> Result<Self, Error> {
        let derive = |key: &Sensitive, purpose: &str| {
            hmac_sha256_hex(key, &[b"zoom-for-marketo ", purpose.as_bytes()]).map(Sensitive::from)
        };
        let oldest = token_keys.last().ok_or_else(|| Error::Internal("token_key lists no key".to_owned()))?;
        let records = token_keys.iter().map(|key| derive(key, "records")).collect::<Result<_, _>>()?;
        Ok(Self { records, addresses: derive(oldest, "addresses")? })
    }

    /// Adds what was stored earlier: the keys of older token keys, and the key of addresses, which never changes.
    #[must_use]
    pub fn with_stored(mut self, stored: Self) -> Self {
        for key in stored.records {
            if !self.records.contains(&key) {
                self.records.push(key);
            }
        }
        Self { addresses: stored.addresses, ..self }
    }

    /// Returns whether the keys that were stored lack none of these.
    pub fn are_all_in(&self, stored: &Self) -> bool {
        self.records.iter().all(|key| stored.records.contains(key)) && self.addresses == stored.addresses
    }

    /// Returns the keys ready for use.
    ///
    /// # Errors
    /// They are not 32 bytes in hexadecimal.
    pub(crate) fn parse(self) -> Result<RecordKeys, Error> {
        let invalid = || Error::Internal("the keys of the store are invalid".to_owned());
        let mut ciphers = Vec::new();
        for key in &self.records {
            let bytes = const_hex::decode(key.expose()).map_err(|_| invalid())?;
            ciphers.push((id_of(&bytes), AesGcm::new(&bytes).map_err(|_| invalid())?));
        }
        if ciphers.is_empty() {
            return Err(invalid());
        }
        Ok(RecordKeys { ciphers, addresses: self.addresses })
    }
}

fn id_of(key: &[u8]) -> [u8; ID_BYTES] {
    let digest = sha256(&[b"zoom-for-marketo record key ", key].concat());
    std::array::from_fn(|at| digest[at])
}

/// The keys of the store, ready for use.
pub(crate) struct RecordKeys {
    /// The newest first. Never empty.
    ciphers: Vec<([u8; ID_BYTES], AesGcm)>,
    addresses: Sensitive,
}

impl RecordKeys {
    /// Seals a value, bound to its key in the store.
    pub(crate) fn seal(&self, random: &dyn Random, key: &str, plain: &[u8]) -> Result<Vec<u8>, CipherError> {
        let (id, cipher) = self.ciphers.first().ok_or(CipherError::CannotEncrypt)?;
        let mut sealed = Vec::with_capacity(plain.len() + SEAL_BYTES);
        sealed.push(MARKER);
        sealed.extend_from_slice(id);
        cipher.seal(random, key, plain, &mut sealed)?;
        Ok(sealed)
    }

    /// Returns whether one of the keys has the id that a sealed value names.
    pub(crate) fn has_key_of(&self, sealed: &[u8]) -> bool {
        self.cipher_of(sealed).is_some()
    }

    /// Returns the id of the key of a sealed value; `None` if it is cut off.
    pub(super) fn id_of(sealed: &[u8]) -> Option<KeyId> {
        sealed.get(1..=ID_BYTES)?.try_into().ok()
    }

    /// Opens a sealed value.
    pub(crate) fn open(&self, key: &str, sealed: &[u8]) -> Result<Vec<u8>, CipherError> {
        self.cipher_of(sealed).ok_or(CipherError::CannotDecrypt)?.open(key, &sealed[1 + ID_BYTES..])
    }

    fn cipher_of(&self, sealed: &[u8]) -> Option<&AesGcm> {
        let id = sealed.get(1..=ID_BYTES)?;
        self.ciphers.iter().find(|(of, _)| of == id).map(|(_, cipher)| cipher)
    }

    /// Returns the code of an address that keys of the store may contain.
    pub(crate) fn address_code(&self, email: &EmailHash) -> Result<EmailHash, Error> {
        Ok(email.coded(&hmac_sha256_hex(&self.addresses, &[email.to_string().as_bytes()])?))
    }
}

/// Returns whether a value is sealed.
pub(crate) fn is_sealed(value: &[u8]) -> bool {
    value.first() == Some(&MARKER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::in_memory::InMemoryPorts;
    use domain::Email;

    fn derive(keys: &[&str]) -> DataKeys {
        DataKeys::derive(&keys.iter().map(|&key| Sensitive::from(key)).collect::<Vec<_>>()).unwrap()
    }

    fn code(keys: DataKeys) -> EmailHash {
        keys.parse().unwrap().address_code(&Email::parse("ada@x.test").unwrap().hash()).unwrap()
    }

    #[test]
    fn a_new_token_key_seals_and_the_old_one_still_opens() {
        let random = InMemoryPorts::default().ports().random;
        let old = derive(&["old"]).parse().unwrap();
        let sealed = old.seal(&*random, "k", b"{}").unwrap();
        assert!(is_sealed(&sealed) && sealed.len() == 2 + SEAL_BYTES);
        let both = derive(&["new", "old"]).parse().unwrap();
        assert_eq!(both.open("k", &sealed), Ok(b"{}".to_vec()));
        let by_new = both.seal(&*random, "k", b"{}").unwrap();
        assert!(!old.has_key_of(&by_new) && both.has_key_of(&by_new));
        assert_eq!(old.open("k", &by_new), Err(CipherError::CannotDecrypt));
    }

    #[test]
    fn codes_of_addresses_and_old_records_survive_the_end_of_the_old_token_key() {
        let random = InMemoryPorts::default().ports().random;
        let before = derive(&["old"]);
        let sealed = before.clone().parse().unwrap().seal(&*random, "k", b"{}").unwrap();
        assert_eq!(code(before.clone()), code(derive(&["new", "old"])));
        let after = derive(&["new"]).with_stored(before.clone());
        assert_eq!(code(after.clone()), code(before));
        assert_eq!(after.parse().unwrap().open("k", &sealed), Ok(b"{}".to_vec()));
        assert_ne!(code(derive(&["new"])), code(derive(&["old"])));
    }

    #[test]
    fn keys_are_not_shown() {
        let keys = derive(&["secret"]);
        assert_eq!(format!("{keys:?}"), "DataKeys { records: [[redacted]], addresses: [redacted] }");
        assert!(DataKeys::derive(&[]).is_err());
    }

    #[test]
    fn a_value_that_is_cut_off_is_refused() {
        let keys = derive(&["a"]).parse().unwrap();
        for length in 0..SEAL_BYTES {
            assert!(keys.open("k", &vec![MARKER; length]).is_err());
        }
    }
}
