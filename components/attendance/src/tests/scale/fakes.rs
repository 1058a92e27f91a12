//! Fakes of Zoom and Marketo for a very large webinar, with real page sizes and, in simulated time, the rate limits of
//! Zoom's Business plan and of Marketo.

use super::people::{Registrant, with_email};
use axum::extract::{Form, FromRequest, Path, Query, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::time::{SignedDuration, Timestamp};
use platform::testing::in_memory::InMemoryPorts;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

/// The maximum page size of Zoom and of Marketo.
pub(super) const PAGE: usize = 300;

/// The calls within a window.
#[derive(Default)]
struct RateLimit(VecDeque<Timestamp>);

impl RateLimit {
    /// Admits a call and returns how many more are allowed; `None` if the limit is exceeded.
    fn admit(&mut self, now: Timestamp, limit: usize, window: SignedDuration) -> Option<usize> {
        while self.0.front().is_some_and(|at| now.duration_since(*at) >= window) {
            self.0.pop_front();
        }
        (self.0.len() < limit).then(|| {
            self.0.push_back(now);
            limit - self.0.len()
        })
    }
}

/// The state of both fakes, and the calls they received.
pub(super) struct Fakes {
    memory: InMemoryPorts,
    pub(super) people: u64,
    /// The rows of the report: registrant and ordinal of the join.
    rows: Vec<(u64, u64)>,
    absent: Vec<u64>,
    members: Vec<u64>,
    /// The changed statuses by lead.
    pub(super) statuses: HashMap<u64, &'static str>,
    /// The created leads by registrant.
    pub(super) created: HashMap<u64, u64>,
    /// The number of calls by kind.
    pub(super) calls: BTreeMap<&'static str, u64>,
    /// The number of calls that exceeded a limit.
    pub(super) refused: u64,
    heavy: RateLimit,
    medium: RateLimit,
    marketo: RateLimit,
}

pub(super) type Shared = Arc<Mutex<Fakes>>;

impl Fakes {
    pub(super) fn serve(memory: &InMemoryPorts, people: u64) -> Shared {
        let all = || (0..people).map(Registrant);
        let rows = all().flat_map(|one| (0..one.joins()).map(move |joined| (one.0, joined))).collect();
        let numbers = |of: fn(Registrant) -> bool| all().filter(|one| of(*one)).map(|one| one.0).collect();
        let fakes = Self {
            memory: memory.clone(),
            people,
            rows,
            absent: numbers(Registrant::is_absent),
            members: numbers(Registrant::is_through_marketo),
            statuses: HashMap::new(),
            created: HashMap::new(),
            calls: BTreeMap::new(),
            refused: 0,
            heavy: RateLimit::default(),
            medium: RateLimit::default(),
            marketo: RateLimit::default(),
        };
        let shared = Arc::new(Mutex::new(fakes));
        let zoom = Router::new()
            .route("/v2/past_webinars/{id}/instances", get(instances))
            .route("/v2/report/webinars/{uuid}/participants", get(report))
            .route("/v2/past_webinars/{uuid}/absentees", get(absentees))
            .route("/v2/webinars/{id}/registrants", get(registrants))
            .with_state(shared.clone());
        let identity = async || Json(json!({"access_token": "m", "expires_in": 3600}));
        let marketo = Router::new()
            .route("/identity/oauth/token", get(identity))
            .route("/rest/v1/leads.json", post(leads))
            .route("/rest/v1/programs/{id}/members.json", get(members))
            .route("/rest/v1/programs/{id}/members/status.json", post(status))
            .with_state(shared.clone());
        memory.serve("zoom.test", zoom);
        memory.serve("marketo.test", marketo);
        shared
    }

    /// Returns the number of rows, absentees and members.
    pub(super) fn sizes(&self) -> (usize, usize, usize) {
        (self.rows.len(), self.absent.len(), self.members.len())
    }

    fn count(&mut self, call: &'static str) {
        *self.calls.entry(call).or_default() += 1;
    }

    fn zoom(&mut self, call: &'static str, is_heavy: bool) -> Result<[(&'static str, String); 3], Box<Response>> {
        let now = self.memory.ports().clock.now();
        let (meter, limit, label) =
            if is_heavy { (&mut self.heavy, 40, "Heavy") } else { (&mut self.medium, 60, "Medium") };
        let left = meter.admit(now, limit, SignedDuration::from_secs(1));
        self.count(call);
        let headers = |left: usize| {
            [
                ("x-ratelimit-category", label.to_owned()),
                ("x-ratelimit-limit", limit.to_string()),
                ("x-ratelimit-remaining", left.to_string()),
            ]
        };
        let qps = [("x-ratelimit-type", "QPS")];
        left.map(headers).ok_or_else(|| {
            self.refused += 1;
            let body = json!({"code": 429, "message": "You have reached the maximum per-second rate limit"});
            Box::new((http::StatusCode::TOO_MANY_REQUESTS, headers(0), qps, Json(body)).into_response())
        })
    }

    fn marketo(&mut self, call: &'static str) -> Result<(), Json<Value>> {
        let now = self.memory.ports().clock.now();
        self.count(call);
        match self.marketo.admit(now, 100, SignedDuration::from_secs(20)) {
            Some(_) => Ok(()),
            None => {
                self.refused += 1;
                Err(Json(json!({"success": false, "errors": [{"code": "606", "message": "Max rate limit exceeded"}]})))
            }
        }
    }

    fn lead_of(&self, one: Registrant) -> Option<u64> {
        if one.has_lead() { Some(one.lead()) } else { self.created.get(&one.0).copied() }
    }
}

fn lock(shared: &Shared) -> MutexGuard<'_, Fakes> {
    shared.lock().unwrap()
}

type Parameters = Query<HashMap<String, String>>;

fn page<T>(
    name: &str,
    all: &[T],
    show: impl Fn(&T) -> Value,
    parameters: &Parameters,
    headers: [(&'static str, String); 3],
) -> Response {
    assert_eq!(parameters["page_size"], PAGE.to_string());
    let from: usize = parameters.get("next_page_token").map_or(0, |token| token.parse().unwrap());
    let next = if from + PAGE < all.len() { (from + PAGE).to_string() } else { String::new() };
    let shown: Vec<_> = all.iter().skip(from).take(PAGE).map(show).collect();
    let body = json!({name: shown, "next_page_token": next, "total_records": all.len(), "page_size": PAGE});
    (headers, [("x-ratelimit-type", "QPS")], Json(body)).into_response()
}

async fn instances(State(shared): State<Shared>, Path(_): Path<u64>) -> Response {
    lock(&shared).count("zoom instances");
    let start = Timestamp::from_second(super::people::START).unwrap().to_string();
    Json(json!({"webinars": [{"uuid": "run==", "start_time": start}]})).into_response()
}

async fn report(State(shared): State<Shared>, Path(_): Path<String>, parameters: Parameters) -> Response {
    let mut all = lock(&shared);
    let headers = match all.zoom("zoom report", true) {
        Ok(headers) => headers,
        Err(refused) => return *refused,
    };
    page("participants", &all.rows, |(one, joined)| Registrant(*one).row(*joined), &parameters, headers)
}

async fn absentees(State(shared): State<Shared>, Path(_): Path<String>, parameters: Parameters) -> Response {
    let mut all = lock(&shared);
    match all.zoom("zoom absentees", true) {
        Ok(headers) => page("registrants", &all.absent, |one| Registrant(*one).listed(), &parameters, headers),
        Err(refused) => *refused,
    }
}

async fn registrants(State(shared): State<Shared>, Path(_): Path<u64>, parameters: Parameters) -> Response {
    let mut all = lock(&shared);
    let people = if parameters["status"] == "approved" { all.people } else { 0 };
    let registrants: Vec<_> = (0..people).collect();
    match all.zoom("zoom registrants", false) {
        Ok(headers) => page("registrants", &registrants, |one| Registrant(*one).listed(), &parameters, headers),
        Err(refused) => *refused,
    }
}

async fn leads(State(shared): State<Shared>, request: Request) -> Json<Value> {
    if request.uri().query() == Some("_method=GET") {
        let Form(form) = Form::<HashMap<String, String>>::from_request(request, &()).await.unwrap();
        let mut all = lock(&shared);
        if let Err(refused) = all.marketo("marketo leads found") {
            return refused;
        }
        let found = form["filterValues"].split(',').map(with_email);
        let found: Vec<_> = found
            .filter_map(|one| Some(json!({"id": all.lead_of(one)?, "email": one.email(), "firstName": "Known"})))
            .collect();
        return Json(json!({"success": true, "result": found}));
    }
    let Json(body) = Json::<Value>::from_request(request, &()).await.unwrap();
    let input = body["input"].as_array().unwrap();
    assert!(!input.is_empty() && input.len() <= PAGE);
    let mut all = lock(&shared);
    let is_update = body["action"] == "updateOnly";
    if let Err(refused) = all.marketo(if is_update { "marketo leads updated" } else { "marketo leads created" }) {
        return refused;
    }
    let rows: Vec<_> = input.iter().map(|record| write(&mut all, record, is_update)).collect();
    Json(json!({"success": true, "result": rows}))
}

fn write(all: &mut Fakes, record: &Value, is_update: bool) -> Value {
    if is_update {
        return json!({"id": record["id"].as_u64().unwrap(), "status": "updated"});
    }
    let one = with_email(record["email"].as_str().unwrap());
    if all.lead_of(one).is_some() {
        return json!({"status": "skipped", "reasons": [{"code": "1005", "message": "Lead already exists"}]});
    }
    assert_eq!(record["lastName"], format!("Last{}", one.0));
    let lead = 9_000_000 + one.0;
    all.created.insert(one.0, lead);
    json!({"id": lead, "status": "created"})
}

async fn members(State(shared): State<Shared>, Query(query): Parameters) -> Json<Value> {
    let mut all = lock(&shared);
    if let Err(refused) = all.marketo("marketo members") {
        return refused;
    }
    assert_eq!(query["batchSize"], PAGE.to_string());
    let from: usize = query.get("nextPageToken").map_or(0, |token| token.parse().unwrap());
    let member = |one: &u64| {
        let one = Registrant(*one);
        let status = all.statuses.get(&one.lead()).copied().unwrap_or("Registered");
        json!({"leadId": one.lead(), "statusName": status, "registrationCode": one.id(),
            "webinarUrl": format!("https://zoom.test/w/9?tk={}", one.id())})
    };
    let shown: Vec<_> = all.members.iter().skip(from).take(PAGE).map(member).collect();
    let mut page = json!({"success": true, "result": shown});
    if from + PAGE < all.members.len() {
        page["nextPageToken"] = (from + PAGE).to_string().into();
    }
    Json(page)
}

async fn status(State(shared): State<Shared>, Json(body): Json<Value>) -> Json<Value> {
    let mut all = lock(&shared);
    if let Err(refused) = all.marketo("marketo statuses") {
        return refused;
    }
    let name = match body["statusName"].as_str().unwrap() {
        "Attended" => "Attended",
        "No Show" => "No Show",
        other => panic!("{other}"),
    };
    let input = body["input"].as_array().unwrap();
    assert!(!input.is_empty() && input.len() <= PAGE);
    let mut rows = Vec::new();
    for record in input {
        let lead = record["leadId"].as_u64().unwrap();
        let before = all.statuses.insert(lead, name);
        assert_eq!(before, None, "lead {lead} is set twice");
        rows.push(json!({"leadId": lead, "status": "updated"}));
    }
    Json(json!({"success": true, "result": rows}))
}
