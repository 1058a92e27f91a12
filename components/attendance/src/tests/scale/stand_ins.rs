//! Zoom and Marketo for a very large webinar, with real page sizes and, by the simulated clock, the limits of Zoom's
//! Business plan and of Marketo.

use super::crowd::{Registrant, with_email};
use axum::extract::{Form, FromRequest, Path, Query, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::time::{SignedDuration, Timestamp};
use platform::memory::Memory;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

/// Zoom's and Marketo's largest page.
pub(super) const PAGE: usize = 300;

/// Calls within a time.
#[derive(Default)]
struct Meter(VecDeque<Timestamp>);

impl Meter {
    /// Counts a call in, and tells how many more there may be; `None` for one too many.
    fn enter(&mut self, now: Timestamp, limit: usize, window: SignedDuration) -> Option<usize> {
        while self.0.front().is_some_and(|at| now.duration_since(*at) >= window) {
            self.0.pop_front();
        }
        (self.0.len() < limit).then(|| {
            self.0.push_back(now);
            limit - self.0.len()
        })
    }
}

/// What both know, and what they were asked.
pub(super) struct StandIns {
    memory: Memory,
    pub(super) people: u64,
    /// Numbers of registrants who are absent, and of rows: list positions to people.
    rows: Vec<(u64, u64)>,
    absent: Vec<u64>,
    members: Vec<u64>,
    /// Status by lead, for those whose status changed.
    pub(super) statuses: HashMap<u64, &'static str>,
    /// Leads that were made, by the registrant's number.
    pub(super) made: HashMap<u64, u64>,
    /// Calls by kind.
    pub(super) calls: BTreeMap<&'static str, u64>,
    /// Calls that were one too many.
    pub(super) refused: u64,
    heavy: Meter,
    medium: Meter,
    marketo: Meter,
}

pub(super) type Shared = Arc<Mutex<StandIns>>;

impl StandIns {
    pub(super) fn serve(memory: &Memory, people: u64) -> Shared {
        let everybody = || (0..people).map(Registrant);
        let rows = everybody().flat_map(|one| (0..one.joins()).map(move |joined| (one.0, joined))).collect();
        let numbers = |of: fn(Registrant) -> bool| everybody().filter(|one| of(*one)).map(|one| one.0).collect();
        let stand_ins = Self {
            memory: memory.clone(),
            people,
            rows,
            absent: numbers(Registrant::is_absent),
            members: numbers(Registrant::is_through_marketo),
            statuses: HashMap::new(),
            made: HashMap::new(),
            calls: BTreeMap::new(),
            refused: 0,
            heavy: Meter::default(),
            medium: Meter::default(),
            marketo: Meter::default(),
        };
        let shared = Arc::new(Mutex::new(stand_ins));
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

    /// How many rows the report has, and how many are absent and members.
    pub(super) fn sizes(&self) -> (usize, usize, usize) {
        (self.rows.len(), self.absent.len(), self.members.len())
    }

    fn count(&mut self, call: &'static str) {
        *self.calls.entry(call).or_default() += 1;
    }

    fn zoom(&mut self, call: &'static str, is_heavy: bool) -> Result<[(&'static str, String); 3], Response> {
        let now = self.memory.ports().clock.now();
        let (meter, limit, label) =
            if is_heavy { (&mut self.heavy, 40, "Heavy") } else { (&mut self.medium, 60, "Medium") };
        let left = meter.enter(now, limit, SignedDuration::from_secs(1));
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
            (http::StatusCode::TOO_MANY_REQUESTS, headers(0), qps, Json(body)).into_response()
        })
    }

    fn marketo(&mut self, call: &'static str) -> Result<(), Json<Value>> {
        let now = self.memory.ports().clock.now();
        self.count(call);
        match self.marketo.enter(now, 100, SignedDuration::from_secs(20)) {
            Some(_) => Ok(()),
            None => {
                self.refused += 1;
                Err(Json(json!({"success": false, "errors": [{"code": "606", "message": "Max rate limit exceeded"}]})))
            }
        }
    }

    fn lead_of(&self, one: Registrant) -> Option<u64> {
        if one.has_lead() { Some(one.lead()) } else { self.made.get(&one.0).copied() }
    }
}

fn lock(shared: &Shared) -> MutexGuard<'_, StandIns> {
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
    let start = Timestamp::from_second(super::crowd::START).to_string();
    Json(json!({"webinars": [{"uuid": "run==", "start_time": start}]})).into_response()
}

async fn report(State(shared): State<Shared>, Path(_): Path<String>, parameters: Parameters) -> Response {
    let mut all = lock(&shared);
    let headers = match all.zoom("zoom report", true) {
        Ok(headers) => headers,
        Err(refused) => return refused,
    };
    page("participants", &all.rows, |(one, joined)| Registrant(*one).row(*joined), &parameters, headers)
}

async fn absentees(State(shared): State<Shared>, Path(_): Path<String>, parameters: Parameters) -> Response {
    let mut all = lock(&shared);
    match all.zoom("zoom absentees", true) {
        Ok(headers) => page("registrants", &all.absent, |one| Registrant(*one).listed(), &parameters, headers),
        Err(refused) => refused,
    }
}

async fn registrants(State(shared): State<Shared>, Path(_): Path<u64>, parameters: Parameters) -> Response {
    let mut all = lock(&shared);
    let everybody: Vec<_> = (0..all.people).collect();
    match all.zoom("zoom registrants", false) {
        Ok(headers) => page("registrants", &everybody, |one| Registrant(*one).listed(), &parameters, headers),
        Err(refused) => refused,
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
    if let Err(refused) = all.marketo(if is_update { "marketo leads updated" } else { "marketo leads made" }) {
        return refused;
    }
    let rows: Vec<_> = input.iter().map(|record| write(&mut all, record, is_update)).collect();
    Json(json!({"success": true, "result": rows}))
}

fn write(all: &mut StandIns, record: &Value, is_update: bool) -> Value {
    if is_update {
        return json!({"id": record["id"].as_u64().unwrap(), "status": "updated"});
    }
    let one = with_email(record["email"].as_str().unwrap());
    if all.lead_of(one).is_some() {
        return json!({"status": "skipped", "reasons": [{"code": "1005", "message": "Lead already exists"}]});
    }
    assert_eq!(record["lastName"], format!("Last{}", one.0));
    let lead = 9_000_000 + one.0;
    all.made.insert(one.0, lead);
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
