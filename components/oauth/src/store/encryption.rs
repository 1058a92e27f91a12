//! Encryption with `token_key`: AES-256-GCM with what a text belongs to as associated data, so that one service's tokens
//! cannot replace another's. Several keys may be set while the key is being changed: the first key encrypts, every key
//! decrypts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::{Error, Sensitive};
use platform::ports::Random;
use platform::sealing::AesGcm;
use sha2::{Digest, Sha256};

/// Number of hexadecimal digits of a key's hash that identify the key: enough to distinguish a few keys, too few to
/// help an attacker.
const KEY_ID_DIGITS: usize = 8;

/// Why tokens cannot be encrypted or decrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EncryptionError {
    /// `token_key` is not base64 of 32 bytes.
    #[error("token_key is not base64 of 32 bytes")]
    InvalidKey,
    /// The key that encrypted the tokens is not set, they belong to another service, or they were modified.
    #[error("stored tokens cannot be decrypted")]
    CannotDecrypt,
    /// The cipher failed.
    #[error("tokens cannot be encrypted")]
    CannotEncrypt,
}

impl From<EncryptionError> for Error {
    fn from(error: EncryptionError) -> Self {
        Self::Internal(error.to_string())
    }
}

/// Encrypts and decrypts tokens with the keys that are set.
pub(crate) struct TokenCipher {
    keys: Vec<EncryptionKey>,
}

struct EncryptionKey {
    id: String,
    cipher: AesGcm,
}

impl TokenCipher {
    /// Takes the keys of the variable `token_key`, each 32 bytes in base64.
    pub(crate) fn new(keys: &[Sensitive]) -> Result<Self, EncryptionError> {
        let keys: Vec<_> = keys.iter().map(EncryptionKey::new).collect::<Result<_, _>>()?;
        if keys.is_empty() { Err(EncryptionError::InvalidKey) } else { Ok(Self { keys }) }
    }

    /// Returns `{key id}.{base64 of nonce and ciphertext}`. `context`: what the text belongs to, such as a service's id.
    pub(crate) fn encrypt(&self, random: &dyn Random, context: &str, plain: &[u8]) -> Result<String, EncryptionError> {
        let key = self.keys.first().ok_or(EncryptionError::InvalidKey)?;
        let mut sealed = Vec::new();
        key.cipher.seal(random, context, plain, &mut sealed).map_err(|_| EncryptionError::CannotEncrypt)?;
        Ok(format!("{}.{}", key.id, STANDARD.encode(sealed)))
    }

    /// Returns whether the result of [`TokenCipher::encrypt`] names one of the keys other than the first.
    pub(crate) fn has_older_key(&self, encrypted: &str) -> bool {
        let id = encrypted.split_once('.').map(|(id, _)| id);
        self.keys.iter().position(|key| Some(&*key.id) == id).is_some_and(|position| position > 0)
    }

    /// Decrypts the result of [`TokenCipher::encrypt`] with the key that it names.
    pub(crate) fn decrypt(&self, context: &str, encrypted: &str) -> Result<Vec<u8>, EncryptionError> {
        let (id, text) = encrypted.split_once('.').ok_or(EncryptionError::CannotDecrypt)?;
        let key = self.keys.iter().find(|key| key.id == id).ok_or(EncryptionError::CannotDecrypt)?;
        let bytes = STANDARD.decode(text).map_err(|_| EncryptionError::CannotDecrypt)?;
        key.cipher.open(context, &bytes).map_err(|_| EncryptionError::CannotDecrypt)
    }
}

impl EncryptionKey {
    fn new(encoded: &Sensitive) -> Result<Self, EncryptionError> {
        let bytes = STANDARD.decode(encoded.expose()).map_err(|_| EncryptionError::InvalidKey)?;
        let cipher = AesGcm::new(&bytes).map_err(|_| EncryptionError::InvalidKey)?;
        let digest = Sha256::new().chain_update(b"zoom-for-marketo token key:").chain_update(&bytes).finalize();
        let mut id = const_hex::encode(digest);
        id.truncate(KEY_ID_DIGITS);
        Ok(Self { id, cipher })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::testing::in_memory::InMemoryPorts;
    use proptest::prelude::*;

    fn key(byte: u8) -> Sensitive {
        STANDARD.encode([byte; 32]).into()
    }

    fn cipher(keys: &[u8]) -> TokenCipher {
        TokenCipher::new(&keys.iter().map(|&byte| key(byte)).collect::<Vec<_>>()).unwrap()
    }

    fn encrypt(keys: &[u8], id: &str, plain: &[u8]) -> String {
        cipher(keys).encrypt(&*InMemoryPorts::default().ports().random, id, plain).unwrap()
    }

    proptest! {
        #[test]
        fn decrypts_what_it_encrypted(id in "[a-z0-9]{1,64}", plain in any::<Vec<u8>>()) {
            let encrypted = encrypt(&[1], &id, &plain);
            prop_assert_eq!(cipher(&[1]).decrypt(&id, &encrypted), Ok(plain));
        }

        #[test]
        fn rejects_a_text_with_any_bit_flipped(plain in any::<Vec<u8>>(), at in any::<prop::sample::Index>(), bit in 0..8u8) {
            let mut encrypted = encrypt(&[1], "a", &plain).into_bytes();
            let at = at.index(encrypted.len());
            encrypted[at] ^= 1 << bit;
            if let Ok(encrypted) = String::from_utf8(encrypted) {
                prop_assert_eq!(cipher(&[1, 2]).decrypt("a", &encrypted), Err(EncryptionError::CannotDecrypt));
            }
        }

        #[test]
        fn rejects_the_tokens_of_another_service(id in "[a-z0-9]{1,64}", other in "[a-z0-9]{1,64}") {
            prop_assume!(id != other);
            let encrypted = encrypt(&[1], &id, b"tokens");
            prop_assert_eq!(cipher(&[1]).decrypt(&other, &encrypted), Err(EncryptionError::CannotDecrypt));
        }

        #[test]
        fn decrypts_with_every_key_that_is_set_and_no_other(old in any::<u8>(), new in any::<u8>()) {
            prop_assume!(old != new);
            let encrypted = encrypt(&[old], "a", b"tokens");
            prop_assert_eq!(cipher(&[new, old]).decrypt("a", &encrypted), Ok(b"tokens".to_vec()));
            prop_assert_eq!(cipher(&[new]).decrypt("a", &encrypted), Err(EncryptionError::CannotDecrypt));
            // The id of the other key does not help.
            let (_, text) = encrypted.split_once('.').unwrap();
            let (other_id, _) = encrypt(&[new], "a", b"").split_once('.').map(|(id, text)| (id.to_owned(), text.to_owned())).unwrap();
            prop_assert_eq!(cipher(&[new, old]).decrypt("a", &format!("{other_id}.{text}")), Err(EncryptionError::CannotDecrypt));
        }

        #[test]
        fn rejects_arbitrary_text_without_a_panic(text in any::<String>()) {
            prop_assert_eq!(cipher(&[1]).decrypt("a", &text), Err(EncryptionError::CannotDecrypt));
        }
    }

    #[test]
    fn encrypts_with_the_first_key_and_shows_no_key() {
        let encrypted = encrypt(&[2, 1], "a", b"tokens");
        assert!(cipher(&[2]).decrypt("a", &encrypted).is_ok());
        assert!(!encrypted.contains(key(2).expose().as_str()));
    }

    #[test]
    fn names_an_older_key_of_those_that_are_set() {
        let encrypted = encrypt(&[1], "a", b"tokens");
        for (keys, expected) in [(&[1, 2][..], false), (&[2, 1], true), (&[3, 2, 1], true), (&[2], false)] {
            assert_eq!(cipher(keys).has_older_key(&encrypted), expected, "{keys:?}");
        }
        assert!(!cipher(&[1, 2]).has_older_key("no key"));
    }

    #[test]
    fn rejects_a_key_of_another_length() {
        for bad in ["", "AAAA", "not base64!", &STANDARD.encode([1; 31]), &STANDARD.encode([1; 33])] {
            assert_eq!(TokenCipher::new(&[bad.into()]).err(), Some(EncryptionError::InvalidKey), "{bad}");
        }
        assert_eq!(TokenCipher::new(&[]).err(), Some(EncryptionError::InvalidKey));
    }
}
