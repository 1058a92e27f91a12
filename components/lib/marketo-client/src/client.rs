//! The client, and the cached token of the API-only user.

use crate::concurrency::CallsUnderWay;
use crate::error::{MarketoError, RATE_WINDOW, upstream_error};
use bytes::Bytes;
use domain::lenient::{self, FromObject, Object, Unreadable};
use domain::time::{self, SignedDuration, Timestamp};
use domain::{Error, ErrorCode, Retry, Sensitive};
use http::{Method, Request, Response, StatusCode, header};
use platform::rate_limit::RateLimiter;
use platform::request_target::form;
use platform::retry::RUN_TIMEOUT;
use platform::{Ports, RequestTarget};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Timeout of the identity call.
const IDENTITY_TIMEOUT: SignedDuration = SignedDuration::from_secs(10);

/// How long before its expiry a cached token is no longer used. The identity call returns the same token until it expires,
/// so a larger margin would only cause more calls.
const TOKEN_MARGIN: SignedDuration = SignedDuration::from_secs(5);

/// Marketo's access token, the low-priority rate limiter and the number of calls under way, in memory. There is one Marketo
/// instance per application.
#[derive(Debug)]
pub struct TokenCache {
    pub(crate) calls: CallsUnderWay,
    token: Mutex<Option<Token>>,
    rate_limiter: Mutex<RateLimiter>,
    /// Whether the identity service refused POST and accepted GET.
    takes_get_only: AtomicBool,
}

/// Maximum number of low-priority calls in a window: half of the subscription's rate limit, as Adobe advises for one
/// integration (docs/reference/marketo.md).
const LOW_PRIORITY_CALLS: usize = 50;

impl Default for TokenCache {
    fn default() -> Self {
        let rate_limiter = RateLimiter::new(RATE_WINDOW, Some(LOW_PRIORITY_CALLS));
        Self {
            calls: CallsUnderWay::default(),
            token: Mutex::default(),
            rate_limiter: Mutex::new(rate_limiter),
            takes_get_only: AtomicBool::new(false),
        }
    }
}

#[derive(Debug, Clone)]
struct Token {
    text: Sensitive,
    expires_at: Timestamp,
}

impl TokenCache {
    /// Reserves a slot for a low-priority call; see [`RateLimiter::reserve`].
    pub(crate) fn reserve(&self, now: Timestamp, deadline: Timestamp) -> Result<SignedDuration, SignedDuration> {
        self.rate_limiter.lock().unwrap_or_else(PoisonError::into_inner).reserve(now, deadline)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Token>> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A client of Marketo's API, as the API-only user.
#[derive(Clone)]
pub struct MarketoClient {
    pub(crate) ports: Ports,
    pub(crate) deadline: Timestamp,
    /// Whether calls keep to the share of the rate limit that Adobe advises for one integration.
    pub(crate) is_low_priority: bool,
    /// Whether a request may be sent again when its answer was lost.
    pub(crate) is_idempotent: bool,
    pub(crate) tokens: Arc<TokenCache>,
}

/// How long a token is used whose lifetime cannot be read.
const UNKNOWN_LIFETIME: SignedDuration = SignedDuration::from_mins(1);

struct Identity {
    access_token: Sensitive,
    lifetime: SignedDuration,
}

impl FromObject for Identity {
    fn from_object(identity: Object<'_>) -> Result<Self, Unreadable> {
        let lifetime = identity.integer("expires_in").map(|seconds| SignedDuration::from_secs(seconds.max(0)));
        Ok(Self {
            access_token: identity.required("access_token", Object::text_id)?,
            lifetime: lifetime.unwrap_or(UNKNOWN_LIFETIME),
        })
    }
}

impl MarketoClient {
    /// Creates a client. Its token is cached in `tokens` for as long as the component's instance lives.
    pub fn new(ports: &Ports, tokens: &Arc<TokenCache>) -> Self {
        let deadline = ports.clock.now() + RUN_TIMEOUT;
        Self { ports: ports.clone(), tokens: tokens.clone(), deadline, is_low_priority: false, is_idempotent: true }
    }

    /// Sets the deadline of calls and retries. The default is [`RUN_TIMEOUT`] after the creation of the client.
    #[must_use]
    pub fn until(mut self, deadline: Timestamp) -> Self {
        self.deadline = deadline;
        self
    }

    /// Limits the rate of calls, for background work: half of the subscription's rate limit stays free for the
    /// customer's other integrations.
    ///
    /// Calls of normal priority of the same instance do not wait behind these.
    #[must_use]
    pub fn low_priority(mut self) -> Self {
        self.is_low_priority = true;
        self
    }

    /// Returns a client that never sends a request again when its answer was lost.
    pub(crate) fn non_idempotent(&self) -> Self {
        Self { is_idempotent: false, ..self.clone() }
    }

    /// Returns the present token.
    pub(crate) async fn token(&self) -> Result<Sensitive, MarketoError> {
        let now = self.ports.clock.now();
        if let Some(token) = self.tokens.lock().clone().filter(|token| now + TOKEN_MARGIN < token.expires_at) {
            return Ok(token.text);
        }
        let identity = self.identity().await?;
        let text = identity.access_token;
        let expires_at = time::after(now, identity.lifetime);
        *self.tokens.lock() = Some(Token { text: text.clone(), expires_at });
        Ok(text)
    }

    /// Drops a token that Marketo refused from the cache.
    pub(crate) fn forget(&self, refused: &Sensitive) {
        let mut token = self.tokens.lock();
        if token.as_ref().is_some_and(|token| token.text == *refused) {
            *token = None;
        }
    }

    /// Asks for a token. The credentials travel in the body of a POST, since addresses end up in logs. Adobe documents a GET
    /// only, so that follows once where POST is refused, and comes first from then on.
    async fn identity(&self) -> Result<Identity, MarketoError> {
        let mut response = None;
        if !self.tokens.takes_get_only.load(Ordering::Relaxed) {
            response = Some(self.ask_identity(Method::POST).await?).filter(|response| !is_refusal(response.status()));
        }
        let unavailable = || upstream_error(ErrorCode::MarketoUnavailable, Retry::Soon);
        let response = match response {
            Some(response) => response,
            None => {
                let response = self.ask_identity(Method::GET).await?;
                if response.status().is_success() {
                    self.tokens.takes_get_only.store(true, Ordering::Relaxed);
                }
                response
            }
        };
        match response.status().as_u16() {
            200 => {
                let identity = lenient::read_object(response.body()).map_err(|_| unavailable())?;
                Identity::from_object((&identity).into()).map_err(MarketoError::from)
            }
            400 | 401 | 403 => Err(upstream_error(ErrorCode::MarketoAccessDenied, Retry::Never).into()),
            _ => Err(unavailable().into()),
        }
    }

    /// Sends the credentials to the identity service.
    async fn ask_identity(&self, method: Method) -> Result<Response<Bytes>, Error> {
        let config = self.ports.config();
        let (id, secret) = config.marketo_client().await?;
        let fields =
            [("grant_type", "client_credentials"), ("client_id", id.expose()), ("client_secret", secret.expose())];
        let mut target = RequestTarget::path(&["identity", "oauth", "token"]);
        let mut body = String::new();
        let mut request = Request::builder().header(header::ACCEPT, "application/json");
        if method == Method::POST {
            body = form(&fields);
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        } else {
            target = fields.iter().fold(target, |target, (name, value)| target.query(name, value));
        }
        let request = request
            .method(method)
            .uri(config.marketo_url().await?.url(&target).as_str())
            .body(Bytes::from(body))
            .map_err(|error| Error::Internal(error.to_string()))?;
        let timeout = IDENTITY_TIMEOUT.min(self.deadline.duration_since(self.ports.clock.now()));
        let response = self.ports.send_within(timeout, request).await;
        response.map_err(|_| upstream_error(ErrorCode::MarketoUnavailable, Retry::Soon))
    }
}

/// Returns whether a status refuses the method of a request, and not its credentials.
fn is_refusal(status: StatusCode) -> bool {
    [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED].contains(&status)
}
