//! Fuzzing of every endpoint: whatever a request is, it gets an answer other than 500, no component traps, and the application
//! works afterwards.
//!
//! `FUZZ_REQUESTS` and `FUZZ_SEED` set the number of requests and the seed. Each request depends on the seed and its number only.

use crate::harness::random::{SeededRng, chunk, damaged, mutated, unusual_value};
use crate::harness::{App, Fixture, RawAnswer, send_raw, workspace};
use fakes::env::{ADMIN_KEY, CRON_KEY, MARKETO_API_KEY};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use futures::StreamExt;
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Client, Method, RequestBuilder, redirect};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// Number of requests, unless `FUZZ_REQUESTS` says otherwise.
const REQUESTS: u64 = 10_000;

/// The seed, unless `FUZZ_SEED` says otherwise.
const SEED: u64 = 20;

/// Number of requests that are under way at once.
const CONCURRENT: usize = 16;

/// A request without an answer after this time hangs. The application's own limit of a request is 25 seconds.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Number of requests after which what they deleted is made again, so that later ones find a service and a program.
const ROUND: u64 = 1_000;

/// Name of the service that each round signs in to.
const SERVICE: &str = "Acme Webinars";

/// One endpoint of docs/openapi.json.
struct Endpoint {
    method: Method,
    /// The path, with the names of its parameters in braces.
    path: String,
    /// The names of what authenticates the caller: `adminKey`, `marketoKey`...
    callers: Vec<String>,
}

/// Returns every endpoint that the documentation describes; a test of the repository compares it with the routers.
fn endpoints() -> Vec<Endpoint> {
    let text = std::fs::read_to_string(workspace().join("docs/openapi.json")).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let mut endpoints = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let Ok(method) = Method::from_bytes(method.to_uppercase().as_bytes()) else { continue };
            let callers = operation["security"].as_array().into_iter().flatten().filter_map(Value::as_object);
            let callers = callers.flat_map(|caller| caller.keys().cloned()).collect();
            endpoints.push(Endpoint { method, path: path.clone(), callers });
        }
    }
    assert!(endpoints.len() >= 30, "{} endpoints", endpoints.len());
    endpoints
}

struct Fuzzer {
    fixture: Fixture,
    client: Client,
    endpoints: Vec<Endpoint>,
}

/// What became of a request.
type Outcome = Result<u16, String>;

impl Fuzzer {
    /// Sends the request of a number. The error is a status 500 or a missing answer, with the request.
    async fn send(&self, seed: u64, number: u64) -> Outcome {
        let mut rng = SeededRng::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(number));
        let (what, status) = if rng.below(10) == 0 {
            let (method, target) = (rng.choose(&METHODS), odd_target(&mut rng));
            let what = format!("{method} {}", target.chars().take(120).collect::<String>());
            let sent = send_raw(self.fixture.app.address(), method, &target, &[("x-api-key", MARKETO_API_KEY)]);
            match tokio::time::timeout(TIMEOUT, sent).await {
                Ok(RawAnswer::Answered(status, _)) => (what, status),
                // The host refuses a target that is none.
                Ok(RawAnswer::Closed) => (what, 400),
                Err(_) => return Err(format!("request {number}: {what} hangs")),
            }
        } else {
            let endpoint = &self.endpoints[rng.below(self.endpoints.len())];
            let what = format!("{} {}", endpoint.method, endpoint.path);
            match self.request(endpoint, &mut rng).send().await {
                Ok(answer) => (what, answer.status().as_u16()),
                Err(error) if error.is_timeout() => return Err(format!("request {number}: {what} hangs")),
                // The server answers a body that is too large before it has all of it, and closes the connection.
                Err(error) if (error.is_request() || error.is_body()) && !error.is_connect() => (what, 413),
                Err(error) => return Err(format!("request {number}: {what}: {error}")),
            }
        };
        if status == 500 { Err(format!("request {number}: {what} is answered 500")) } else { Ok(status) }
    }

    fn request(&self, endpoint: &Endpoint, rng: &mut SeededRng) -> RequestBuilder {
        let method = match rng.below(6) {
            0 => Method::from_bytes(rng.choose(&METHODS).as_bytes()).unwrap(),
            _ => endpoint.method.clone(),
        };
        let body = self.body(&endpoint.path, rng);
        let url = format!("{}{}", self.fixture.app.url(), self.path(&endpoint.path, rng));
        let mut request = self.client.request(method, url).timeout(TIMEOUT);
        for caller in &endpoint.callers {
            request = match (rng.below(8), &**caller) {
                (0, _) => request,
                (1, _) => request.bearer_auth("wrong").header("x-api-key", "wrong"),
                (_, "adminKey") => request.bearer_auth(ADMIN_KEY),
                (_, "cronKey") => request.bearer_auth(CRON_KEY),
                (_, "marketoKey") => request.header("x-api-key", MARKETO_API_KEY),
                (_, "zoomSignature") => {
                    let (timestamp, signature) = self.fixture.app.env.zoom.sign(&body);
                    request.header("x-zm-request-timestamp", timestamp).header("x-zm-signature", signature)
                }
                _ => request,
            };
        }
        for _ in 0..rng.below(3) {
            let (name, value) = odd_header(rng);
            request = request.header(name, value);
        }
        request.body(body)
    }

    /// Returns a path of the endpoint's form, with parameters that exist, or do not, or are none.
    fn path(&self, form: &str, rng: &mut SeededRng) -> String {
        let mut path = String::new();
        for segment in form.split('/').skip(1) {
            path.push('/');
            let known = match segment {
                "{program_id}" => WEBINAR_PROGRAM.to_string(),
                "{id}" => self.fixture.service.clone(),
                _ => String::new(),
            };
            match rng.below(4) {
                _ if !segment.starts_with('{') => path.push_str(segment),
                0 => path.push_str(rng.choose(&ODD_SEGMENTS)),
                _ => path.push_str(&known),
            }
        }
        match rng.below(6) {
            0 => path.push_str(rng.choose(&ODD_QUERIES)),
            1 => path.push_str(&format!("?service={}&state=x&code=y&everywhere=true", self.fixture.service)),
            _ => {}
        }
        path
    }

    /// Returns a body of the form that the path takes, most often with something changed.
    fn body(&self, path: &str, rng: &mut SeededRng) -> Vec<u8> {
        let valid = self.valid_body(path, rng);
        let body = match rng.below(16) {
            0 => valid,
            1 => unusual_value(rng),
            2 => return (0..rng.below(300)).map(|_| u8::try_from(rng.below(256)).unwrap()).collect(),
            3 if rng.below(20) == 0 => return vec![b'['; rng.choose(&[60_000, 70_000, 1_100_000, 11_000_000])],
            _ => mutated(valid, rng),
        };
        damaged(serde_json::to_vec(&body).unwrap(), rng)
    }

    fn valid_body(&self, path: &str, rng: &mut SeededRng) -> Value {
        let (service, webinar) = (&self.fixture.service, self.fixture.webinar);
        match path {
            "/console/session" => json!({"key": rng.choose(&[ADMIN_KEY, "wrong"])}),
            "/oauth/services/{id}/users" => json!({"users": ["bob@example.com"]}),
            "/catalog/programs/{program_id}" => json!({"service": service, "webinar": webinar.to_string()}),
            "/catalog/programs/{program_id}/settings" => json!({
                "statuses": {"registered": "Registered", "attended": "Attended"}, "automatic": true, "live": true,
                "copy_zoom_registrations": true, "no_show_after_minutes": 60, "member_fields": {"minutes": "zoomMinutes"},
                "lead_partition": null,
            }),
            "/flow-step/getPicklist" => json!({"name": "webinar", "type": "flow"}),
            "/flow-step/submitAsyncAction" => {
                let mut body = chunk(&self.fixture.app.env.marketo.url());
                body["token"] = json!(format!("token {}", rng.below(1_000_000)));
                body
            }
            "/registration/webhook" => json!({
                "program_id": WEBINAR_PROGRAM, "lead_id": rng.below(50), "email": "one@example.com", "first_name": "One",
                "last_name": "Lead", "company": null, "phone": "1", "status": rng.choose(&["Registered", "Invited"]),
                "fields": {"jobTitle": "x"},
            }),
            "/registration/failures/retry" => json!({"program_id": WEBINAR_PROGRAM, "lead_ids": [1, "2"]}),
            "/registration/failures/dismiss" => json!({"chunk_id": "0".repeat(32)}),
            "/registration/trace" | "/attendance/trace" => {
                json!({"program_id": WEBINAR_PROGRAM, "email": "one@example.com"})
            }
            "/oauth/zoom-events" | "/zoom/events" => json!({
                "event": rng.choose(&EVENTS), "event_ts": 1_793_613_600_000_i64,
                "payload": {
                    "account_id": rng.choose(&["acc_1", "nobody"]), "user_id": "u", "deauthorization_time": "2020-01-01T00:00:00Z",
                    "plainToken": "abc",
                    "object": {
                        "id": webinar, "uuid": "abc==", "start_time": "2026-11-02T10:00:00Z", "practice_session": false,
                        "registrant": {"id": "r1", "email": "one@example.com", "status": "approved"},
                        "participant": {"registrant_id": "r1", "email": "one@example.com", "join_time": "2026-11-02T10:00:00Z"},
                    },
                },
            }),
            _ => json!({}),
        }
    }

    /// Signs in and connects again, whatever the requests before deleted.
    async fn restore(&mut self) {
        let Fixture { admin, webinar, .. } = &self.fixture;
        let service = admin.sign_in(SERVICE).await.unwrap();
        let connected = admin.connect(WEBINAR_PROGRAM, &service, *webinar).await.unwrap();
        connected.ok().unwrap();
        self.fixture.service = service;
    }
}

const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PURGE"];

const ODD_SEGMENTS: [&str; 12] = [
    "",
    "0",
    "-1",
    "99999999999999999999999",
    "%00",
    "%ff%fe",
    "%F0%9F%98%80",
    "..",
    "%2e%2e%2finternal%2ftick",
    "a%2Fb",
    "x%20y%0d%0a",
    "unclaimed",
];

const ODD_QUERIES: [&str; 9] = [
    "?",
    "?&&==&",
    "?service",
    "?service=%ff",
    "?state=%00&code=%00",
    "?everywhere=1",
    "?archived=maybe",
    "?service=a&service=b",
    "?limit=-1&offset=99999999999999999999&format=csv",
];

const EVENTS: [&str; 9] = [
    "webinar.started",
    "webinar.ended",
    "webinar.updated",
    "webinar.deleted",
    "webinar.registration_created",
    "webinar.participant_joined",
    "endpoint.url_validation",
    "app_deauthorized",
    "invented.event",
];

/// Returns a request target that no client would send.
fn odd_target(rng: &mut SeededRng) -> String {
    let mut target =
        rng.choose(&["/oauth", "/catalog", "/registration", "/attendance", "/flow-step", "/console", ""]).to_string();
    for _ in 0..=rng.below(5) {
        target.push('/');
        match rng.below(4) {
            0 => target.push_str(&"a".repeat(rng.below(3_000))),
            1 => target
                .push_str(rng.choose(&["internal", "programs", "services", "tick", "session", "healthz", "metrics"])),
            _ => target.push_str(rng.choose(&ODD_SEGMENTS)),
        }
    }
    if rng.below(4) == 0 {
        target.push_str(rng.choose(&ODD_QUERIES));
    }
    target
}

fn odd_header(rng: &mut SeededRng) -> (HeaderName, HeaderValue) {
    let name = rng.choose(&[
        "accept-encoding",
        "authorization",
        "content-type",
        "cookie",
        "if-none-match",
        "origin",
        "sec-fetch-site",
        "spin-client-addr",
        "x-api-key",
        "x-zm-signature",
        "x-zm-request-timestamp",
    ]);
    let value = match rng.below(8) {
        0 => HeaderValue::from_static(""),
        1 => HeaderValue::from_bytes(b"\xff\xfe \xf0\x9f\x98\x80").unwrap(),
        2 => HeaderValue::from_str(&"x".repeat(rng.below(4_000))).unwrap(),
        3 => HeaderValue::from_str(&format!("zfm_session={}; zfm_sign_in=x; ;=", "0".repeat(64))).unwrap(),
        4 => HeaderValue::from_str(&format!("v0={}", "0a".repeat(32))).unwrap(),
        5 => HeaderValue::from_static("Bearer"),
        6 => HeaderValue::from_static("same-origin"),
        _ => HeaderValue::from_static("W/\"x\", gzip;q=abc, *;q=2"),
    };
    (HeaderName::from_static(name), value)
}

/// Returns a number from the environment.
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("{name} is not a number")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_traps_hangs_or_gets_a_500() {
    let (requests, seed) = (setting("FUZZ_REQUESTS", REQUESTS), setting("FUZZ_SEED", SEED));
    println!("{requests} requests, seed {seed}");
    let fixture = Fixture::new(App::start().await).await;
    let client = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
    let mut fuzzer = Fuzzer { fixture, client, endpoints: endpoints() };
    let (mut statuses, mut failures) = (BTreeMap::new(), Vec::new());
    for round in 0..requests.div_ceil(ROUND) {
        let numbers = round * ROUND..requests.min((round + 1) * ROUND);
        let this = &fuzzer;
        let outcomes: Vec<Outcome> = futures::stream::iter(numbers.map(|number| this.send(seed, number)))
            .buffer_unordered(CONCURRENT)
            .collect()
            .await;
        for outcome in outcomes {
            match outcome {
                Ok(status) => *statuses.entry(status).or_insert(0_u64) += 1,
                Err(failure) => failures.push(failure),
            }
        }
        fuzzer.restore().await;
    }
    println!("{requests} requests, seed {seed}; answers by status: {statuses:?}; failures: {}", failures.len());
    let causes: Vec<_> = fuzzer.fixture.app.logs().into_values().flat_map(|log| causes_in(&log)).collect();
    assert!(failures.is_empty(), "seed {seed}: {failures:#?}\n{}", causes.join("\n"));
    assert_eq!(statuses.values().sum::<u64>(), requests);
    assert!(statuses[&200] > 0 && statuses[&400] > 0 && statuses[&401] > 0, "{statuses:?}");

    let lead = fuzzer.fixture.add_leads(1)[0];
    let call = fuzzer.fixture.call_webhook(WEBINAR_PROGRAM, lead).await;
    assert_eq!(call.body["outcome"], "registered", "the application works: {:?}", call.body);
    fuzzer.fixture.app.assert_no_trap();
}

/// Returns the log's lines about requests that failed.
fn causes_in(log: &str) -> Vec<String> {
    log.lines()
        .filter(|line| line.contains("request.failed") || line.contains("config.refused"))
        .map(str::to_owned)
        .collect()
}
