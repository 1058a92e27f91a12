//! Asks `oauth`, the only component with the token key, for the keys of the store.

use super::data_keys::DataKeys;
use super::keyring::KeySource;
use crate::internal_api::{self, Component};
use crate::ports::Ports;
use async_trait::async_trait;
use domain::Error;
use domain::time::SignedDuration;

/// Timeout of the call.
const TIMEOUT: SignedDuration = SignedDuration::from_secs(5);

/// The keys as another component gets them. The ports need no keys of their own.
pub struct OauthKeys(pub Ports);

#[async_trait]
impl KeySource for OauthKeys {
    async fn load(&self) -> Result<DataKeys, Error> {
        internal_api::call(&self.0, Component::Oauth, &["data-keys"], &(), TIMEOUT).await
    }
}
