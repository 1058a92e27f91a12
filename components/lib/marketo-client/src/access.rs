//! The token of the API-only user.

use crate::call::encoded;
use crate::error::MarketoError;
use crate::turns::Turns;
use bytes::Bytes;
use domain::time::{SignedDuration, Timestamp};
use domain::{Code, Error, Peer, PeerError, Problem, Retry, Sensitive, json};
use http::{Request, header};
use platform::Ports;
use platform::patience::RUN_LIMIT;
use serde::Deserialize;
use std::sync::{Arc, Mutex, PoisonError};

/// The identity call is quick or broken.
const IDENTITY_LIMIT: SignedDuration = SignedDuration::from_secs(10);

/// A token with less life than this is asked for anew. The identity call returns the same token until it lapses, so
/// a larger margin would only mean more calls.
const TOKEN_MARGIN: SignedDuration = SignedDuration::from_secs(5);

/// Marketo's access token in memory, and the calls that were made gently. There is one Marketo instance per
/// application.
#[derive(Debug, Default)]
pub struct Tokens {
    token: Mutex<Option<Token>>,
    pub(crate) turns: Turns,
}

#[derive(Debug, Clone)]
struct Token {
    text: Sensitive,
    expires_at: Timestamp,
}

impl Tokens {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Token>> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Marketo's API as the API-only user.
#[derive(Clone)]
pub struct Marketo {
    pub(crate) ports: Ports,
    pub(crate) deadline: Timestamp,
    /// Whether calls keep to what Adobe advises one integration to take of the subscription's limit.
    pub(crate) is_gentle: bool,
    /// Whether a call whose answer was lost is sent again.
    pub(crate) repeats: bool,
    pub(crate) tokens: Arc<Tokens>,
}

#[derive(Deserialize)]
struct Identity {
    access_token: String,
    expires_in: i64,
}

impl Marketo {
    /// The API; its token lives in `tokens` as long as the component's instance.
    pub fn new(ports: &Ports, tokens: &Arc<Tokens>) -> Self {
        let deadline = ports.clock.now() + RUN_LIMIT;
        Self { ports: ports.clone(), tokens: tokens.clone(), deadline, is_gentle: false, repeats: true }
    }

    /// Waits between tries end at this instant. By default [`RUN_LIMIT`] after the client was made.
    #[must_use]
    pub fn until(mut self, deadline: Timestamp) -> Self {
        self.deadline = deadline;
        self
    }

    /// The same for work that nobody waits for: it leaves half of the subscription's limit to the customer's other
    /// integrations.
    #[must_use]
    pub fn gently(mut self) -> Self {
        self.is_gentle = true;
        self
    }

    /// The same for a call that may be going on although its answer was lost: sent again meanwhile, it would do harm.
    pub(crate) fn once(&self) -> Self {
        Self { repeats: false, ..self.clone() }
    }

    /// The token to use now.
    pub(crate) async fn token(&self) -> Result<Sensitive, MarketoError> {
        let now = self.ports.clock.now();
        if let Some(token) = self.tokens.lock().clone().filter(|token| now + TOKEN_MARGIN < token.expires_at) {
            return Ok(token.text);
        }
        let identity = self.identity().await?;
        let text = Sensitive::from(identity.access_token);
        let expires_at = now + SignedDuration::from_secs(identity.expires_in.max(0));
        *self.tokens.lock() = Some(Token { text: text.clone(), expires_at });
        Ok(text)
    }

    /// Forgets a token that Marketo did not take.
    pub(crate) fn forget(&self, refused: &Sensitive) {
        let mut token = self.tokens.lock();
        if token.as_ref().is_some_and(|token| token.text == *refused) {
            *token = None;
        }
    }

    async fn identity(&self) -> Result<Identity, MarketoError> {
        let settings = self.ports.settings();
        let (id, secret) = settings.marketo_client().await?;
        let query = encoded(&[
            ("grant_type", "client_credentials"),
            ("client_id", id.expose()),
            ("client_secret", secret.expose()),
        ]);
        let request = Request::get(format!("{}/identity/oauth/token?{query}", settings.marketo_url().await?))
            .header(header::ACCEPT, "application/json")
            .body(Bytes::new())
            .map_err(|error| Error::Ours(error.to_string()))?;
        let unavailable = || peer_error(Code::MarketoUnavailable, Retry::Soon);
        let limit = IDENTITY_LIMIT.min(self.deadline.duration_since(self.ports.clock.now()));
        let response = self.ports.send_within(limit, request).await.map_err(|_| unavailable())?;
        match response.status().as_u16() {
            200 => Ok(json::read(response.body()).map_err(|_| unavailable())?),
            400 | 401 | 403 => Err(peer_error(Code::MarketoAccessDenied, Retry::Never).into()),
            _ => Err(unavailable().into()),
        }
    }
}

pub(crate) fn peer_error(code: Code, retry: Retry) -> Error {
    Error::Peer(PeerError { peer: Peer::Marketo, problem: Problem::of(code), retry, ambiguous: false })
}
