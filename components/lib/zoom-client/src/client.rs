//! The client, its credentials, and the cache of access tokens.

use crate::rate_limit::{RateLimitLabel, unlimited};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ServiceId, UpstreamError};
use platform::Ports;
use platform::internal_api::{self, ZoomToken};
use platform::rate_limit::RateLimiter;
use platform::retry::RUN_TIMEOUT;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How long before its expiry a cached token is no longer used.
const TOKEN_MARGIN: SignedDuration = SignedDuration::from_mins(1);

/// Access tokens and rate limiters in memory, by service, for as long as the component's instance lives. Lists rather
/// than maps: services are few, and a map needs more code.
#[derive(Debug, Default)]
pub struct TokenCache {
    tokens: Mutex<Vec<(ServiceId, ZoomToken)>>,
    rate_limiters: Mutex<Vec<(ServiceId, RateLimitLabel, RateLimiter)>>,
}

impl TokenCache {
    /// Accesses the rate limiter of a service for calls with a label.
    pub(crate) fn rate_limiter<T>(
        &self,
        service: &ServiceId,
        label: RateLimitLabel,
        with: impl FnOnce(&mut RateLimiter) -> T,
    ) -> T {
        let mut limiters = self.rate_limiters.lock().unwrap_or_else(PoisonError::into_inner);
        let matches = |(owner, of, _): &(ServiceId, RateLimitLabel, RateLimiter)| owner == service && *of == label;
        let index = limiters.iter().position(matches).unwrap_or_else(|| {
            limiters.push((service.clone(), label, unlimited()));
            limiters.len() - 1
        });
        with(&mut limiters[index].2)
    }

    fn get(&self, service: &ServiceId, now: Timestamp) -> Option<ZoomToken> {
        let tokens = self.lock();
        let (_, token) = tokens.iter().find(|(owner, _)| owner == service)?;
        (now + TOKEN_MARGIN < token.expires_at).then(|| token.clone())
    }

    /// Drops the token of a service, which Zoom refuses.
    pub(crate) fn forget(&self, service: &ServiceId) {
        self.lock().retain(|(owner, _)| owner != service);
    }

    fn put(&self, service: &ServiceId, token: ZoomToken) {
        let mut tokens = self.lock();
        tokens.retain(|(owner, _)| owner != service);
        tokens.push((service.clone(), token));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(ServiceId, ZoomToken)>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A client of Zoom's API.
#[derive(Clone)]
pub struct ZoomClient {
    pub(crate) ports: Ports,
    pub(crate) credentials: Credentials,
    pub(crate) deadline: Timestamp,
    /// Whether errors that concern the service as a whole are reported to `oauth`.
    pub(crate) reports_problems: bool,
}

/// Where the access token comes from.
#[derive(Clone)]
pub(crate) enum Credentials {
    /// A given token.
    Token(ZoomToken),
    /// The cache, filled by `oauth`.
    Service(ServiceId, Arc<TokenCache>),
}

impl ZoomClient {
    /// Creates a client with a given token, as `oauth` has one right after a sign-in.
    pub fn with_token(ports: &Ports, token: ZoomToken) -> Self {
        Self {
            ports: ports.clone(),
            credentials: Credentials::Token(token),
            deadline: ports.clock.now() + RUN_TIMEOUT,
            reports_problems: true,
        }
    }

    /// Creates a client of a service, whose token comes from `oauth`.
    pub fn of_service(ports: &Ports, service: &ServiceId, tokens: &Arc<TokenCache>) -> Self {
        let credentials = Credentials::Service(service.clone(), tokens.clone());
        Self { ports: ports.clone(), credentials, deadline: ports.clock.now() + RUN_TIMEOUT, reports_problems: true }
    }

    /// Sets the deadline of calls and retries. The default is [`RUN_TIMEOUT`] after the creation of the client.
    #[must_use]
    pub fn until(mut self, deadline: Timestamp) -> Self {
        self.deadline = deadline;
        self
    }

    /// Returns a client that reports no problems of the service, for a call whose failure has a fallback.
    #[must_use]
    pub fn without_problem_reports(&self) -> Self {
        Self { reports_problems: false, ..self.clone() }
    }

    /// Returns the present token. `refused` is the SHA-256 of a token that Zoom refused.
    pub(crate) async fn token(&self, refused: Option<String>) -> Result<ZoomToken, Error> {
        match &self.credentials {
            Credentials::Token(token) => Ok(token.clone()),
            Credentials::Service(service, tokens) => {
                if refused.is_none()
                    && let Some(token) = tokens.get(service, self.ports.clock.now())
                {
                    return Ok(token);
                }
                if refused.is_some() {
                    // If there is no other, the next call asks again instead of making a call that Zoom refuses.
                    tokens.forget(service);
                }
                let token = internal_api::zoom_token(&self.ports, service, refused, self.deadline).await;
                let token = token.map_err(not_executed)?;
                tokens.put(service, token.clone());
                Ok(token)
            }
        }
    }
}

/// Marks an error of the token request: the call that needed the token was not made.
fn not_executed(error: Error) -> Error {
    match error {
        Error::Upstream(error) => Error::Upstream(UpstreamError { maybe_executed: false, ..error }),
        error => error,
    }
}
