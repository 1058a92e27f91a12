//! One call: token, envelope, waiting out limits, repeating (DESIGN section 8). Nearly every operation here may be sent
//! again whatever became of it: statuses only move forward, data is overwritten. Creating leads may not, as long as
//! Marketo may be at it.

use crate::access::{Marketo, peer_error};
use crate::error::{MarketoCode, MarketoError, RATE_WINDOW, Reason, Remedy, quota_reset};
use bytes::Bytes;
use domain::time::SignedDuration;
use domain::{Code, Error, Retry, json};
use http::{Method, Request, header};
use platform::patience::{Patience, retry_after};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One try may take this long. Marketo's own limit for upserts is 90 seconds, but a run has only 25.
const CALL_LIMIT: SignedDuration = SignedDuration::from_secs(20);

/// So long Marketo itself may work on a call, whether or not anybody waits for its answer (marketo.md section 3.3).
const WORKS_ON: SignedDuration = SignedDuration::from_secs(90);

/// Marketo's envelope, opened.
#[derive(Debug)]
pub(crate) struct Envelope<T> {
    pub(crate) result: Vec<T>,
    pub(crate) next_page_token: Option<String>,
}

/// Marketo's envelope as it comes.
#[derive(Debug, Deserialize)]
struct Sealed {
    #[serde(default)]
    success: bool,
    #[serde(default)]
    result: Vec<Value>,
    #[serde(default)]
    errors: Vec<Reason>,
    #[serde(default, rename = "nextPageToken")]
    next_page_token: Option<String>,
}

/// A body and how it is encoded: asset calls are form-encoded, the others JSON.
pub(crate) enum Content {
    None,
    Json(Bytes),
    Form(String),
}

impl Content {
    pub(crate) fn json<T: Serialize>(value: &T) -> Result<Self, MarketoError> {
        let bytes = serde_json::to_vec(value).map_err(|error| Error::Ours(error.to_string()))?;
        Ok(Self::Json(bytes.into()))
    }

    pub(crate) fn form(pairs: &[(&str, &str)]) -> Self {
        Self::Form(encoded(pairs))
    }

    fn parts(&self) -> (Option<&'static str>, Bytes) {
        match self {
            Self::None => (None, Bytes::new()),
            Self::Json(bytes) => (Some("application/json"), bytes.clone()),
            Self::Form(text) => (Some("application/x-www-form-urlencoded"), Bytes::from(text.clone())),
        }
    }
}

/// Pairs as a query or a form.
pub(crate) fn encoded(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

enum Tried {
    Done(Sealed),
    NewToken,
    Again { wait: Option<SignedDuration>, code: Code },
    Failed(MarketoError),
}

impl Marketo {
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<Envelope<T>, MarketoError> {
        self.call(Method::GET, path, Content::None).await
    }

    /// `path` begins with `/rest`.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        content: Content,
    ) -> Result<Envelope<T>, MarketoError> {
        let sealed = self.call_untyped(method, path, content).await?;
        let unreadable = |_| peer_error(Code::MarketoUnavailable, Retry::Soon);
        let result: Result<Vec<T>, _> = sealed.result.iter().map(json::from_value).collect();
        Ok(Envelope { result: result.map_err(unreadable)?, next_page_token: sealed.next_page_token })
    }

    /// The call itself, which is the same code for every operation.
    async fn call_untyped(&self, method: Method, path: &str, content: Content) -> Result<Sealed, MarketoError> {
        let url = format!("{}{path}", self.ports.settings().marketo_url().await?);
        let mut patience = Patience::until(self.deadline);
        let mut renewed = false;
        loop {
            let token = match self.token().await {
                Ok(token) => token,
                Err(MarketoError::Other(Error::Peer(error)))
                    if error.retry == Retry::Soon && patience.wait(&self.ports, None).await =>
                {
                    continue;
                }
                Err(error) => return Err(error),
            };
            self.wait_for_turn().await?;
            let (content_type, body) = content.parts();
            let mut request = Request::builder()
                .method(&method)
                .uri(&url)
                .header(header::AUTHORIZATION, format!("Bearer {}", token.expose()))
                .header(header::ACCEPT, "application/json");
            if let Some(content_type) = content_type {
                request = request.header(header::CONTENT_TYPE, content_type);
            }
            let request = request.body(body).map_err(|error| Error::Ours(error.to_string()))?;
            match self.attempt(request).await {
                Tried::Done(envelope) => return Ok(envelope),
                Tried::Failed(error) => return Err(error),
                Tried::NewToken if !renewed => {
                    renewed = true;
                    self.forget(&token);
                }
                Tried::NewToken => return Err(peer_error(Code::MarketoAccessDenied, Retry::Never).into()),
                // Limits are told before anything is done.
                Tried::Again { code, .. } if !self.repeats && code != Code::RateLimited => {
                    return Err(peer_error(code, Retry::After(WORKS_ON)).into());
                }
                Tried::Again { wait, code } => {
                    if !patience.wait(&self.ports, wait).await {
                        let retry = wait.map_or(Retry::Soon, |wait| Retry::After(wait.min(RATE_WINDOW)));
                        return Err(peer_error(code, retry).into());
                    }
                }
            }
        }
    }

    /// Keeps to half of the rate limit, if that is wanted.
    async fn wait_for_turn(&self) -> Result<(), MarketoError> {
        if !self.is_gentle {
            return Ok(());
        }
        let wait = self.tokens.turns.take(self.ports.clock.now(), self.deadline);
        let wait = wait.map_err(|wait| peer_error(Code::RateLimited, Retry::After(wait)))?;
        if wait > SignedDuration::ZERO {
            self.ports.clock.sleep(wait).await;
        }
        Ok(())
    }

    async fn attempt(&self, request: Request<Bytes>) -> Tried {
        let now = self.ports.clock.now();
        let limit = CALL_LIMIT.min(self.deadline.duration_since(now));
        let again = Tried::Again { wait: None, code: Code::MarketoUnavailable };
        let Ok(response) = self.ports.send_within(limit, request).await else { return again };
        match response.status().as_u16() {
            200..=299 => {}
            429 => return Tried::Again { wait: retry_after(response.headers(), now), code: Code::RateLimited },
            401 => return Tried::NewToken,
            403 => return Tried::Failed(peer_error(Code::MarketoAccessDenied, Retry::Never).into()),
            status @ (413 | 414) => return Tried::Failed(MarketoError::Refused(MarketoCode(status.into()))),
            400..=499 => return Tried::Failed(MarketoError::Refused(MarketoCode(response.status().as_u16().into()))),
            _ => return again,
        }
        let Ok(envelope) = json::read::<Sealed>(response.body()) else { return again };
        if envelope.success {
            return Tried::Done(envelope);
        }
        // "success: false" without errors is an unknown failure of theirs.
        let Some(code) = envelope.errors.first().map(Reason::code) else { return again };
        match code.remedy() {
            Remedy::NewToken => Tried::NewToken,
            Remedy::Repeat { wait } => {
                let limited = matches!(code.0, 606 | 615);
                Tried::Again { wait, code: if limited { Code::RateLimited } else { Code::MarketoUnavailable } }
            }
            Remedy::Quota => Tried::Failed(peer_error(Code::MarketoQuota, Retry::At(quota_reset(now))).into()),
            Remedy::Access => Tried::Failed(peer_error(Code::MarketoAccessDenied, Retry::Never).into()),
            Remedy::Refuse => Tried::Failed(MarketoError::Refused(code)),
        }
    }
}
