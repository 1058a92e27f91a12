//! One call: token, rate limits, retries of idempotent requests.

use crate::client::{Credentials, ZoomClient};
use crate::error::{ExceededLimit, ZoomApiError, ZoomError};
use crate::rate_limit::{RateLimitLabel, observe};
use bytes::Bytes;
use domain::digest::sha256_hex;
use domain::json::{self, JsonError};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ErrorCode, Problem, Retry, Upstream, UpstreamError};
use http::{Method, Request, header};
use platform::RequestTarget;
use platform::internal_api::{self, Component, ServiceProblem, ZoomToken};
use platform::ports::TransportError;
use platform::retry::RetryBudget;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Timeout of one attempt. The slowest operations are reports of large webinars.
const CALL_TIMEOUT: SignedDuration = SignedDuration::from_secs(15);

/// Timeout of the report of a service problem to `oauth`.
const REPORT_TIMEOUT: SignedDuration = SignedDuration::from_secs(5);

/// Whether a request may be sent again when its answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Idempotency {
    /// Reads, or writes the same state again.
    Idempotent,
    /// Adds a registrant or changes its status: each call counts towards a daily limit (R12).
    NonIdempotent,
}

impl ZoomClient {
    pub(crate) async fn get<T: DeserializeOwned + Send>(&self, target: &RequestTarget) -> Result<T, ZoomError> {
        self.call::<(), T>(Method::GET, target, None, Idempotency::Idempotent).await
    }

    /// Calls an operation and deserializes its answer.
    pub(crate) async fn call<B: Serialize + Sync, T: DeserializeOwned + Send>(
        &self,
        method: Method,
        target: &RequestTarget,
        body: Option<&B>,
        idempotency: Idempotency,
    ) -> Result<T, ZoomError> {
        let body = match body {
            Some(body) => Bytes::from(serde_json::to_vec(body).map_err(|error| Error::Internal(error.to_string()))?),
            None => Bytes::new(),
        };
        let mut answer = None;
        let mut read = |text: &[u8]| json::read(text).map(|read| answer = Some(read));
        self.call_untyped(method, target, body, idempotency, &mut read).await?;
        answer.ok_or_else(|| unavailable(true))
    }

    /// Passes a successful answer to `read`. Retries an answer that is not JSON. Not generic, so that it is compiled once.
    async fn call_untyped(
        &self,
        method: Method,
        target: &RequestTarget,
        body: Bytes,
        idempotency: Idempotency,
        read: &mut (dyn FnMut(&[u8]) -> Result<(), JsonError> + Send),
    ) -> Result<(), ZoomError> {
        let label = RateLimitLabel::of(&method, target);
        let mut retry_budget = RetryBudget::until(self.deadline);
        let mut token = self.token(None).await?;
        let mut renewed = false;
        loop {
            self.wait_for_rate_limit_slot(label).await?;
            let request = request(&method, &token, target, body.clone())?;
            let timeout = CALL_TIMEOUT.min(self.deadline.duration_since(self.ports.clock.now()));
            let response = match self.ports.send_within(timeout, request).await {
                Ok(response) => response,
                Err(error) if idempotency == Idempotency::Idempotent || !error.maybe_executed => {
                    if retry_budget.wait(&self.ports, None).await {
                        continue;
                    }
                    return Err(no_answer(&error));
                }
                Err(error) => return Err(no_answer(&error)),
            };
            let status = response.status();
            self.observe_rate_limit(label, response.headers(), status.as_u16() == 429);
            if status.is_success() {
                let text: &[u8] = if response.body().is_empty() { b"null" } else { response.body() };
                let Err(error) = read(text) else { return Ok(()) };
                let may_retry = error.is_syntax() && idempotency == Idempotency::Idempotent;
                if may_retry && retry_budget.wait(&self.ports, None).await {
                    continue;
                }
                return Err(unavailable(true));
            }
            let error = ZoomApiError::read(status.as_u16(), response.body());
            if status.as_u16() == 429 {
                match ExceededLimit::read(response.headers(), &error, self.ports.clock.now()) {
                    ExceededLimit::Daily { until } => return Err(ZoomError::DailyLimit { until }),
                    // A refused request was not executed, so even an add-registrant call may be sent again.
                    ExceededLimit::PerSecond { wait } if retry_budget.wait_for_rate_limit(&self.ports, wait).await => {
                        continue;
                    }
                    ExceededLimit::PerSecond { wait } => return Err(rate_limited(wait)),
                }
            }
            if status.is_server_error() {
                if idempotency == Idempotency::Idempotent && retry_budget.wait(&self.ports, None).await {
                    continue;
                }
                return Err(unavailable(true));
            }
            let hash = sha256_hex(token.access_token.expose().as_bytes());
            if error.is_bad_token() && !renewed && matches!(self.credentials, Credentials::Service(..)) {
                renewed = true;
                token = self.token(Some(hash)).await?;
                continue;
            }
            self.report_service_problem(&error, hash).await;
            return Err(ZoomError::Api(error));
        }
    }

    /// Waits for a slot within the rate limit that Zoom reported, so that bursts are not refused.
    async fn wait_for_rate_limit_slot(&self, label: RateLimitLabel) -> Result<(), ZoomError> {
        if let Credentials::Service(service, tokens) = &self.credentials {
            let now = self.ports.clock.now();
            let wait = tokens.rate_limiter(service, label, |rate_limiter| rate_limiter.reserve(now, Timestamp::MAX));
            // A call that gives up because of its deadline keeps its slot.
            let wait = wait.unwrap_or_else(|wait| wait);
            if wait > SignedDuration::ZERO && now + wait >= self.deadline {
                return Err(rate_limited(Some(wait)));
            }
            if wait > SignedDuration::ZERO {
                self.ports.clock.sleep(wait).await;
            }
        }
        Ok(())
    }

    fn observe_rate_limit(&self, label: RateLimitLabel, headers: &http::HeaderMap, is_refused: bool) {
        if let Credentials::Service(service, tokens) = &self.credentials {
            tokens.rate_limiter(service, label, |rate_limiter| {
                observe(rate_limiter, headers, is_refused, self.ports.clock.now())
            });
        }
    }

    /// Reports an error that concerns the service as a whole, so that the console shows it (R2).
    async fn report_service_problem(&self, error: &ZoomApiError, token: String) {
        let Credentials::Service(service, _) = &self.credentials else { return };
        let Some(problem) = error.service_problem().filter(|_| self.reports_problems) else { return };
        let body = ServiceProblem { problem: Some(problem), program: None, token: Some(token) };
        let path = ["problem", service.as_str()];
        let reported: Result<serde::de::IgnoredAny, Error> =
            internal_api::call(&self.ports, Component::Oauth, &path, &body, REPORT_TIMEOUT).await;
        if reported.is_err() {
            platform::log!(Warn, "service.problem_report_failed", service = service, code = error.code());
        }
    }
}

fn request(method: &Method, token: &ZoomToken, target: &RequestTarget, body: Bytes) -> Result<Request<Bytes>, Error> {
    let mut request = Request::builder()
        .method(method)
        .uri(token.api_base.url(target).as_str())
        .header(header::AUTHORIZATION, format!("Bearer {}", token.access_token.expose()))
        .header(header::ACCEPT, "application/json");
    if !body.is_empty() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    request.body(body).map_err(|error| Error::Internal(error.to_string()))
}

fn no_answer(error: &TransportError) -> ZoomError {
    unavailable(error.maybe_executed)
}

fn unavailable(maybe_executed: bool) -> ZoomError {
    let problem = Problem::of(ErrorCode::ZoomUnavailable);
    ZoomError::Other(Error::Upstream(UpstreamError {
        upstream: Upstream::Zoom,
        problem,
        retry: Retry::Soon,
        maybe_executed,
    }))
}

fn rate_limited(wait: Option<SignedDuration>) -> ZoomError {
    ZoomError::Other(Error::Upstream(UpstreamError {
        upstream: Upstream::Zoom,
        problem: Problem::of(ErrorCode::RateLimited),
        retry: wait.map_or(Retry::Soon, Retry::After),
        maybe_executed: false,
    }))
}
