//! Ports that fail by a plan.

use super::fault::{Access, Fault, RetryAfter};
use super::simulation::Simulation;
use crate::Ports;
use crate::ports::{Http, KeyValue, StoreError, TransportError};
use async_trait::async_trait;
use bytes::Bytes;
use domain::time::{Offset, SignedDuration, Timestamp, next_midnight};
use http::{Request, Response};
use serde_json::json;
use std::sync::Arc;

/// How long a request over the network takes, so that calls overlap.
const NETWORK_LATENCY: SignedDuration = SignedDuration::from_millis(40);

/// How long a call to the store takes.
const STORE_LATENCY: SignedDuration = SignedDuration::from_millis(1);

/// How long a hanging upstream takes.
const HANG_TIME: SignedDuration = SignedDuration::from_secs(30);

/// Ports over the in-memory ones of a simulation, with its faults.
pub struct FaultyPorts {
    simulation: Arc<Simulation>,
    inner: Ports,
}

impl FaultyPorts {
    /// Returns the faulty ports of one component instance in a simulation.
    pub fn of(simulation: &Arc<Simulation>) -> Ports {
        Self::over(simulation, simulation.memory.ports())
    }

    /// Returns the faulty ports of one component instance in a simulation, over other ports than the strict ones in
    /// memory.
    pub fn over(simulation: &Arc<Simulation>, inner: Ports) -> Ports {
        let faulty = Arc::new(Self { simulation: simulation.clone(), inner: inner.clone() });
        Ports { http: faulty.clone(), key_value: faulty, clock: simulation.clock(), ..inner }
    }

    /// Never completes once the process is killed; the simulation then drops the future.
    async fn live(&self) {
        if self.simulation.is_killed() {
            std::future::pending::<()>().await;
        }
    }

    async fn crash(&self) {
        self.simulation.kill();
        std::future::pending::<()>().await;
    }

    async fn execute(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        self.simulation.plan.executed(&request);
        self.inner.http.send(request).await
    }

    async fn answer(&self, fault: Fault, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let lost = |maybe_executed| Err(TransportError { reason: "no answer".to_owned(), maybe_executed });
        match fault {
            Fault::Refused => lost(false),
            Fault::DroppedBefore => lost(true),
            Fault::DroppedAfter => {
                self.execute(request).await?;
                lost(true)
            }
            Fault::Hang => {
                let answer = self.execute(request).await;
                self.simulation.sleep(HANG_TIME).await;
                answer
            }
            Fault::Late => {
                let at = self.simulation.now() + HANG_TIME;
                self.simulation.execute_at(at, request);
                self.simulation.sleep(HANG_TIME).await;
                lost(true)
            }
            Fault::TooMany(form) => Ok(self.too_many_requests(form)),
            Fault::DailyOfRegistrant => {
                let message = "You have exceeded the daily rate limit of (3) for Add a webinar registrant API requests \
                               for the registrant (x@y). You can resume these API requests at GMT 00:00:00.";
                Ok(respond(429, &[], &json!({"code": 429, "message": message}).to_string()))
            }
            Fault::DailyOfAccount => {
                let message =
                    "You have reached the maximum daily rate limit for this API. Refer to the response header.";
                let tomorrow = next_midnight(self.simulation.now(), Offset::UTC).to_string();
                let headers = [("x-ratelimit-type", "Daily-limit"), ("retry-after", tomorrow.as_str())];
                Ok(respond(429, &headers, &json!({"code": 429, "message": message}).to_string()))
            }
            Fault::MarketoCode(code) => {
                let body = json!({"requestId": "1", "success": false, "errors": [{"code": code, "message": "m"}]});
                Ok(respond(200, &[], &body.to_string()))
            }
            Fault::ErrorBefore(status) => Ok(respond(status, &[], "<html>")),
            Fault::ErrorAfter(status) => {
                self.execute(request).await?;
                Ok(respond(status, &[], "<html>"))
            }
            Fault::Malformed => {
                self.execute(request).await?;
                Ok(respond(200, &[], "{\"success\": tru"))
            }
            Fault::Empty => {
                self.execute(request).await?;
                Ok(respond(200, &[], ""))
            }
            Fault::KilledBefore | Fault::KilledAfterCountedFailure => {
                self.crash().await;
                lost(false)
            }
            Fault::KilledAfter => {
                self.execute(request).await?;
                self.crash().await;
                lost(true)
            }
            Fault::StoreErrorBefore | Fault::StoreErrorAfter => lost(false),
        }
    }

    fn too_many_requests(&self, form: RetryAfter) -> Response<Bytes> {
        let at = Timestamp::from_second(self.simulation.now().as_second() + 7).unwrap_or(Timestamp::MAX);
        let retry_after = match form {
            RetryAfter::Absent => None,
            RetryAfter::Seconds => Some("7".to_owned()),
            RetryAfter::HttpDate => Some(http_date(at)),
            RetryAfter::DateTime => Some(at.to_string()),
        };
        let mut headers: Vec<_> = retry_after.iter().map(|text| ("retry-after", text.as_str())).collect();
        // Only Zoom sends this header.
        headers.push(("x-ratelimit-type", "QPS"));
        let message = "You have reached the maximum per-second rate limit for this API. Try again later.";
        respond(429, &headers, &json!({"code": 429, "message": message}).to_string())
    }

    /// Runs a call to the store, `act`, with its fault.
    async fn store<T>(
        &self,
        access: Access,
        key: &str,
        act: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        self.live().await;
        let fault = self.simulation.plan.of_store(access, key);
        let answer = match fault {
            None => act.await,
            Some(Fault::StoreErrorBefore) => Err(StoreError("no space".to_owned())),
            Some(Fault::StoreErrorAfter) => {
                act.await?;
                Err(StoreError("no answer".to_owned()))
            }
            Some(Fault::KilledBefore) => {
                self.crash().await;
                act.await
            }
            Some(_) => {
                let answer = act.await;
                self.crash().await;
                answer
            }
        };
        self.simulation.sleep(STORE_LATENCY).await;
        answer
    }
}

#[async_trait]
impl Http for FaultyPorts {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        self.live().await;
        let answer = match self.simulation.plan.of_request(&request) {
            Some(fault) => self.answer(fault, request).await,
            None => self.execute(request).await,
        };
        self.simulation.sleep(NETWORK_LATENCY).await;
        answer
    }
}

#[async_trait]
impl KeyValue for FaultyPorts {
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

/// Returns an instant as an HTTP date (RFC 9110).
fn http_date(at: Timestamp) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = at.to_string();
    let day = DAYS[usize::try_from(at.as_second() / 86_400 % 7).unwrap_or_default()];
    let month = text[5..7].parse::<usize>().map_or("", |month| MONTHS[month - 1]);
    format!("{day}, {} {month} {} {} GMT", &text[8..10], &text[..4], &text[11..19])
}
