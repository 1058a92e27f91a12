//! The application's variables, typed. A component sees only those that `spin.toml` gives it.

use crate::ports::traits::Variables;
use domain::{Error, Sensitive};

/// The application's variables.
#[derive(Clone, Copy)]
pub struct Config<'a>(&'a dyn Variables);

// Most return the future of a shared function: an `async fn` each would be compiled separately.
impl<'a> Config<'a> {
    pub(crate) const fn new(variables: &'a dyn Variables) -> Self {
        Self(variables)
    }

    /// Returns the base URL at which browsers, Zoom and Marketo reach the application, without a trailing slash.
    pub fn public_url(self) -> impl Future<Output = Result<String, Error>> + Send + use<'a> {
        self.url("public_url")
    }

    /// Returns the base URL of Zoom's OAuth server.
    pub fn zoom_oauth_url(self) -> impl Future<Output = Result<String, Error>> + Send + use<'a> {
        self.url("zoom_oauth_url")
    }

    /// Returns the base URL of Zoom's API, for accounts whose token answer names no region.
    pub fn zoom_api_url(self) -> impl Future<Output = Result<String, Error>> + Send + use<'a> {
        self.url("zoom_api_url")
    }

    /// Returns the Zoom app's client id and secret. Only `oauth` has them.
    pub async fn zoom_client(self) -> Result<(String, Sensitive), Error> {
        Ok((self.plain("zoom_client_id").await?, self.secret("zoom_client_secret").await?))
    }

    /// Returns the secret that signs Zoom's events.
    pub fn zoom_webhook_secret(self) -> impl Future<Output = Result<Sensitive, Error>> + Send + use<'a> {
        self.secret("zoom_webhook_secret")
    }

    /// Returns the base URL of the Marketo instance.
    pub fn marketo_url(self) -> impl Future<Output = Result<String, Error>> + Send + use<'a> {
        self.url("marketo_url")
    }

    /// Returns client id and secret of the API-only user's custom service.
    pub async fn marketo_client(self) -> Result<(Sensitive, Sensitive), Error> {
        Ok((self.secret("marketo_client_id").await?, self.secret("marketo_client_secret").await?))
    }

    /// Returns the key that Marketo sends in `x-api-key`.
    pub fn marketo_api_key(self) -> impl Future<Output = Result<Sensitive, Error>> + Send + use<'a> {
        self.secret("marketo_api_key")
    }

    /// Returns the pattern that callback URLs must match.
    pub fn marketo_callback_url(self) -> impl Future<Output = Result<String, Error>> + Send + use<'a> {
        self.plain("marketo_callback_url")
    }

    /// Returns the admin's key.
    pub fn admin_key(self) -> impl Future<Output = Result<Sensitive, Error>> + Send + use<'a> {
        self.secret("admin_key")
    }

    /// Returns the scheduler's key.
    pub fn cron_key(self) -> impl Future<Output = Result<Sensitive, Error>> + Send + use<'a> {
        self.secret("cron_key")
    }

    /// Returns the keys that encrypt tokens, each 32 bytes in base64. The first encrypts, all decrypt.
    pub async fn token_keys(self) -> Result<Vec<Sensitive>, Error> {
        let keys = self.secret("token_key").await?;
        Ok(keys.expose().split(',').map(|key| Sensitive::from(key.trim())).collect())
    }

    async fn plain(self, name: &'static str) -> Result<String, Error> {
        let value = self.0.get(name).await.filter(|value| !value.is_empty());
        value.ok_or_else(|| Error::Internal(format!("the variable {name} is not set")))
    }

    /// Returns a secret. An unset one is an error: comparison with an empty key would accept every request.
    async fn secret(self, name: &'static str) -> Result<Sensitive, Error> {
        self.plain(name).await.map(Sensitive::from)
    }

    async fn url(self, name: &'static str) -> Result<String, Error> {
        Ok(self.plain(name).await?.trim_end_matches('/').to_owned())
    }
}
