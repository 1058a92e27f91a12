//! AES-256-GCM with a random nonce. The associated data binds a ciphertext to what it belongs to.

use crate::ports::Random;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};

/// Length of GCM's standard nonce. Random nonces are safe for 2^32 messages of a key.
const NONCE_BYTES: usize = 12;

/// Why something cannot be encrypted or decrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CipherError {
    /// A key does not have 32 bytes.
    #[error("a key does not have 32 bytes")]
    InvalidKey,
    /// Another key encrypted it, it belongs to something else, or it was modified.
    #[error("it cannot be decrypted")]
    CannotDecrypt,
    /// The cipher failed.
    #[error("it cannot be encrypted")]
    CannotEncrypt,
}

/// A cipher with its key.
#[derive(Clone)]
pub struct AesGcm(Aes256Gcm);

impl AesGcm {
    /// Takes a key of 32 bytes.
    pub fn new(key: &[u8]) -> Result<Self, CipherError> {
        Aes256Gcm::new_from_slice(key).map(Self).map_err(|_| CipherError::InvalidKey)
    }

    /// Appends nonce and ciphertext to `sealed`. `context`: what the text belongs to.
    pub fn seal(
        &self,
        random: &dyn Random,
        context: &str,
        plain: &[u8],
        sealed: &mut Vec<u8>,
    ) -> Result<(), CipherError> {
        let mut nonce = [0; NONCE_BYTES];
        random.fill(&mut nonce);
        let payload = Payload { msg: plain, aad: context.as_bytes() };
        let ciphertext = self.0.encrypt(&Nonce::from(nonce), payload).map_err(|_| CipherError::CannotEncrypt)?;
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&ciphertext);
        Ok(())
    }

    /// Decrypts nonce and ciphertext.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, CipherError> {
        let (nonce, msg) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(CipherError::CannotDecrypt)?;
        let payload = Payload { msg, aad: context.as_bytes() };
        self.0.decrypt(&Nonce::from(*nonce), payload).map_err(|_| CipherError::CannotDecrypt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::in_memory::InMemoryPorts;
    use proptest::prelude::*;

    fn sealed(key: u8, context: &str, plain: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::new();
        let random = InMemoryPorts::default().ports().random;
        AesGcm::new(&[key; 32]).unwrap().seal(&*random, context, plain, &mut sealed).unwrap();
        sealed
    }

    proptest! {
        #[test]
        fn a_text_is_opened_by_its_key_in_its_context_only(
            context in "[a-z:]{1,20}", other in "[a-z:]{1,20}", plain in any::<Vec<u8>>(),
        ) {
            prop_assume!(context != other);
            let (sealed, cipher) = (sealed(1, &context, &plain), AesGcm::new(&[1; 32]).unwrap());
            prop_assert_eq!(cipher.open(&context, &sealed), Ok(plain));
            prop_assert_eq!(cipher.open(&other, &sealed), Err(CipherError::CannotDecrypt));
            let other_key = AesGcm::new(&[2; 32]).unwrap();
            prop_assert_eq!(other_key.open(&context, &sealed), Err(CipherError::CannotDecrypt));
        }

        #[test]
        fn a_text_with_any_bit_flipped_is_refused(plain in any::<Vec<u8>>(), at in any::<prop::sample::Index>(), bit in 0..8u8) {
            let mut sealed = sealed(1, "a", &plain);
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;
            prop_assert_eq!(AesGcm::new(&[1; 32]).unwrap().open("a", &sealed), Err(CipherError::CannotDecrypt));
        }

        #[test]
        fn arbitrary_bytes_are_refused_without_a_panic(bytes in any::<Vec<u8>>()) {
            prop_assert_eq!(AesGcm::new(&[1; 32]).unwrap().open("a", &bytes), Err(CipherError::CannotDecrypt));
        }
    }

    #[test]
    fn a_key_of_another_length_is_refused() {
        for length in [0, 31, 33] {
            assert_eq!(AesGcm::new(&vec![1; length]).err(), Some(CipherError::InvalidKey), "{length}");
        }
    }
}
