//! Whose token a call carries.

use crate::pace::{Label, Pace};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, PeerError, ServiceId};
use platform::peers::{self, ZoomToken};
use platform::{Ports, patience::RUN_LIMIT};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A cached token is not used in its last minute (DESIGN section 4).
const TOKEN_MARGIN: SignedDuration = SignedDuration::from_mins(1);

/// Access tokens in memory, by service. They live as long as the component's instance. A list, since services are few
/// and a map would weigh more than looking through them.
#[derive(Debug, Default)]
pub struct Tokens {
    tokens: Mutex<Vec<(ServiceId, ZoomToken)>>,
    pace: Mutex<Vec<(ServiceId, Label, Pace)>>,
}

impl Tokens {
    /// Does something with the pace of a service's calls of one kind.
    pub(crate) fn pace<T>(&self, service: &ServiceId, label: Label, with: impl FnOnce(&mut Pace) -> T) -> T {
        let mut paces = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |(owner, of, _): &(ServiceId, Label, Pace)| owner == service && *of == label;
        let place = paces.iter().position(is_it).unwrap_or_else(|| {
            paces.push((service.clone(), label, Pace::default()));
            paces.len() - 1
        });
        with(&mut paces[place].2)
    }

    fn get(&self, service: &ServiceId, now: Timestamp) -> Option<ZoomToken> {
        let tokens = self.lock();
        let (_, token) = tokens.iter().find(|(owner, _)| owner == service)?;
        (now + TOKEN_MARGIN < token.expires_at).then(|| token.clone())
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

/// Zoom's API, as one service or with one token.
#[derive(Clone)]
pub struct Zoom {
    pub(crate) ports: Ports,
    pub(crate) access: Access,
    pub(crate) deadline: Timestamp,
    /// Whether a refusal that concerns the service as a whole is written on it.
    pub(crate) tells: bool,
}

#[derive(Clone)]
pub(crate) enum Access {
    Token(ZoomToken),
    Service(ServiceId, Arc<Tokens>),
}

impl Zoom {
    /// With a token at hand: `oauth`, right after a sign-in.
    pub fn with_token(ports: &Ports, token: ZoomToken) -> Self {
        Self {
            ports: ports.clone(),
            access: Access::Token(token),
            deadline: ports.clock.now() + RUN_LIMIT,
            tells: true,
        }
    }

    /// As a service, whose token `oauth` hands out.
    pub fn of_service(ports: &Ports, service: &ServiceId, tokens: &Arc<Tokens>) -> Self {
        let access = Access::Service(service.clone(), tokens.clone());
        Self { ports: ports.clone(), access, deadline: ports.clock.now() + RUN_LIMIT, tells: true }
    }

    /// Waits between tries end at this instant. By default [`RUN_LIMIT`] after the client was made.
    #[must_use]
    pub fn until(mut self, deadline: Timestamp) -> Self {
        self.deadline = deadline;
        self
    }

    /// The same, for a call that has a substitute: its refusal is no problem of the service.
    #[must_use]
    pub fn quietly(&self) -> Self {
        Self { tells: false, ..self.clone() }
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
                let token = peers::zoom_token(&self.ports, service, refused, self.deadline).await;
                let token = token.map_err(not_carried_out)?;
                tokens.put(service, token.clone());
                Ok(token)
            }
        }
    }
}

/// Whatever became of the token, the call for which it was wanted was not made.
fn not_carried_out(error: Error) -> Error {
    match error {
        Error::Peer(error) => Error::Peer(PeerError { ambiguous: false, ..error }),
        error => error,
    }
}
