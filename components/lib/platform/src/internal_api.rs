//! Client and types of the internal API: components call each other by service chaining. `/internal/...` is reachable
//! in no other way, since no public route leads there.

use crate::ports::{Ports, TransportError};
use crate::request_id::{self, RequestId};
use crate::request_target::RequestTarget;
use crate::url_origin::UrlOrigin;
use bytes::Bytes;
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ErrorCode, Problem, ProgramId, Retry, Sensitive, ServiceId, Upstream, UpstreamError, json};
use http::{Method, Request, header};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use url::Url;

pub use crate::forget_account::{ForgetAccountReport, ForgetAccountRequest};
pub use crate::forget_person::{ForgetPersonReport, ForgetPersonRequest};
pub use domain::Component;

/// Returns the URL of an operation of a component's internal API.
fn url_of(component: Component, path: &[&str]) -> Result<Url, Error> {
    let origin = UrlOrigin::parse(&format!("http://{}", component.host()));
    let origin = origin.map_err(|error| Error::Internal(error.to_string()))?;
    let segments: Vec<_> = ["internal"].iter().chain(path).copied().collect();
    Ok(origin.url(&RequestTarget::path(&segments)))
}

/// An access token for Zoom, as `oauth` hands it out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ZoomToken {
    /// The token.
    pub access_token: Sensitive,
    /// The server of the account's API.
    pub api_base: UrlOrigin,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// Body of `POST /internal/token/{service_id}`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct TokenRequest {
    /// SHA-256, in hexadecimal, of a token that Zoom refused. `oauth` refreshes the token if it is the current one.
    pub refused: Option<String>,
}

/// Body of `POST /internal/problem/{service_id}`: reports a problem of the service as a whole or, with `null`, that it is
/// over.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServiceProblem {
    /// The problem; `None` clears it.
    pub problem: Option<Problem>,
    /// The program that the problem concerns, if it concerns a single one.
    #[serde(default)]
    pub program: Option<ProgramId>,
    /// SHA-256, in hexadecimal, of the access token in use. A report about a replaced token is ignored: the admin may
    /// have signed in again since.
    #[serde(default)]
    pub token: Option<String>,
}

/// Body of `POST /internal/tick`: runs due work until the deadline.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TickRequest {
    /// When the component must have answered.
    pub deadline: Timestamp,
}

/// Answer of `POST /internal/tick`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct TickReport {
    /// Number of processed items: chunks, programs or services.
    #[serde(default)]
    pub worked: u64,
    /// Names of the jobs that left work for lack of time.
    #[serde(default)]
    pub left: Vec<String>,
}

impl TickReport {
    /// Adds what a job did, and returns its number of processed items.
    pub fn add(&mut self, job: &str, JobReport { done, is_left }: JobReport) -> u64 {
        if is_left {
            self.left.push(job.to_owned());
        }
        done
    }
}

/// What a job of a tick did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JobReport {
    /// Number of processed items.
    pub done: u64,
    /// Whether it left work for lack of time.
    pub is_left: bool,
}

/// Answer of `POST /internal/watch` of `registration`: what its operator watches.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RegistrationWatch {
    /// Number of chunks that are not called back.
    pub open_chunks: usize,
    /// Since when the lead waits that has waited the longest; `None` if none waits.
    pub waiting_since: Option<Timestamp>,
    /// Failures by code.
    pub failures: Vec<(ErrorCode, usize)>,
    /// Number of failures whose code was not read, because there are too many.
    pub uncounted_failures: usize,
    /// Number of records that the last maintenance could not read.
    pub unreadable: usize,
    /// The address to which a callback was refused lately: scheme, host and port.
    pub refused_callback: Option<String>,
    /// Whether Marketo's daily quota is used up.
    pub is_quota_used_up: bool,
}

/// Answer of `POST /internal/webinar/{webinar_id}` of `catalog`: the webinar and the service that offers it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServiceWebinar {
    /// The active service that offers it (R3).
    pub service: ServiceId,
    /// The webinar.
    pub snapshot: domain::webinar::Snapshot,
}

/// Body of `POST /internal/import-services`.
#[derive(Debug, Serialize, Deserialize)]
pub struct ImportServicesRequest {
    /// The records of services, of this or an earlier version.
    pub services: Vec<serde_json::Value>,
}

/// What an import did with the records of a kind.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReport {
    /// Number of records that were missing and are there now.
    pub imported: usize,
    /// Number of records that were there and stay as they are.
    pub kept: usize,
    /// Number of records that this build cannot read.
    pub unreadable: usize,
    /// Number of records of an account that removed the app, which stay deleted (R17).
    #[serde(default)]
    pub ended: usize,
}

/// Calls another component and parses its JSON answer. `path`: the segments after `/internal`.
///
/// A problem document keeps its code, so that a code such as `SERVICE_SUPERSEDED` reaches the outermost caller unchanged.
/// It becomes [`Error::Rejected`]; but `ZOOM_UNAVAILABLE`, `RATE_LIMITED` and `MARKETO_UNAVAILABLE` become
/// [`Error::Upstream`], and `INTERNAL` becomes [`Error::Internal`].
pub async fn call<B: Serialize + Sync, T: DeserializeOwned>(
    ports: &Ports,
    component: Component,
    path: &[&str],
    body: &B,
    timeout: SignedDuration,
) -> Result<T, Error> {
    let body = serde_json::to_vec(body).map_err(|error| Error::Internal(error.to_string()))?;
    let answer = call_untyped(ports, component, path, body.into(), timeout).await?;
    json::read(if answer.is_empty() { b"null" } else { &answer }).map_err(|_| unexpected_form(component))
}

/// Not generic, so that it is compiled once.
async fn call_untyped(
    ports: &Ports,
    component: Component,
    path: &[&str],
    body: Bytes,
    timeout: SignedDuration,
) -> Result<Bytes, Error> {
    let url = url_of(component, path)?;
    let mut request =
        Request::builder().method(Method::POST).uri(url.as_str()).header(header::CONTENT_TYPE, "application/json");
    if let Some(id) = RequestId::current() {
        request = request.header(request_id::HEADER, id.to_string());
    }
    let request = request.body(body).map_err(|error| Error::Internal(error.to_string()))?;
    let response = ports.send_within(timeout, request).await.map_err(|error| failed(&error))?;
    if response.status().is_success() {
        return Ok(response.into_body());
    }
    match json::read::<Problem>(response.body()) {
        Ok(problem) if problem.code == ErrorCode::Internal => {
            Err(Error::Internal(format!("{} failed on {}", component.host(), url.path())))
        }
        Ok(problem) => Err(retryable(problem)),
        Err(_) => {
            Err(Error::Internal(format!("{} answered {} on {}", component.host(), response.status(), url.path())))
        }
    }
}

fn unexpected_form(component: Component) -> Error {
    Error::Internal(format!("{} returned an answer of an unexpected form", component.host()))
}

/// Timeout of a token request; `oauth` may have to refresh the token first.
const TOKEN_TIMEOUT: SignedDuration = SignedDuration::from_secs(15);

/// Returns an access token for a service, before the deadline.
pub async fn zoom_token(
    ports: &Ports,
    service: &ServiceId,
    refused: Option<String>,
    deadline: Timestamp,
) -> Result<ZoomToken, Error> {
    let path = ["token", service.as_str()];
    let timeout = TOKEN_TIMEOUT.min(deadline.duration_since(ports.clock.now()));
    call(ports, Component::Oauth, &path, &TokenRequest { refused }, timeout).await
}

/// Turns a problem of an upstream behind the other component into an upstream error.
fn retryable(problem: Problem) -> Error {
    let upstream = match problem.code {
        ErrorCode::ZoomUnavailable | ErrorCode::RateLimited => Upstream::Zoom,
        ErrorCode::MarketoUnavailable => Upstream::Marketo,
        _ => return Error::Rejected(problem),
    };
    Error::Upstream(UpstreamError { upstream, problem, retry: Retry::Soon, maybe_executed: false })
}

fn failed(error: &TransportError) -> Error {
    Error::Upstream(UpstreamError {
        upstream: Upstream::Component,
        problem: Problem::of(ErrorCode::Internal),
        retry: Retry::Soon,
        maybe_executed: error.maybe_executed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_below_internal() {
        for (component, path, url) in [
            (Component::Oauth, ["token", "s1"].as_slice(), "http://oauth.spin.internal/internal/token/s1"),
            (Component::Catalog, &["tick"], "http://catalog.spin.internal/internal/tick"),
            (Component::Registration, &["zoom-events"], "http://registration.spin.internal/internal/zoom-events"),
            (Component::Attendance, &["work", "a/b"], "http://attendance.spin.internal/internal/work/a%2Fb"),
        ] {
            assert_eq!(url_of(component, path).unwrap().as_str(), url);
            assert_eq!(UrlOrigin::of_url(url).unwrap().to_string(), format!("http://{}", component.host()));
        }
    }
}
