//! Sealing: AES-256-GCM with the service's id as associated data, so that one service's tokens cannot be put in the
//! place of another's. Several keys may be set, so that the key can be changed: the first seals, all open.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::{Error, Sensitive, ServiceId};
use platform::ports::Random;
use sha2::{Digest, Sha256};

/// GCM's standard nonce. A random one does not repeat in practice: a service seals some hundred times a week.
const NONCE_BYTES: usize = 12;

/// How many hexadecimal digits of a key's hash name it: enough to tell a handful of keys apart, too few to be of use
/// to anybody.
const KEY_ID_DIGITS: usize = 8;

/// Why something cannot be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SealError {
    /// `token_key` is not base64 of 32 bytes.
    #[error("token_key is not base64 of 32 bytes")]
    BadKey,
    /// It was sealed with a key that is not set any more, is of another service, or was changed.
    #[error("sealed tokens cannot be opened")]
    Unopenable,
    /// The cipher failed.
    #[error("tokens cannot be sealed")]
    Unsealable,
}

impl From<SealError> for Error {
    fn from(error: SealError) -> Self {
        Self::Ours(error.to_string())
    }
}

/// The keys that seal tokens.
pub(crate) struct Sealer {
    keys: Vec<SealingKey>,
}

struct SealingKey {
    id: String,
    cipher: Aes256Gcm,
}

impl Sealer {
    /// From the variable's keys, base64 of 32 bytes each.
    pub(crate) fn new(keys: &[Sensitive]) -> Result<Self, SealError> {
        let keys: Vec<_> = keys.iter().map(SealingKey::new).collect::<Result<_, _>>()?;
        if keys.is_empty() { Err(SealError::BadKey) } else { Ok(Self { keys }) }
    }

    /// `{key id}.{base64 of nonce and ciphertext}`.
    pub(crate) fn seal(&self, random: &dyn Random, service: &ServiceId, plain: &[u8]) -> Result<String, SealError> {
        let key = self.keys.first().ok_or(SealError::BadKey)?;
        let mut nonce = [0; NONCE_BYTES];
        random.fill(&mut nonce);
        let payload = Payload { msg: plain, aad: service.as_str().as_bytes() };
        let ciphertext = key.cipher.encrypt(&Nonce::from(nonce), payload).map_err(|_| SealError::Unsealable)?;
        Ok(format!("{}.{}", key.id, STANDARD.encode([nonce.as_slice(), &ciphertext].concat())))
    }

    /// Opens what [`Sealer::seal`] made, with whichever key it was.
    pub(crate) fn open(&self, service: &ServiceId, sealed: &str) -> Result<Vec<u8>, SealError> {
        let (id, text) = sealed.split_once('.').ok_or(SealError::Unopenable)?;
        let key = self.keys.iter().find(|key| key.id == id).ok_or(SealError::Unopenable)?;
        let bytes = STANDARD.decode(text).map_err(|_| SealError::Unopenable)?;
        let (nonce, ciphertext) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or(SealError::Unopenable)?;
        let payload = Payload { msg: ciphertext, aad: service.as_str().as_bytes() };
        key.cipher.decrypt(&Nonce::from(*nonce), payload).map_err(|_| SealError::Unopenable)
    }
}

impl SealingKey {
    fn new(encoded: &Sensitive) -> Result<Self, SealError> {
        let bytes = STANDARD.decode(encoded.expose()).map_err(|_| SealError::BadKey)?;
        let cipher = Aes256Gcm::new_from_slice(&bytes).map_err(|_| SealError::BadKey)?;
        let digest = Sha256::new().chain_update(b"zoom-for-marketo token key:").chain_update(&bytes).finalize();
        let mut id: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        id.truncate(KEY_ID_DIGITS);
        Ok(Self { id, cipher })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::memory::Memory;
    use proptest::prelude::*;

    fn key(byte: u8) -> Sensitive {
        STANDARD.encode([byte; 32]).into()
    }

    fn sealer(keys: &[u8]) -> Sealer {
        Sealer::new(&keys.iter().map(|&byte| key(byte)).collect::<Vec<_>>()).unwrap()
    }

    fn service(id: &str) -> ServiceId {
        ServiceId::parse(id).unwrap()
    }

    fn seal(keys: &[u8], id: &str, plain: &[u8]) -> String {
        sealer(keys).seal(&*Memory::default().ports().random, &service(id), plain).unwrap()
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens(id in "[a-z0-9]{1,64}", plain in any::<Vec<u8>>()) {
            let sealed = seal(&[1], &id, &plain);
            prop_assert_eq!(sealer(&[1]).open(&service(&id), &sealed), Ok(plain));
        }

        #[test]
        fn with_any_bit_flipped_it_does_not_open(plain in any::<Vec<u8>>(), at in any::<prop::sample::Index>(), bit in 0..8u8) {
            let mut sealed = seal(&[1], "a", &plain).into_bytes();
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;
            if let Ok(sealed) = String::from_utf8(sealed) {
                prop_assert_eq!(sealer(&[1, 2]).open(&service("a"), &sealed), Err(SealError::Unopenable));
            }
        }

        #[test]
        fn for_any_other_service_it_does_not_open(id in "[a-z0-9]{1,64}", other in "[a-z0-9]{1,64}") {
            prop_assume!(id != other);
            let sealed = seal(&[1], &id, b"tokens");
            prop_assert_eq!(sealer(&[1]).open(&service(&other), &sealed), Err(SealError::Unopenable));
        }

        #[test]
        fn any_key_that_is_still_set_opens_and_no_other(old in any::<u8>(), new in any::<u8>()) {
            prop_assume!(old != new);
            let sealed = seal(&[old], "a", b"tokens");
            prop_assert_eq!(sealer(&[new, old]).open(&service("a"), &sealed), Ok(b"tokens".to_vec()));
            prop_assert_eq!(sealer(&[new]).open(&service("a"), &sealed), Err(SealError::Unopenable));
            // Naming the other key does not help.
            let (_, text) = sealed.split_once('.').unwrap();
            let (other_id, _) = seal(&[new], "a", b"").split_once('.').map(|(id, text)| (id.to_owned(), text.to_owned())).unwrap();
            prop_assert_eq!(sealer(&[new, old]).open(&service("a"), &format!("{other_id}.{text}")), Err(SealError::Unopenable));
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            prop_assert_eq!(sealer(&[1]).open(&service("a"), &text), Err(SealError::Unopenable));
        }
    }

    #[test]
    fn the_first_key_seals_and_the_text_shows_no_key() {
        let sealed = seal(&[2, 1], "a", b"tokens");
        assert!(sealer(&[2]).open(&service("a"), &sealed).is_ok());
        assert!(!sealed.contains(key(2).expose().as_str()));
    }

    #[test]
    fn a_key_of_another_length_is_refused() {
        for bad in ["", "AAAA", "not base64!", &STANDARD.encode([1; 31]), &STANDARD.encode([1; 33])] {
            assert_eq!(Sealer::new(&[bad.into()]).err(), Some(SealError::BadKey), "{bad}");
        }
        assert_eq!(Sealer::new(&[]).err(), Some(SealError::BadKey));
    }
}
