//! The application's variables, typed. A component sees only those that `spin.toml` gives it.

use crate::auth::key_list::{KEY_VARIABLES, KeyList, fault_of};
use crate::ports::traits::Variables;
use crate::url_origin::{InvalidOrigin, OriginPatterns, UrlOrigin};
use domain::{Error, Sensitive};
use std::sync::OnceLock;

/// The application's variables. URLs are parsed once per instance, the others are read at each use.
#[derive(Clone, Copy)]
pub struct Config<'a> {
    variables: &'a dyn Variables,
    urls: &'a ConfiguredUrls,
}

/// The configured URLs of an instance, each parsed once, and whether the variables were checked.
#[derive(Debug, Default)]
pub struct ConfiguredUrls {
    is_checked: OnceLock<()>,
    public_url: OnceLock<UrlOrigin>,
    zoom_oauth_url: OnceLock<UrlOrigin>,
    zoom_api_url: OnceLock<UrlOrigin>,
    marketo_url: OnceLock<UrlOrigin>,
    marketo_callback_url: OnceLock<OriginPatterns>,
}

// Most return the future of a shared function: an `async fn` each would be compiled separately.
impl<'a> Config<'a> {
    pub(crate) const fn new(variables: &'a dyn Variables, urls: &'a ConfiguredUrls) -> Self {
        Self { variables, urls }
    }

    /// Checks every URL and every key that the component is given, once per instance: variables are readable within
    /// requests only. A variable that is not given is an error when it is used.
    ///
    /// # Errors
    /// Every variable that is wrong, and why, without its value. The next request checks again.
    pub async fn check(self) -> Result<(), String> {
        if self.urls.is_checked.get().is_some() {
            return Ok(());
        }
        let urls = self.urls;
        let mut wrong = Vec::new();
        for (name, url) in [
            ("public_url", &urls.public_url),
            ("zoom_oauth_url", &urls.zoom_oauth_url),
            ("zoom_api_url", &urls.zoom_api_url),
            ("marketo_url", &urls.marketo_url),
        ] {
            wrong.extend(self.parsed(name, url, UrlOrigin::parse).await.err());
        }
        wrong
            .extend(self.parsed("marketo_callback_url", &urls.marketo_callback_url, OriginPatterns::parse).await.err());
        for name in KEY_VARIABLES {
            let fault = self.variables.get(name).await.and_then(|text| fault_of(name, &text));
            wrong.extend(fault.map(|fault| format!("the variable {name} {fault}")));
        }
        if wrong.is_empty() {
            _ = urls.is_checked.set(());
            return Ok(());
        }
        Err(wrong.join("; "))
    }

    /// Returns the URL at which browsers, Zoom and Marketo reach the application.
    pub fn public_url(self) -> impl Future<Output = Result<&'a UrlOrigin, Error>> + Send {
        self.url("public_url", &self.urls.public_url)
    }

    /// Returns the URL of Zoom's OAuth server.
    pub fn zoom_oauth_url(self) -> impl Future<Output = Result<&'a UrlOrigin, Error>> + Send {
        self.url("zoom_oauth_url", &self.urls.zoom_oauth_url)
    }

    /// Returns the URL of Zoom's API, for accounts whose token answer names no region.
    pub fn zoom_api_url(self) -> impl Future<Output = Result<&'a UrlOrigin, Error>> + Send {
        self.url("zoom_api_url", &self.urls.zoom_api_url)
    }

    /// Returns the Zoom app's client id and secret. Only `oauth` has them.
    pub async fn zoom_client(self) -> Result<(String, Sensitive), Error> {
        Ok((self.plain("zoom_client_id").await?, self.secret("zoom_client_secret").await?))
    }

    /// Returns the secret that signs Zoom's events.
    pub fn zoom_webhook_secret(self) -> impl Future<Output = Result<KeyList, Error>> + Send + use<'a> {
        self.keys("zoom_webhook_secret")
    }

    /// Returns the URL of the Marketo instance. Marketo shows it with `/rest` at its end, which is refused: the manifest
    /// passes the variable to `allowed_outbound_hosts`, where Spin refuses a path.
    pub fn marketo_url(self) -> impl Future<Output = Result<&'a UrlOrigin, Error>> + Send {
        self.url("marketo_url", &self.urls.marketo_url)
    }

    /// Returns client id and secret of the API-only user's custom service.
    pub async fn marketo_client(self) -> Result<(Sensitive, Sensitive), Error> {
        Ok((self.secret("marketo_client_id").await?, self.secret("marketo_client_secret").await?))
    }

    /// Returns the key that Marketo sends in `x-api-key`.
    pub fn marketo_api_key(self) -> impl Future<Output = Result<KeyList, Error>> + Send + use<'a> {
        self.keys("marketo_api_key")
    }

    /// Returns the patterns of which callback URLs must match one.
    pub async fn marketo_callback_url(self) -> Result<&'a OriginPatterns, Error> {
        let name = "marketo_callback_url";
        required(name, self.parsed(name, &self.urls.marketo_callback_url, OriginPatterns::parse).await)
    }

    /// Returns the admin's key.
    pub fn admin_key(self) -> impl Future<Output = Result<KeyList, Error>> + Send + use<'a> {
        self.keys("admin_key")
    }

    /// Returns the scheduler's key.
    pub fn cron_key(self) -> impl Future<Output = Result<KeyList, Error>> + Send + use<'a> {
        self.keys("cron_key")
    }

    /// Returns the key in the path of the tick; `None` if there is none, so that no path is accepted.
    pub async fn cron_path_key(self) -> Option<KeyList> {
        self.text("cron_path_key").await.as_deref().and_then(KeyList::parse)
    }

    /// Returns the URL that gets alerts, if there is one. Its owner can write to the channel behind it.
    pub async fn alert_webhook_url(self) -> Option<Sensitive> {
        self.text("alert_webhook_url").await.map(Sensitive::from)
    }

    /// Returns the URL that is called after each good tick, if there is one.
    pub async fn heartbeat_url(self) -> Option<Sensitive> {
        self.text("heartbeat_url").await.map(Sensitive::from)
    }

    /// Returns the keys that encrypt tokens, each 32 bytes in base64. The first encrypts, all decrypt.
    pub async fn token_keys(self) -> Result<Vec<Sensitive>, Error> {
        Ok(self.keys("token_key").await?.iter().cloned().collect())
    }

    async fn url(self, name: &'static str, url: &'a OnceLock<UrlOrigin>) -> Result<&'a UrlOrigin, Error> {
        required(name, self.parsed(name, url, UrlOrigin::parse).await)
    }

    /// Returns a URL, which is parsed at its first use; `None` if the variable is not set. The error names the variable.
    async fn parsed<T: Send + Sync>(
        self,
        name: &'static str,
        url: &'a OnceLock<T>,
        parse: fn(&str) -> Result<T, InvalidOrigin>,
    ) -> Result<Option<&'a T>, String> {
        if let Some(url) = url.get() {
            return Ok(Some(url));
        }
        let Some(text) = self.text(name).await else { return Ok(None) };
        let parsed = parse(&text).map_err(|reason| format!("the variable {name} {reason}"))?;
        Ok(Some(url.get_or_init(|| parsed)))
    }

    async fn plain(self, name: &'static str) -> Result<String, Error> {
        required(name, Ok(self.text(name).await))
    }

    /// Returns the accepted values of a key.
    async fn keys(self, name: &'static str) -> Result<KeyList, Error> {
        required(name, Ok(self.text(name).await.as_deref().and_then(KeyList::parse)))
    }

    /// Returns a secret. An unset one is an error: comparison with an empty key would accept every request.
    async fn secret(self, name: &'static str) -> Result<Sensitive, Error> {
        self.plain(name).await.map(Sensitive::from)
    }

    async fn text(self, name: &'static str) -> Option<String> {
        self.variables.get(name).await.filter(|value| !value.is_empty())
    }
}

fn required<T>(name: &str, value: Result<Option<T>, String>) -> Result<T, Error> {
    value.and_then(|value| value.ok_or_else(|| format!("the variable {name} is not set"))).map_err(Error::Internal)
}

#[cfg(test)]
mod tests {
    use crate::testing::in_memory::InMemoryPorts;

    #[tokio::test]
    async fn every_wrong_url_is_named_until_all_are_right() {
        let memory = InMemoryPorts::default();
        let ports = memory.ports();
        assert_eq!(ports.config().check().await, Ok(()), "no variable is given");

        let ports = memory.ports();
        memory.set("public_url", "https://app.test");
        memory.set("zoom_api_url", "api.zoom.us");
        memory.set("marketo_url", "https://123-ABC-456.mktorest.com/rest");
        memory.set("marketo_callback_url", "https://*.adobe.io/callback");
        memory.set("admin_key", "summer26");
        memory.set("cron_key", "a-key-of-the-scheduler");
        memory.set("token_key", "");
        let error = ports.config().check().await.unwrap_err();
        for expected in [
            "the variable zoom_api_url is not the URL of a server",
            "the variable marketo_url has a path",
            "the variable marketo_callback_url has a path",
            "the variable admin_key has a key of fewer than 20 characters",
            "the variable token_key is not set",
        ] {
            assert!(error.contains(expected), "{error}");
        }
        for absent in ["public_url", "zoom_oauth_url", "ABC", "cron", "summer"] {
            assert!(!error.contains(absent), "{error}");
        }

        memory.set("admin_key", "new-new-new-new-new-new, old-old-old-old-old-old");
        memory.set("token_key", "c3RhbmQtaW4gdG9rZW4ga2V5IG9mIDMyIGJ5dGVzISE=");
        memory.set("zoom_api_url", "https://api.zoom.us");
        memory.set("marketo_url", "https://123-ABC-456.mktorest.com");
        memory.set("marketo_callback_url", "https://*.adobe.io");
        assert_eq!(ports.config().check().await, Ok(()));
        let url = ports.config().marketo_url().await.unwrap();
        assert_eq!(url.to_string(), "https://123-abc-456.mktorest.com");
    }

    #[tokio::test]
    async fn an_instance_parses_a_url_once() {
        let memory = InMemoryPorts::default();
        let ports = memory.ports();
        assert!(ports.config().zoom_oauth_url().await.is_err_and(|error| error.to_string().contains("not set")));
        memory.set("zoom_oauth_url", "https://zoom.us");
        let first = ports.config().zoom_oauth_url().await.unwrap();
        memory.set("zoom_oauth_url", "https://other.test");
        let clone = ports.clone();
        assert!(std::ptr::eq(first, clone.config().zoom_oauth_url().await.unwrap()));
        assert_eq!(memory.ports().config().zoom_oauth_url().await.unwrap().to_string(), "https://other.test");
    }

    #[tokio::test]
    async fn a_secret_that_is_empty_is_not_set() {
        let memory = InMemoryPorts::default();
        memory.set("admin_key", "");
        assert!(memory.ports().config().admin_key().await.is_err());
    }
}
