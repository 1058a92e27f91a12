//! The variables of DESIGN section 7, typed, in one place. A component sees only those that `spin.toml` gives it.

use crate::ports::Variables;
use domain::{Error, Sensitive};

/// The variables.
#[derive(Clone, Copy)]
pub struct Settings<'a>(&'a dyn Variables);

// Most are no asynchronous functions of their own, which would be as much code again each.
impl<'a> Settings<'a> {
    pub(crate) const fn new(variables: &'a dyn Variables) -> Self {
        Self(variables)
    }

    /// Where browsers, Zoom and Marketo reach the application; no slash at its end.
    pub fn public_url(self) -> impl Future<Output = Result<String, Error>> + Send + use<'a> {
        self.url("public_url")
    }

    /// Where Zoom's OAuth server is.
    pub fn zoom_oauth_url(self) -> impl Future<Output = Result<String, Error>> + Send + use<'a> {
        self.url("zoom_oauth_url")
    }

    /// Where Zoom's API is, for accounts whose token answer names no region.
    pub fn zoom_api_url(self) -> impl Future<Output = Result<String, Error>> + Send + use<'a> {
        self.url("zoom_api_url")
    }

    /// The Zoom app. Only `oauth` has the secret.
    pub async fn zoom_client(self) -> Result<(String, Sensitive), Error> {
        Ok((self.plain("zoom_client_id").await?, self.secret("zoom_client_secret").await?))
    }

    /// Signs Zoom's webhooks.
    pub fn zoom_webhook_secret(self) -> impl Future<Output = Result<Sensitive, Error>> + Send + use<'a> {
        self.secret("zoom_webhook_secret")
    }

    /// The Marketo instance.
    pub fn marketo_url(self) -> impl Future<Output = Result<String, Error>> + Send + use<'a> {
        self.url("marketo_url")
    }

    /// The API-only user's custom service.
    pub async fn marketo_client(self) -> Result<(Sensitive, Sensitive), Error> {
        Ok((self.secret("marketo_client_id").await?, self.secret("marketo_client_secret").await?))
    }

    /// What Marketo shows us.
    pub fn marketo_api_key(self) -> impl Future<Output = Result<Sensitive, Error>> + Send + use<'a> {
        self.secret("marketo_api_key")
    }

    /// The pattern that callbacks must match.
    pub fn marketo_callback_url(self) -> impl Future<Output = Result<String, Error>> + Send + use<'a> {
        self.plain("marketo_callback_url")
    }

    /// The admin's key.
    pub fn admin_key(self) -> impl Future<Output = Result<Sensitive, Error>> + Send + use<'a> {
        self.secret("admin_key")
    }

    /// The tick's key.
    pub fn cron_key(self) -> impl Future<Output = Result<Sensitive, Error>> + Send + use<'a> {
        self.secret("cron_key")
    }

    /// The keys that seal tokens: base64 of 32 bytes each, separated by commas; the first seals, all open.
    pub async fn token_keys(self) -> Result<Vec<Sensitive>, Error> {
        let keys = self.secret("token_key").await?;
        Ok(keys.expose().split(',').map(|key| Sensitive::from(key.trim())).collect())
    }

    async fn plain(self, name: &'static str) -> Result<String, Error> {
        let value = self.0.get(name).await.filter(|value| !value.is_empty());
        value.ok_or_else(|| Error::Ours(format!("the variable {name} is not set")))
    }

    /// A secret that is not set is an error: comparing with an empty key would let everybody in.
    async fn secret(self, name: &'static str) -> Result<Sensitive, Error> {
        self.plain(name).await.map(Sensitive::from)
    }

    async fn url(self, name: &'static str) -> Result<String, Error> {
        Ok(self.plain(name).await?.trim_end_matches('/').to_owned())
    }
}
