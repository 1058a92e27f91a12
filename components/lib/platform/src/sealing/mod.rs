//! Records sealed at rest.
//!
//! What identifies people or opens a door is encrypted before it reaches the store, and e-mail addresses in keys are replaced
//! by a code that only the owner of the store's keys can compute. [`Store`](crate::Store) seals and opens by the
//! [kind](domain::records::RecordKind::is_sealed) of a record, so that no other code sees the difference.
//!
//! | module | content |
//! |---|---|
//! | [`cipher`] | encrypts and decrypts a value, bound to its key |
//! | [`data_keys`] | the keys, derived from `token_key` |
//! | [`keyring`] | loads the keys and caches them |
//! | [`oauth_keys`] | asks `oauth` for the keys |

pub mod cipher;
pub mod data_keys;
pub mod keyring;
pub mod oauth_keys;

pub use cipher::{AesGcm, CipherError};
pub use data_keys::DataKeys;
pub use keyring::{KeySource, Keyring};
pub use oauth_keys::OauthKeys;
