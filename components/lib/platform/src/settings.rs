//! The variables of DESIGN section 7, typed, in one place. A component sees only those that `spin.toml` gives it.

use crate::ports::Variables;
use domain::{Error, Sensitive};

/// The variables.
#[derive(Clone, Copy)]
pub struct Settings<'a>(&'a dyn Variables);

impl<'a> Settings<'a> {
    pub(crate) const fn new(variables: &'a dyn Variables) -> Self {
        Self(variables)
    }

    /// Where browsers, Zoom and Marketo reach the application; no slash at its end.
    pub async fn public_url(self) -> Result<String, Error> {
        self.url("public_url").await
    }

    /// Where Zoom's OAuth server is.
    pub async fn zoom_oauth_url(self) -> Result<String, Error> {
        self.url("zoom_oauth_url").await
    }

    /// Where Zoom's API is, for accounts whose token answer names no region.
    pub async fn zoom_api_url(self) -> Result<String, Error> {
        self.url("zoom_api_url").await
    }

    /// The Zoom app. Only `oauth` has the secret.
    pub async fn zoom_client(self) -> Result<(String, Sensitive), Error> {
        Ok((self.plain("zoom_client_id").await?, self.secret("zoom_client_secret").await?))
    }

    /// Signs Zoom's webhooks.
    pub async fn zoom_webhook_secret(self) -> Result<Sensitive, Error> {
        self.secret("zoom_webhook_secret").await
    }

    /// The Marketo instance.
    pub async fn marketo_url(self) -> Result<String, Error> {
        self.url("marketo_url").await
    }

    /// The API-only user's custom service.
    pub async fn marketo_client(self) -> Result<(Sensitive, Sensitive), Error> {
        Ok((self.secret("marketo_client_id").await?, self.secret("marketo_client_secret").await?))
    }

    /// What Marketo shows us.
    pub async fn marketo_api_key(self) -> Result<Sensitive, Error> {
        self.secret("marketo_api_key").await
    }

    /// The pattern that callbacks must match.
    pub async fn marketo_callback_url(self) -> Result<String, Error> {
        self.plain("marketo_callback_url").await
    }

    /// The admin's key.
    pub async fn admin_key(self) -> Result<Sensitive, Error> {
        self.secret("admin_key").await
    }

    /// The tick's key.
    pub async fn cron_key(self) -> Result<Sensitive, Error> {
        self.secret("cron_key").await
    }

    /// The keys that seal tokens: base64 of 32 bytes each, separated by commas; the first seals, all open.
    pub async fn token_keys(self) -> Result<Vec<Sensitive>, Error> {
        let keys = self.secret("token_key").await?;
        Ok(keys.expose().split(',').map(|key| Sensitive::from(key.trim())).collect())
    }

    async fn plain(self, name: &str) -> Result<String, Error> {
        let value = self.0.get(name).await.filter(|value| !value.is_empty());
        value.ok_or_else(|| Error::Ours(format!("the variable {name} is not set")))
    }

    /// A secret that is not set is an error: comparing with an empty key would let everybody in.
    async fn secret(self, name: &str) -> Result<Sensitive, Error> {
        self.plain(name).await.map(Sensitive::from)
    }

    async fn url(self, name: &str) -> Result<String, Error> {
        Ok(self.plain(name).await?.trim_end_matches('/').to_owned())
    }
}
