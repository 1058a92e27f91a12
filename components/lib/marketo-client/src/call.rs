//! One call: token, envelope, rate limits, retries. All operations but the creation of leads are idempotent: statuses
//! only move forward, and data is overwritten.

use crate::body::RequestBody;
use crate::client::{MarketoClient, upstream_error};
use crate::error::{MarketoCode, MarketoError, RATE_WINDOW, Reason, Recovery, quota_reset};
use bytes::Bytes;
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ErrorCode, Retry, json};
use http::{Method, Request, Response, header};
use platform::RequestTarget;
use platform::ports::TransportError;
use platform::retry::{RetryBudget, retry_after};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Timeout of one attempt. Marketo's own limit for upserts is 90 seconds, but a run lasts only 25.
const CALL_TIMEOUT: SignedDuration = SignedDuration::from_secs(20);

/// How long Marketo may process a call, even after the caller has timed out (docs/reference/marketo.md).
const MAX_PROCESSING_TIME: SignedDuration = SignedDuration::from_secs(90);

/// Marketo's envelope with typed results.
#[derive(Debug)]
pub(crate) struct Envelope<T> {
    pub(crate) result: Vec<T>,
    pub(crate) next_page_token: Option<String>,
}

/// Marketo's envelope as received.
#[derive(Debug, Deserialize)]
struct RawEnvelope {
    #[serde(default)]
    success: bool,
    #[serde(default)]
    result: Vec<Value>,
    #[serde(default)]
    errors: Vec<Reason>,
    #[serde(default, rename = "nextPageToken")]
    next_page_token: Option<String>,
}

/// The result of one attempt.
enum Attempt {
    /// Marketo executed the request.
    Succeeded(RawEnvelope),
    /// The token is invalid or expired.
    RefusedToken,
    /// A transient failure. `wait` is the minimum wait, `code` the error if no attempt is left.
    Retryable { wait: Option<SignedDuration>, code: ErrorCode },
    /// A permanent failure.
    Failed(MarketoError),
}

impl<T: DeserializeOwned> Envelope<T> {
    fn of(raw: RawEnvelope) -> Result<Self, MarketoError> {
        let result: Result<Vec<T>, _> = raw.result.into_iter().map(serde_json::from_value).collect();
        let result = result.map_err(|_| upstream_error(ErrorCode::MarketoUnavailable, Retry::Soon))?;
        Ok(Self { result, next_page_token: raw.next_page_token })
    }
}

impl MarketoClient {
    pub(crate) async fn get<T: DeserializeOwned>(&self, target: &RequestTarget) -> Result<Envelope<T>, MarketoError> {
        self.call(Method::GET, target, RequestBody::None).await
    }

    /// Calls an operation until an attempt succeeds, fails for good, or no attempt or time is left, and deserializes its
    /// results.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        target: &RequestTarget,
        body: RequestBody,
    ) -> Result<Envelope<T>, MarketoError> {
        let url = self.ports.config().marketo_url().await?.url(target);
        let mut retry_budget = RetryBudget::until(self.deadline);
        let mut renewed = false;
        loop {
            let token = match self.token().await {
                Ok(token) => token,
                Err(MarketoError::Other(Error::Upstream(error)))
                    if error.retry == Retry::Soon && retry_budget.wait(&self.ports, None).await =>
                {
                    continue;
                }
                Err(error) => return Err(error),
            };
            self.wait_for_rate_limit().await?;
            let (content_type, bytes) = body.parts();
            let mut request = Request::builder()
                .method(&method)
                .uri(url.as_str())
                .header(header::AUTHORIZATION, format!("Bearer {}", token.expose()))
                .header(header::ACCEPT, "application/json");
            if let Some(content_type) = content_type {
                request = request.header(header::CONTENT_TYPE, content_type);
            }
            let request = request.body(bytes).map_err(|error| Error::Internal(error.to_string()))?;
            let now = self.ports.clock.now();
            let timeout = CALL_TIMEOUT.min(self.deadline.duration_since(now));
            match Attempt::of(self.ports.send_within(timeout, request).await, now) {
                Attempt::Succeeded(envelope) => return Envelope::of(envelope),
                Attempt::Failed(error) => return Err(error),
                Attempt::RefusedToken if !renewed => {
                    renewed = true;
                    self.forget(&token);
                }
                Attempt::RefusedToken => {
                    return Err(upstream_error(ErrorCode::MarketoAccessDenied, Retry::Never).into());
                }
                // A rate-limited request was not executed, so that even the creation of leads may be sent again.
                Attempt::Retryable { code, .. } if !self.is_idempotent && code != ErrorCode::RateLimited => {
                    return Err(upstream_error(code, Retry::After(MAX_PROCESSING_TIME)).into());
                }
                Attempt::Retryable { wait, code } => {
                    if !retry_budget.wait(&self.ports, wait).await {
                        let retry = wait.map_or(Retry::Soon, |wait| Retry::After(wait.min(RATE_WINDOW)));
                        return Err(upstream_error(code, retry).into());
                    }
                }
            }
        }
    }

    /// Waits for a slot of the low-priority rate limiter.
    async fn wait_for_rate_limit(&self) -> Result<(), MarketoError> {
        if !self.is_low_priority {
            return Ok(());
        }
        let wait = self.tokens.reserve(self.ports.clock.now(), self.deadline);
        let wait = wait.map_err(|wait| upstream_error(ErrorCode::RateLimited, Retry::After(wait)))?;
        if wait > SignedDuration::ZERO {
            self.ports.clock.sleep(wait).await;
        }
        Ok(())
    }
}

impl Attempt {
    /// Classifies an answer, or its absence.
    fn of(response: Result<Response<Bytes>, TransportError>, now: Timestamp) -> Self {
        let unavailable = Self::Retryable { wait: None, code: ErrorCode::MarketoUnavailable };
        let Ok(response) = response else { return unavailable };
        match response.status().as_u16() {
            200..=299 => {}
            429 => {
                return Self::Retryable { wait: retry_after(response.headers(), now), code: ErrorCode::RateLimited };
            }
            401 => return Self::RefusedToken,
            403 => return Self::Failed(upstream_error(ErrorCode::MarketoAccessDenied, Retry::Never).into()),
            status @ 400..=499 => return Self::Failed(MarketoError::Api(MarketoCode(status.into()))),
            _ => return unavailable,
        }
        let Ok(envelope) = json::read::<RawEnvelope>(response.body()) else { return unavailable };
        if envelope.success {
            return Self::Succeeded(envelope);
        }
        // `success: false` without errors is an unknown failure of Marketo.
        let Some(code) = envelope.errors.first().map(Reason::code) else { return unavailable };
        match code.recovery() {
            Recovery::RenewToken => Self::RefusedToken,
            Recovery::BackOff { wait } => {
                let is_rate_limited = matches!(code.0, 606 | 615);
                Self::Retryable {
                    wait,
                    code: if is_rate_limited { ErrorCode::RateLimited } else { ErrorCode::MarketoUnavailable },
                }
            }
            Recovery::QuotaExhausted => {
                Self::Failed(upstream_error(ErrorCode::MarketoQuota, Retry::At(quota_reset(now))).into())
            }
            Recovery::FixAccess => Self::Failed(upstream_error(ErrorCode::MarketoAccessDenied, Retry::Never).into()),
            Recovery::None => Self::Failed(MarketoError::Api(code)),
        }
    }
}
