//! The application's variables, typed. A component sees only those that `spin.toml` gives it.

use crate::ports::traits::Variables;
use crate::url_origin::UrlOrigin;
use domain::{Error, Sensitive};
use url::Url;

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

    /// Returns the base URL of the Marketo instance. Marketo shows it with `/rest` at its end, which is refused: the
    /// manifest passes the variable to `allowed_outbound_hosts`, where Spin refuses a path.
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
        let text = self.plain(name).await?;
        base_url(&text).map_err(|reason| Error::Internal(format!("the variable {name} {reason}")))
    }
}

const NOT_A_SERVER: &str = "is not the URL of a server; set it to a scheme and a host, such as https://example.com";

/// Returns a URL without the slashes at its end.
///
/// # Errors
/// Why it is not the base URL of a server. Quotes nothing of it, since it may contain a password.
fn base_url(text: &str) -> Result<String, &'static str> {
    let text = text.trim_end_matches('/');
    let url = Url::parse(text).ok().filter(|_| UrlOrigin::parse(text).is_some()).ok_or(NOT_A_SERVER)?;
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err("has a path, a query or a fragment; end it after the host or the port");
    }
    // Not the normalized URL: Spin compares the host with the one that the manifest allows.
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_an_origin_and_nothing_else() {
        for (text, base) in [
            ("https://zoom.us", Some("https://zoom.us")),
            ("https://123-ABC-456.mktorest.com/", Some("https://123-ABC-456.mktorest.com")),
            ("http://127.0.0.1:3000//", Some("http://127.0.0.1:3000")),
            ("https://a/rest", None),
            ("https://a/b", None),
            ("https://a?b", None),
            ("https://a/#b", None),
            ("https://user:secret@a", None),
            ("zoom.us", None),
            ("https://", None),
        ] {
            assert_eq!(base_url(text).ok().as_deref(), base, "{text}");
        }
    }

    #[test]
    fn a_path_is_refused_in_words() {
        for text in ["https://a/rest", "https://a/rest/", "https://a/rest/v1", "https://a/identity", "https://a?x"] {
            assert!(base_url(text).is_err_and(|reason| reason.contains("path")), "{text}");
        }
    }
}
