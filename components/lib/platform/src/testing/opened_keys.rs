//! The keys of a store whose token key a test knows.

use crate::sealing::DataKeys;
use crate::sealing::data_keys::{RecordKeys, is_sealed};
use domain::Sensitive;
use domain::records::RegistrationKey;

/// The keys of a store.
pub struct OpenedKeys {
    pub(super) keys: DataKeys,
    parsed: RecordKeys,
}

impl OpenedKeys {
    /// Derives them from the value of the variable `token_key`.
    ///
    /// # Panics
    /// When it lists no key.
    #[allow(clippy::expect_used, reason = "of tests")]
    pub fn derive(token_key: &str) -> Self {
        let token_keys: Vec<_> = token_key.split(',').map(|key| Sensitive::from(key.trim())).collect();
        let keys = DataKeys::derive(&token_keys).expect("a token key");
        let parsed = keys.clone().parse().expect("derived keys are valid");
        Self { keys, parsed }
    }

    /// Returns the opened value of a key; `None` if it is not sealed, or not with these keys.
    pub fn open_stored(&self, key: &str, value: &[u8]) -> Option<Vec<u8>> {
        is_sealed(value).then(|| self.parsed.open(key, value).ok()).flatten()
    }

    /// Returns a key of the ledger as the store has it.
    ///
    /// # Panics
    /// Never: HMAC takes keys of any length.
    #[allow(clippy::expect_used, reason = "of tests")]
    pub fn stored_key(&self, key: &RegistrationKey) -> String {
        let email = self.parsed.address_code(&key.email).expect("a code");
        RegistrationKey { webinar: key.webinar, email }.to_string()
    }
}
