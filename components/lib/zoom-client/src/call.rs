//! One call: token, waiting out rate limits, repeating what may be repeated (DESIGN section 8).

use crate::access::{Access, Zoom};
use crate::error::{Limit, Refusal, ZoomError};
use crate::pace::Label;
use bytes::Bytes;
use domain::records::hex_digest;
use domain::time::SignedDuration;
use domain::{Code, Error, Peer, PeerError, Problem, Retry, json};
use http::{Method, Request, header};
use platform::patience::Patience;
use platform::peers::{self, Component, ServiceProblem, ZoomToken};
use platform::ports::TransportError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// One try may take this long. Zoom's slowest operations here are reports of large webinars.
const CALL_LIMIT: SignedDuration = SignedDuration::from_secs(15);

/// Whether a call whose answer was lost may simply be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Reading, or writing what is already so.
    Safe,
    /// Adding a registrant, or changing its status: each call counts against a few a day (R12).
    Never,
}

impl Zoom {
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ZoomError> {
        self.call::<(), T>(Method::GET, path, None, Repeat::Safe).await
    }

    /// `path` begins after `/v2` and is encoded already.
    pub(crate) async fn call<B: Serialize + Sync, T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&B>,
        repeat: Repeat,
    ) -> Result<T, ZoomError> {
        let body = match body {
            Some(body) => Bytes::from(serde_json::to_vec(body).map_err(|error| Error::Ours(error.to_string()))?),
            None => Bytes::new(),
        };
        let answer = self.call_untyped(method, path, body, repeat).await?;
        json::from_value(&answer).map_err(|_| unavailable(true))
    }

    /// The call itself, which is the same code for every operation.
    async fn call_untyped(&self, method: Method, path: &str, body: Bytes, repeat: Repeat) -> Result<Value, ZoomError> {
        let label = Label::of(&method, path);
        let mut patience = Patience::until(self.deadline);
        let mut token = self.token(None).await?;
        let mut renewed = false;
        loop {
            self.keep_pace(label).await?;
            let request = request(&method, &token, path, body.clone())?;
            let limit = CALL_LIMIT.min(self.deadline.duration_since(self.ports.clock.now()));
            let response = match self.ports.send_within(limit, request).await {
                Ok(response) => response,
                Err(error) if repeat == Repeat::Safe || !error.maybe_executed => {
                    if patience.wait(&self.ports, None).await {
                        continue;
                    }
                    return Err(no_answer(&error));
                }
                Err(error) => return Err(no_answer(&error)),
            };
            let status = response.status();
            self.learn_pace(label, response.headers(), status.as_u16() == 429);
            if status.is_success() {
                let text: &[u8] = if response.body().is_empty() { b"null" } else { response.body() };
                match json::parse(text) {
                    Ok(value) => return Ok(value),
                    Err(_) if repeat == Repeat::Safe && patience.wait(&self.ports, None).await => continue,
                    Err(_) => return Err(unavailable(true)),
                }
            }
            let refusal = Refusal::read(status.as_u16(), response.body());
            if status.as_u16() == 429 {
                match Limit::read(response.headers(), &refusal, self.ports.clock.now()) {
                    Limit::Daily { until } => return Err(ZoomError::DailyLimit { until }),
                    // A refused request was not carried out, so even an add-registrant call may be sent again.
                    Limit::PerSecond { wait } if patience.wait_for_turn(&self.ports, wait).await => continue,
                    Limit::PerSecond { wait } => return Err(rate_limited(wait)),
                }
            }
            if status.is_server_error() {
                if repeat == Repeat::Safe && patience.wait(&self.ports, None).await {
                    continue;
                }
                return Err(unavailable(true));
            }
            let hash = hex_digest(token.access_token.expose().as_bytes());
            if refusal.is_bad_token() && !renewed && matches!(self.access, Access::Service(..)) {
                renewed = true;
                token = self.token(Some(hash)).await?;
                continue;
            }
            self.tell_service_problem(&refusal, hash).await;
            return Err(ZoomError::Refused(refusal));
        }
    }

    /// Calls come in bursts: each waits for a place within what Zoom says a second has.
    async fn keep_pace(&self, label: Label) -> Result<(), ZoomError> {
        if let Access::Service(service, tokens) = &self.access {
            let now = self.ports.clock.now();
            let wait = tokens.pace(service, label, |pace| pace.take(now));
            if wait > SignedDuration::ZERO && now + wait >= self.deadline {
                return Err(rate_limited(Some(wait)));
            }
            if wait > SignedDuration::ZERO {
                self.ports.clock.sleep(wait).await;
            }
        }
        Ok(())
    }

    fn learn_pace(&self, label: Label, headers: &http::HeaderMap, is_refused: bool) {
        if let Access::Service(service, tokens) = &self.access {
            tokens.pace(service, label, |pace| pace.learn(headers, is_refused, self.ports.clock.now()));
        }
    }

    /// A refusal that concerns the service as a whole is written on it, so that the console shows it (R2).
    async fn tell_service_problem(&self, refusal: &Refusal, token: String) {
        let Access::Service(service, _) = &self.access else { return };
        let Some(problem) = refusal.service_problem().filter(|_| self.tells) else { return };
        let body = ServiceProblem { problem: Some(problem), token: Some(token) };
        let path = format!("/internal/problem/{service}");
        let told: Result<serde::de::IgnoredAny, Error> =
            peers::call(&self.ports, Component::Oauth, &path, &body, SignedDuration::from_secs(5)).await;
        if told.is_err() {
            platform::log!("service.problem_not_told", service = service, code = refusal.code());
        }
    }
}

fn request(method: &Method, token: &ZoomToken, path: &str, body: Bytes) -> Result<Request<Bytes>, Error> {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("{}/v2{path}", token.api_base))
        .header(header::AUTHORIZATION, format!("Bearer {}", token.access_token.expose()))
        .header(header::ACCEPT, "application/json");
    if !body.is_empty() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    request.body(body).map_err(|error| Error::Ours(error.to_string()))
}

fn no_answer(error: &TransportError) -> ZoomError {
    unavailable(error.maybe_executed)
}

fn unavailable(ambiguous: bool) -> ZoomError {
    let problem = Problem::of(Code::ZoomUnavailable);
    ZoomError::Other(Error::Peer(PeerError { peer: Peer::Zoom, problem, retry: Retry::Soon, ambiguous }))
}

fn rate_limited(wait: Option<SignedDuration>) -> ZoomError {
    ZoomError::Other(Error::Peer(PeerError {
        peer: Peer::Zoom,
        problem: Problem::of(Code::RateLimited),
        retry: wait.map_or(Retry::Soon, Retry::After),
        ambiguous: false,
    }))
}
