//! One call: token, rate limits, retries of idempotent requests.

use crate::client::{Credentials, ZoomClient};
use crate::error::{ExceededLimit, ZoomApiError, ZoomError};
use crate::rate_limit::{RateLimitLabel, observe};
use bytes::Bytes;
use domain::digest::sha256_hex;
use domain::json::JsonError;
use domain::lenient::{self, FromObject, Rows};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ErrorCode, Problem, Retry, Upstream, UpstreamError};
use http::{Method, Request, header};
use platform::RequestTarget;
use platform::internal_api::{self, Component, ServiceProblem, ZoomToken};
use platform::ports::TransportError;
use platform::retry::RetryBudget;
use serde::Serialize;
use serde_json::{Map, Value};

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
    /// Reads an object.
    pub(crate) async fn get<T: FromObject>(&self, target: &RequestTarget) -> Result<T, ZoomError> {
        read_answer(&self.get_object(target).await?)
    }

    /// Reads an object whose fields the caller reads.
    pub(crate) async fn get_object(&self, target: &RequestTarget) -> Result<Map<String, Value>, ZoomError> {
        self.call_object(Method::GET, target, Bytes::new(), Idempotency::Idempotent).await
    }

    /// Reads an object that has one long list, and logs how many rows of it cannot be read. Returns the rows and the other
    /// fields.
    pub(crate) async fn get_list<T: FromObject + Send>(
        &self,
        target: &RequestTarget,
        list: &'static str,
    ) -> Result<(Rows<T>, Map<String, Value>), ZoomError> {
        let (mut rows, mut fields) = (Rows::default(), Map::new());
        let mut read = |text: &[u8]| lenient::read_list(text, list, &mut rows).map(|read| fields = read);
        self.call_untyped(Method::GET, target, Bytes::new(), Idempotency::Idempotent, &mut read).await?;
        log_unreadable(list, rows.unreadable);
        Ok((rows, fields))
    }

    /// Calls an operation and reads its answer, which is an object.
    pub(crate) async fn call<B: Serialize + Sync, T: FromObject>(
        &self,
        method: Method,
        target: &RequestTarget,
        body: &B,
        idempotency: Idempotency,
    ) -> Result<T, ZoomError> {
        read_answer(&self.call_object(method, target, json_body(body)?, idempotency).await?)
    }

    /// Calls an operation whose answer does not matter.
    pub(crate) async fn call_ignoring_answer<B: Serialize + Sync>(
        &self,
        method: Method,
        target: &RequestTarget,
        body: Option<&B>,
        idempotency: Idempotency,
    ) -> Result<(), ZoomError> {
        let body = body.map_or(Ok(Bytes::new()), json_body)?;
        self.call_untyped(method, target, body, idempotency, &mut lenient::read_ignored).await
    }

    /// Not generic, so that it is compiled once.
    async fn call_object(
        &self,
        method: Method,
        target: &RequestTarget,
        body: Bytes,
        idempotency: Idempotency,
    ) -> Result<Map<String, Value>, ZoomError> {
        let mut fields = Map::new();
        let mut read = |text: &[u8]| lenient::read_object(text).map(|read| fields = read);
        self.call_untyped(method, target, body, idempotency, &mut read).await?;
        Ok(fields)
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
            if let Credentials::Service(service, tokens) = &self.credentials
                && error.is_bad_token()
            {
                tokens.forget(service);
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

/// Logs how many rows of a list cannot be read.
pub(crate) fn log_unreadable(list: &str, count: usize) {
    if count > 0 {
        platform::log!(Warn, "zoom.row_unreadable", kind = list, count = count);
    }
}

/// Reads the fields of an answer that the caller needs. Without them the request may have been executed all the same.
fn read_answer<T: FromObject>(fields: &Map<String, Value>) -> Result<T, ZoomError> {
    T::from_object(fields.into()).map_err(ZoomError::from)
}

fn json_body<B: Serialize>(body: &B) -> Result<Bytes, Error> {
    serde_json::to_vec(body).map(Bytes::from).map_err(|error| Error::Internal(error.to_string()))
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
    failed(Problem::of(ErrorCode::ZoomUnavailable), Retry::Soon, maybe_executed)
}

fn rate_limited(wait: Option<SignedDuration>) -> ZoomError {
    failed(Problem::of(ErrorCode::RateLimited), wait.map_or(Retry::Soon, Retry::After), false)
}

fn failed(problem: Problem, retry: Retry, maybe_executed: bool) -> ZoomError {
    ZoomError::Other(Error::Upstream(UpstreamError { upstream: Upstream::Zoom, problem, retry, maybe_executed }))
}
