//! Whose token a call carries.

use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ServiceId};
use platform::peers::{self, ZoomToken};
use platform::{Ports, patience::RUN_LIMIT};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A cached token is not used in its last minute (DESIGN section 4).
const TOKEN_MARGIN: SignedDuration = SignedDuration::from_mins(1);

/// Access tokens in memory, keyed by service. They live as long as the component's instance.
#[derive(Debug, Default)]
pub struct Tokens(Mutex<HashMap<ServiceId, ZoomToken>>);

impl Tokens {
    fn get(&self, service: &ServiceId, now: Timestamp) -> Option<ZoomToken> {
        let tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.get(service).filter(|token| now + TOKEN_MARGIN < token.expires_at).cloned()
    }

    fn put(&self, service: &ServiceId, token: ZoomToken) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(service.clone(), token);
    }
}

/// Zoom's API, as one service or with one token.
#[derive(Clone)]
pub struct Zoom {
    pub(crate) ports: Ports,
    pub(crate) access: Access,
    pub(crate) deadline: Timestamp,
}

#[derive(Clone)]
pub(crate) enum Access {
    Token(ZoomToken),
    Service(ServiceId, Arc<Tokens>),
}

impl Zoom {
    /// With a token at hand: `oauth`, right after a sign-in.
    pub fn with_token(ports: &Ports, token: ZoomToken) -> Self {
        Self { ports: ports.clone(), access: Access::Token(token), deadline: ports.clock.now() + RUN_LIMIT }
    }

    /// As a service, whose token `oauth` hands out.
    pub fn of_service(ports: &Ports, service: &ServiceId, tokens: &Arc<Tokens>) -> Self {
        let access = Access::Service(service.clone(), tokens.clone());
        Self { ports: ports.clone(), access, deadline: ports.clock.now() + RUN_LIMIT }
    }

    /// Waits between tries end at this instant. By default [`RUN_LIMIT`] after the client was made.
    #[must_use]
    pub fn until(mut self, deadline: Timestamp) -> Self {
        self.deadline = deadline;
        self
    }

    /// The token to use now. `refused` is the SHA-256 of one that Zoom did not take.
    pub(crate) async fn token(&self, refused: Option<String>) -> Result<ZoomToken, Error> {
        match &self.access {
            Access::Token(token) => Ok(token.clone()),
            Access::Service(service, tokens) => {
                if refused.is_none()
                    && let Some(token) = tokens.get(service, self.ports.clock.now())
                {
                    return Ok(token);
                }
                let token = peers::zoom_token(&self.ports, service, refused).await?;
                tokens.put(service, token.clone());
                Ok(token)
            }
        }
    }
}
