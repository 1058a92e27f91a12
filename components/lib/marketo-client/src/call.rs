//! One call: token, envelope, rate limits, retries. All operations but the creation of leads are idempotent: statuses
//! only move forward, and data is overwritten.

use crate::body::RequestBody;
use crate::client::MarketoClient;
use crate::error::{MarketoCode, MarketoError, RATE_WINDOW, Recovery, quota_reset, upstream_error};
use bytes::Bytes;
use domain::json::JsonError;
use domain::lenient::{self, FromObject, Object, RowSink, Rows, Unreadable};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ErrorCode, Problem, Retry, Upstream, UpstreamError};
use http::{Method, Request, Response, header};
use platform::RequestTarget;
use platform::ports::TransportError;
use platform::retry::{RetryBudget, retry_after};
use serde_json::{Map, Value};

/// Timeout of one attempt. Marketo's own limit for upserts is 90 seconds, but a run lasts only 25.
const CALL_TIMEOUT: SignedDuration = SignedDuration::from_secs(20);

/// How long Marketo may process a call, even after the caller has timed out (docs/reference/marketo.md).
const MAX_PROCESSING_TIME: SignedDuration = SignedDuration::from_secs(90);

/// Marketo's envelope.
#[derive(Debug, Default)]
pub(crate) struct Envelope {
    /// The items of the result.
    pub(crate) result: Vec<Value>,
    /// Cursor of the next page; `None` on the last page.
    pub(crate) next_page_token: Option<String>,
    /// The same, and on the last page of activities the cursor of those that come later.
    pub(crate) cursor: Option<String>,
    /// Whether there is a next page whose cursor cannot be read.
    is_cut_off: bool,
}

/// One page of a list.
#[derive(Debug)]
pub(crate) struct ListPage<T> {
    pub(crate) rows: Rows<T>,
    pub(crate) next_page_token: Option<String>,
}

/// Marketo's envelope as received: executed, or the readable codes of its errors.
enum Received {
    Executed(Envelope),
    Refused(Vec<MarketoCode>),
}

/// The result of one attempt.
enum Attempt {
    /// Marketo executed the request.
    Succeeded(Envelope),
    /// The token is invalid or expired.
    RefusedToken,
    /// A transient failure. `wait` is the minimum wait, `code` the error if no attempt is left.
    Retryable { wait: Option<SignedDuration>, code: ErrorCode },
    /// A permanent failure.
    Failed(MarketoError),
}

impl Received {
    fn read(body: &[u8]) -> Result<Self, JsonError> {
        let mut fields = lenient::read_object(body)?;
        let result = fields.remove("result");
        let fields = Object::from(&fields);
        let errors: Vec<_> = fields.items("errors").iter().filter_map(MarketoCode::read).collect();
        // An odd `success` leaves the question to the rest of the envelope.
        // The answer to a request for a paging token has a cursor only.
        let is_paging_token = result.is_none() && matches!(fields.cursor("nextPageToken"), Ok(Some(_)));
        let has_items = matches!(&result, Some(Value::Array(items)) if !items.is_empty());
        let is_executed = match fields.flag("success") {
            Some(true) => true,
            Some(false) => errors.is_empty() && (has_items || is_paging_token),
            None => fields.items("errors").is_empty() && (result.is_some() || is_paging_token),
        };
        if !is_executed {
            return Ok(Self::Refused(errors));
        }
        let cursor = fields.cursor("nextPageToken");
        // `moreResult: false` ends a list, whatever token comes with it (docs/reference/marketo.md).
        let (next_page_token, is_cut_off) = match fields.flag("moreResult") {
            Some(false) => (None, false),
            more => match &cursor {
                Ok(cursor) => (cursor.clone(), more == Some(true) && cursor.is_none()),
                Err(_) => (None, true),
            },
        };
        let cursor = cursor.ok().flatten();
        Ok(Self::Executed(Envelope { result: items(result), next_page_token, cursor, is_cut_off }))
    }
}

/// Returns the items of a list. A value that is not a list counts as its only item, unless it is empty.
fn items(list: Option<Value>) -> Vec<Value> {
    match list {
        Some(Value::Array(items)) => items,
        Some(Value::Object(item)) if !item.is_empty() => vec![Value::Object(item)],
        Some(item @ (Value::Bool(_) | Value::Number(_))) => vec![item],
        Some(Value::String(text)) if !text.trim().is_empty() => vec![Value::String(text)],
        _ => Vec::new(),
    }
}

impl Envelope {
    /// Reads the items of the result row by row (R22), and logs how many cannot be read.
    pub(crate) fn into_page<T: FromObject>(self, kind: &str) -> ListPage<T> {
        let mut rows = Rows { rows: Vec::with_capacity(self.result.len()), unreadable: usize::from(self.is_cut_off) };
        // Each item is dropped once it is read.
        self.result.into_iter().for_each(|item| rows.add(&item));
        log_unreadable(kind, rows.unreadable);
        ListPage { rows, next_page_token: self.next_page_token }
    }

    /// Returns the only item of the result; `None` if there is none.
    ///
    /// # Errors
    /// The item is not an object.
    pub(crate) fn into_object(self) -> Result<Option<Map<String, Value>>, MarketoError> {
        match self.result.into_iter().next() {
            None => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(fields)),
            Some(_) => Err(Unreadable("result").into()),
        }
    }
}

/// Logs how many rows of a list cannot be read.
pub(crate) fn log_unreadable(kind: &str, count: usize) {
    if count > 0 {
        platform::log!(Warn, "marketo.row_unreadable", kind = kind, count = count);
    }
}

impl MarketoClient {
    pub(crate) async fn get(&self, target: &RequestTarget) -> Result<Envelope, MarketoError> {
        self.call(Method::GET, target, RequestBody::None).await
    }

    /// Calls an operation until an attempt succeeds, fails for good, or no attempt or time is left.
    pub(crate) async fn call(
        &self,
        method: Method,
        target: &RequestTarget,
        body: RequestBody,
    ) -> Result<Envelope, MarketoError> {
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
            // A call that waits for its turn keeps no other call from starting.
            self.wait_for_rate_limit().await?;
            let permit = self.tokens.calls.begin(&self.ports, self.deadline, self.is_low_priority).await?;
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
            let answer = self.ports.send_within(timeout, request).await;
            drop(permit);
            match Attempt::of(answer, now) {
                Attempt::Succeeded(envelope) => return Ok(envelope),
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
                    let (problem, retry) = (Problem::of(code), Retry::After(MAX_PROCESSING_TIME));
                    let upstream = Upstream::Marketo;
                    let error = UpstreamError { upstream, problem, retry, maybe_executed: true };
                    return Err(Error::Upstream(error).into());
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
        let errors = match Received::read(response.body()) {
            Ok(Received::Executed(envelope)) => return Self::Succeeded(envelope),
            Ok(Received::Refused(errors)) => errors,
            Err(_) => return unavailable,
        };
        // A refusal without a readable error is an unknown failure of Marketo.
        let Some(&code) = errors.first() else { return unavailable };
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
