//! Ports that fail as a script says.

use super::effect::{Effect, RetryAfter};
use super::{Access, Rehearsal};
use crate::Ports;
use crate::ports::{Http, KeyValue, StoreError, TransportError};
use async_trait::async_trait;
use bytes::Bytes;
use domain::time::{SignedDuration, Timestamp};
use http::{Request, Response};
use serde_json::json;
use std::sync::Arc;

/// An answer over the network takes this long, so that calls overlap.
const OVER_THE_NETWORK: SignedDuration = SignedDuration::from_millis(40);

/// The store takes this long.
const TO_THE_STORE: SignedDuration = SignedDuration::from_millis(1);

/// What a hanging peer takes.
const HANG: SignedDuration = SignedDuration::from_secs(30);

pub(super) struct Faulty {
    pub(super) rehearsal: Arc<Rehearsal>,
    pub(super) inner: Ports,
}

impl Faulty {
    /// A dead process does nothing any more; whoever runs it drops it.
    async fn live(&self) {
        if self.rehearsal.is_killed() {
            std::future::pending::<()>().await;
        }
    }

    async fn die(&self) {
        self.rehearsal.kill();
        std::future::pending::<()>().await;
    }

    async fn carry_out(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        self.rehearsal.script.carried_out(&request);
        self.inner.http.send(request).await
    }

    async fn answer(&self, effect: Effect, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
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
                self.rehearsal.sleep(HANG).await;
                answer
            }
            Effect::Late => {
                let at = self.rehearsal.now() + HANG;
                self.rehearsal.carry_out_at(at, request);
                self.rehearsal.sleep(HANG).await;
                lost(true)
            }
            Effect::TooMany(form) => Ok(self.too_many(form)),
            Effect::DailyOfRegistrant => {
                let message = "You have exceeded the daily rate limit of (3) for Add a webinar registrant API requests \
                               for the registrant (x@y). You can resume these API requests at GMT 00:00:00.";
                Ok(respond(429, &[], &json!({"code": 429, "message": message}).to_string()))
            }
            Effect::DailyOfAccount => {
                let message =
                    "You have reached the maximum daily rate limit for this API. Refer to the response header.";
                let tomorrow = self.rehearsal.now().next_midnight(SignedDuration::ZERO).to_string();
                let headers = [("x-ratelimit-type", "Daily-limit"), ("retry-after", tomorrow.as_str())];
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
            Effect::StoreErrorBefore | Effect::StoreErrorAfter => lost(false),
        }
    }

    fn too_many(&self, form: RetryAfter) -> Response<Bytes> {
        let at = Timestamp::from_second(self.rehearsal.now().as_second() + 7);
        let asked = match form {
            RetryAfter::Absent => None,
            RetryAfter::Seconds => Some("7".to_owned()),
            RetryAfter::HttpDate => Some(http_date(at)),
            RetryAfter::DateTime => Some(at.to_string()),
        };
        let mut headers: Vec<_> = asked.iter().map(|asked| ("retry-after", asked.as_str())).collect();
        // Zoom's; others do not mind.
        headers.push(("x-ratelimit-type", "QPS"));
        let message = "You have reached the maximum per-second rate limit for this API. Try again later.";
        respond(429, &headers, &json!({"code": 429, "message": message}).to_string())
    }

    /// What a store call does. `act` carries it out.
    async fn store<T>(
        &self,
        access: Access,
        key: &str,
        act: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        self.live().await;
        let effect = self.rehearsal.script.of_store(access, key);
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
        self.rehearsal.sleep(TO_THE_STORE).await;
        answer
    }
}

#[async_trait]
impl Http for Faulty {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        self.live().await;
        let answer = match self.rehearsal.script.of_request(&request) {
            Some(effect) => self.answer(effect, request).await,
            None => self.carry_out(request).await,
        };
        self.rehearsal.sleep(OVER_THE_NETWORK).await;
        answer
    }
}

#[async_trait]
impl KeyValue for Faulty {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.store(Access::Get, key, self.inner.key_value.get(key)).await
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), StoreError> {
        self.store(Access::Set, key, self.inner.key_value.set(key, value)).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.store(Access::Delete, key, self.inner.key_value.delete(key)).await
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.store(Access::List, prefix, self.inner.key_value.keys(prefix)).await
    }
}

fn respond(status: u16, headers: &[(&str, &str)], body: &str) -> Response<Bytes> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    let body = Bytes::from(body.to_owned());
    response.body(body).unwrap_or_default()
}

/// As RFC 9110 has it.
fn http_date(at: Timestamp) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = at.to_string();
    let day = DAYS[usize::try_from(at.as_second() / 86_400 % 7).unwrap_or_default()];
    let month = text[5..7].parse::<usize>().map_or("", |month| MONTHS[month - 1]);
    format!("{day}, {} {month} {} {} GMT", &text[8..10], &text[..4], &text[11..19])
}
