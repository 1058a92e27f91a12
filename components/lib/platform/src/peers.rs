//! Calling other components by service chaining. `/internal/...` is reachable in no other way, since no public route
//! leads there (DESIGN section 4).

use crate::ports::{Ports, TransportError};
use bytes::Bytes;
use domain::time::{SignedDuration, Timestamp};
use domain::{Code, Error, Peer, PeerError, Problem, Retry, Sensitive, ServiceId, json};
use http::{Method, Request, header};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A component that others call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Component {
    /// Services and tokens.
    Oauth,
    /// Webinars and connections.
    Catalog,
    /// The flow step.
    Registration,
    /// Attendance.
    Attendance,
}

impl Component {
    /// Its host name for chaining.
    pub const fn host(self) -> &'static str {
        match self {
            Self::Oauth => "oauth.spin.internal",
            Self::Catalog => "catalog.spin.internal",
            Self::Registration => "registration.spin.internal",
            Self::Attendance => "attendance.spin.internal",
        }
    }
}

/// An access token for Zoom, as `oauth` hands it out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ZoomToken {
    /// The token.
    pub access_token: Sensitive,
    /// Where the account's API is, without `/v2`.
    pub api_base: String,
    /// When it lapses.
    pub expires_at: Timestamp,
}

/// Body of `POST /internal/token/{service_id}`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct TokenRequest {
    /// The SHA-256 of a token that Zoom refused, in hexadecimal: if it is the one `oauth` has, it renews it.
    pub refused: Option<String>,
}

/// Body of `POST /internal/problem/{service_id}`: a component met a problem that concerns the service as a whole, or
/// (with `null`) did what failed before.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServiceProblem {
    /// What is wrong.
    pub problem: Option<Problem>,
    /// The SHA-256 of the access token that the problem was met with, in hexadecimal. A report about a token that was
    /// replaced meanwhile is late: the admin may have signed in again since.
    #[serde(default)]
    pub token: Option<String>,
}

/// Body of `POST /internal/tick`: work that is due, as far as time allows.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TickRequest {
    /// When the component has to have answered.
    pub deadline: Timestamp,
}

/// Answer of `POST /internal/tick`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct TickReport {
    /// How many pieces of work were done: chunks, programs or services.
    #[serde(default)]
    pub worked: u64,
}

/// Answer of `POST /internal/webinar/{webinar_id}` of `catalog`: whose webinar it is, and what it is like now.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServiceWebinar {
    /// The active service that offers it (R3).
    pub service: ServiceId,
    /// The webinar.
    pub snapshot: domain::webinar::Snapshot,
}

/// Calls another component and reads its JSON answer. Its problem document becomes [`Error::Caller`] with the same
/// code, so that `SERVICE_SUPERSEDED` said by `oauth` is what the caller of the caller sees.
pub async fn call<B: Serialize + Sync, T: DeserializeOwned>(
    ports: &Ports,
    component: Component,
    path: &str,
    body: &B,
    limit: SignedDuration,
) -> Result<T, Error> {
    let body = serde_json::to_vec(body).map_err(|error| Error::Ours(error.to_string()))?;
    let answer = call_untyped(ports, component, path, body.into(), limit).await?;
    json::from_value(&answer).map_err(|_| other_form(component))
}

/// The call itself, which is the same code for every question.
async fn call_untyped(
    ports: &Ports,
    component: Component,
    path: &str,
    body: Bytes,
    limit: SignedDuration,
) -> Result<Value, Error> {
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("http://{}{path}", component.host()))
        .header(header::CONTENT_TYPE, "application/json")
        .body(body)
        .map_err(|error| Error::Ours(error.to_string()))?;
    let response = ports.send_within(limit, request).await.map_err(|error| failed(&error))?;
    if response.status().is_success() {
        let empty = response.body().is_empty();
        let text: &[u8] = if empty { b"null" } else { response.body() };
        return json::parse(text).map_err(|_| other_form(component));
    }
    match json::read::<Problem>(response.body()) {
        Ok(problem) if problem.code == Code::Internal => {
            Err(Error::Ours(format!("{} failed on {path}", component.host())))
        }
        Ok(problem) => Err(retryable(problem)),
        Err(_) => Err(Error::Ours(format!("{} answered {} on {path}", component.host(), response.status()))),
    }
}

fn other_form(component: Component) -> Error {
    Error::Ours(format!("{} gave an answer of another form", component.host()))
}

/// `oauth` may take this long for a token: it may have to renew it.
const TOKEN_LIMIT: SignedDuration = SignedDuration::from_secs(15);

/// An access token for a service, within what is left until an instant.
pub async fn zoom_token(
    ports: &Ports,
    service: &ServiceId,
    refused: Option<String>,
    deadline: Timestamp,
) -> Result<ZoomToken, Error> {
    let path = format!("/internal/token/{service}");
    let limit = TOKEN_LIMIT.min(deadline.duration_since(ports.clock.now()));
    call(ports, Component::Oauth, &path, &TokenRequest { refused }, limit).await
}

/// Says that the peer behind the other component is unwell, if that is what the problem says.
fn retryable(problem: Problem) -> Error {
    let peer = match problem.code {
        Code::ZoomUnavailable | Code::RateLimited => Peer::Zoom,
        Code::MarketoUnavailable => Peer::Marketo,
        _ => return Error::Caller(problem),
    };
    Error::Peer(PeerError { peer, problem, retry: Retry::Soon, ambiguous: false })
}

fn failed(error: &TransportError) -> Error {
    Error::Peer(PeerError {
        peer: Peer::Component,
        problem: Problem::of(Code::Internal),
        retry: Retry::Soon,
        ambiguous: error.maybe_executed,
    })
}
