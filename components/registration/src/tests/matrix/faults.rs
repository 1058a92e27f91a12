//! Ports that fail as a case says, and note what Zoom gets to see.

use super::case::{Call, Callee, Case, Effect, Lasting, RetryAfter};
use super::timeline::Timeline;
use async_trait::async_trait;
use bytes::Bytes;
use domain::time::{SignedDuration, Timestamp, UtcDay};
use futures::FutureExt;
use http::{Request, Response};
use platform::Ports;
use platform::memory::Memory;
use platform::ports::{Clock, Http, KeyValue, StoreError, TransportError};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// An answer over the network takes this long, so that calls overlap.
const OVER_THE_NETWORK: SignedDuration = SignedDuration::from_millis(40);

/// The store takes this long.
const TO_THE_STORE: SignedDuration = SignedDuration::from_millis(1);

/// What a hanging peer takes.
const HANG: SignedDuration = SignedDuration::from_secs(30);

/// The fault of a case, and what came of it.
pub(super) struct Faults {
    case: Case,
    memory: Memory,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// No fault strikes while this is so.
    is_paused: bool,
    is_killed: bool,
    is_primed: bool,
    seen: u32,
    began: Option<Timestamp>,
    /// Requests that are carried out later.
    late: Vec<(Timestamp, Request<Bytes>)>,
    /// Add calls by folded address and day, as Zoom counts them.
    counted: HashMap<(String, UtcDay), u32>,
    /// Add calls that were carried out, by folded address.
    added: HashMap<String, u32>,
}

impl Faults {
    pub(super) fn new(case: Case, memory: &Memory) -> Self {
        Self { case, memory: memory.clone(), state: Mutex::default() }
    }

    /// Ports over the same world, with the faults in between.
    pub(super) fn ports(self: &Arc<Self>, timeline: &Arc<Timeline>) -> Ports {
        let inner = self.memory.ports();
        let faulty = Arc::new(Faulty { faults: self.clone(), timeline: timeline.clone(), inner: inner.clone() });
        Ports { http: faulty.clone(), key_value: faulty, clock: timeline.clone(), ..inner }
    }

    pub(super) fn pause(&self, is_paused: bool) {
        self.state.lock().unwrap().is_paused = is_paused;
    }

    pub(super) fn is_killed(&self) -> bool {
        self.state.lock().unwrap().is_killed
    }

    /// A new process.
    pub(super) fn start(&self) {
        self.state.lock().unwrap().is_killed = false;
    }

    pub(super) fn has_struck(&self) -> bool {
        self.state.lock().unwrap().began.is_some()
    }

    pub(super) fn next_late(&self) -> Option<Timestamp> {
        self.state.lock().unwrap().late.iter().map(|(at, _)| *at).min()
    }

    /// Carries out what has to happen until an instant.
    pub(super) fn carry_out_late(&self, until: Timestamp) {
        let mut state = self.state.lock().unwrap();
        let (due, later) = std::mem::take(&mut state.late).into_iter().partition(|(at, _)| *at <= until);
        state.late = later;
        drop(state);
        for (_, request) in due {
            self.note_added(&request);
            let answer = self.memory.ports().http.send(request).now_or_never();
            assert!(answer.is_some(), "the stand-ins answer at once");
        }
    }

    /// The most add calls that Zoom counted for one address on one day.
    pub(super) fn most_adds_a_day(&self) -> u32 {
        self.state.lock().unwrap().counted.values().copied().max().unwrap_or_default()
    }

    /// How many add calls were carried out for an address.
    pub(super) fn added(&self, email: &str) -> u32 {
        self.state.lock().unwrap().added.get(&email.to_lowercase()).copied().unwrap_or_default()
    }

    /// What befalls a call now.
    fn strike(&self, call: Call) -> Option<Effect> {
        let now = self.memory.ports().clock.now();
        let mut state = self.state.lock().unwrap();
        if state.is_paused {
            return None;
        }
        if call == Call::Add && !state.is_primed {
            state.is_primed = true;
            if self.case.primer.is_some() {
                return self.case.primer;
            }
        }
        if call != self.case.call {
            return None;
        }
        state.seen += 1;
        if state.seen == self.case.nth {
            state.began = Some(now);
            return Some(self.case.effect);
        }
        let lasts = state.began.is_some_and(|began| now < began + self.case.length());
        (lasts && self.case.lasting != Lasting::Once).then_some(self.case.effect)
    }

    fn note_counted(&self, request: &Request<Bytes>, effect: Option<Effect>) {
        if is_add(request) && effect.is_none_or(Effect::counts_at_zoom) {
            let day = self.memory.ports().clock.now().utc_day();
            *self.state.lock().unwrap().counted.entry((address(request), day)).or_default() += 1;
        }
    }

    fn note_added(&self, request: &Request<Bytes>) {
        if is_add(request) {
            *self.state.lock().unwrap().added.entry(address(request)).or_default() += 1;
        }
    }

    fn kill(&self) {
        self.state.lock().unwrap().is_killed = true;
    }
}

fn is_add(request: &Request<Bytes>) -> bool {
    Call::of_request(request.method(), request.uri()) == Some(Call::Add)
}

fn address(request: &Request<Bytes>) -> String {
    let body: Value = serde_json::from_slice(request.body()).unwrap();
    body["email"].as_str().unwrap().to_lowercase()
}

struct Faulty {
    faults: Arc<Faults>,
    timeline: Arc<Timeline>,
    inner: Ports,
}

impl Faulty {
    /// A dead process does nothing any more; whoever runs it drops it.
    async fn live(&self) {
        if self.faults.is_killed() {
            std::future::pending::<()>().await;
        }
    }

    async fn die(&self) {
        self.faults.kill();
        std::future::pending::<()>().await;
    }

    async fn carry_out(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        self.faults.note_added(&request);
        self.inner.http.send(request).await
    }

    async fn answer(
        &self,
        effect: Effect,
        callee: Callee,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, TransportError> {
        let lost = |maybe_executed| Err(TransportError { reason: "no answer".to_owned(), maybe_executed });
        match effect {
            Effect::Refused => lost(false),
            Effect::DroppedBefore => lost(true),
            Effect::DroppedAfter => {
                self.carry_out(request).await?;
                lost(true)
            }
            Effect::Hang => {
                let answer = self.carry_out(request).await;
                self.timeline.sleep(HANG).await;
                answer
            }
            Effect::Late => {
                let at = self.timeline.now() + HANG;
                self.faults.state.lock().unwrap().late.push((at, request));
                self.timeline.sleep(HANG).await;
                lost(true)
            }
            Effect::TooMany(form) => Ok(self.too_many(form, callee)),
            Effect::DailyOfRegistrant => {
                let message = "You have exceeded the daily rate limit of (3) for Add a webinar registrant API requests \
                               for the registrant (x@y). You can resume these API requests at GMT 00:00:00.";
                Ok(respond(429, &[], &json!({"code": 429, "message": message}).to_string()))
            }
            Effect::DailyOfAccount => {
                let message =
                    "You have reached the maximum daily rate limit for this API. Refer to the response header.";
                let headers = [("x-ratelimit-type", "Daily-limit"), ("retry-after", "2026-11-03T00:00:00Z")];
                Ok(respond(429, &headers, &json!({"code": 429, "message": message}).to_string()))
            }
            Effect::Code(code) => {
                let body = json!({"requestId": "1", "success": false, "errors": [{"code": code, "message": "m"}]});
                Ok(respond(200, &[], &body.to_string()))
            }
            Effect::ErrorBefore(status) => Ok(respond(status, &[], "<html>")),
            Effect::ErrorAfter(status) => {
                self.carry_out(request).await?;
                Ok(respond(status, &[], "<html>"))
            }
            Effect::Malformed => {
                self.carry_out(request).await?;
                Ok(respond(200, &[], "{\"success\": tru"))
            }
            Effect::Empty => {
                self.carry_out(request).await?;
                Ok(respond(200, &[], ""))
            }
            Effect::KilledBefore | Effect::KilledInVain => {
                self.die().await;
                lost(false)
            }
            Effect::KilledAfter => {
                self.carry_out(request).await?;
                self.die().await;
                lost(true)
            }
            Effect::StoreErrorBefore | Effect::StoreErrorAfter => unreachable!("no request meets it"),
        }
    }

    fn too_many(&self, form: RetryAfter, callee: Callee) -> Response<Bytes> {
        let at = Timestamp::from_second(self.timeline.now().as_second() + 7);
        let asked = match form {
            RetryAfter::Absent => None,
            RetryAfter::Seconds => Some("7".to_owned()),
            RetryAfter::HttpDate => Some(http_date(at)),
            RetryAfter::DateTime => Some(at.to_string()),
        };
        let mut headers: Vec<_> = asked.iter().map(|asked| ("retry-after", asked.as_str())).collect();
        if callee == Callee::Zoom {
            headers.push(("x-ratelimit-type", "QPS"));
        }
        let message = "You have reached the maximum per-second rate limit for this API. Try again later.";
        respond(429, &headers, &json!({"code": 429, "message": message}).to_string())
    }

    /// What a store call does. `act` carries it out.
    async fn store<T>(
        &self,
        call: Option<Call>,
        act: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        self.live().await;
        let effect = call.and_then(|call| self.faults.strike(call));
        let answer = match effect {
            None => act.await,
            Some(Effect::StoreErrorBefore) => Err(StoreError("no space".to_owned())),
            Some(Effect::StoreErrorAfter) => {
                act.await?;
                Err(StoreError("no answer".to_owned()))
            }
            Some(Effect::KilledBefore) => {
                self.die().await;
                act.await
            }
            Some(_) => {
                let answer = act.await;
                self.die().await;
                answer
            }
        };
        self.timeline.sleep(TO_THE_STORE).await;
        answer
    }
}

#[async_trait]
impl Http for Faulty {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        self.live().await;
        let call = Call::of_request(request.method(), request.uri());
        let effect = call.and_then(|call| self.faults.strike(call));
        self.faults.note_counted(&request, effect);
        let answer = match (effect, call) {
            (Some(effect), Some(call)) => self.answer(effect, call.callee(), request).await,
            _ => self.carry_out(request).await,
        };
        self.timeline.sleep(OVER_THE_NETWORK).await;
        answer
    }
}

#[async_trait]
impl KeyValue for Faulty {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.store(Call::of_get(key), self.inner.key_value.get(key)).await
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), StoreError> {
        self.store(Call::of_set(key), self.inner.key_value.set(key, value)).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.store(Call::of_delete(key), self.inner.key_value.delete(key)).await
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.store(None, self.inner.key_value.keys(prefix)).await
    }
}

fn respond(status: u16, headers: &[(&str, &str)], body: &str) -> Response<Bytes> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(Bytes::from(body.to_owned())).unwrap()
}

/// As RFC 9110 has it. The cases play in November 2026.
fn http_date(at: Timestamp) -> String {
    let text = at.to_string();
    let day: usize = text[8..10].parse().unwrap();
    assert!(text.starts_with("2026-11-"), "{text}");
    let weekday = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][(day - 1) % 7];
    format!("{weekday}, {day:02} Nov 2026 {} GMT", &text[11..19])
}
