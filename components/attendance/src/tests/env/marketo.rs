//! A fake Marketo.

use axum::extract::{Form, FromRequest, Path, Query, Request, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};

type Shared = Arc<Mutex<FakeMarketo>>;

/// The page size of members; small, so that a few members take several pages.
const PAGE: usize = 2;

/// The leads, the members of programs, and the faults.
pub(crate) struct FakeMarketo {
    /// The fields by lead.
    pub(crate) leads: BTreeMap<u64, Map<String, Value>>,
    /// The status and registration code by program and lead.
    pub(crate) members: BTreeMap<(u64, u64), (String, String)>,
    /// The steps of the statuses.
    pub(crate) steps: HashMap<String, i64>,
    /// The fields that may not be written.
    pub(crate) read_only: HashSet<&'static str>,
    /// The leads whose status is rejected, with the code.
    pub(crate) rejected: HashMap<u64, &'static str>,
    /// The code with which all requests fail.
    pub(crate) error: Option<&'static str>,
    /// Whether the program has more members than Marketo lists.
    pub(crate) is_too_large: bool,
    /// The number of write requests that succeed; later ones fail with 611.
    pub(crate) writes_left: Option<usize>,
    /// The join links of members by lead.
    pub(crate) links: HashMap<u64, String>,
    /// The code with which all writes of custom fields fail.
    pub(crate) fields_error: Option<&'static str>,
    /// The custom fields of members by lead.
    pub(crate) fields: BTreeMap<u64, Value>,
    /// The status changes in order: lead and status.
    pub(crate) status_changes: Vec<(u64, String)>,
    /// The lead records in the order of their writes.
    pub(crate) lead_writes: Vec<Value>,
}

impl Default for FakeMarketo {
    fn default() -> Self {
        let steps = [("Invited", 10), ("Registered", 20), ("No Show", 30), ("Attended", 40)];
        Self {
            leads: BTreeMap::new(),
            members: BTreeMap::new(),
            steps: steps.map(|(name, step)| (name.to_owned(), step)).into(),
            read_only: HashSet::new(),
            rejected: HashMap::new(),
            error: None,
            is_too_large: false,
            writes_left: None,
            links: HashMap::new(),
            fields_error: None,
            fields: BTreeMap::new(),
            status_changes: Vec::new(),
            lead_writes: Vec::new(),
        }
    }
}

impl FakeMarketo {
    /// Adds a lead `{name}@x.test` that is a member of the program.
    pub(crate) fn member(&mut self, name: &str, status: &str, registrant: &str) -> u64 {
        let lead = self.lead(&format!("{name}@x.test"));
        self.members.insert((super::PROGRAM, lead), (status.to_owned(), registrant.to_owned()));
        lead
    }

    pub(crate) fn lead(&mut self, email: &str) -> u64 {
        let id = 1 + self.leads.keys().max().copied().unwrap_or(500);
        self.leads.insert(id, Map::from_iter([("email".to_owned(), email.into())]));
        id
    }

    /// Returns the leads with an address.
    pub(crate) fn with_email(&self, email: &str) -> Vec<u64> {
        let is = |fields: &Map<String, Value>| fields["email"].as_str().unwrap().eq_ignore_ascii_case(email);
        self.leads.iter().filter(|(_, fields)| is(fields)).map(|(id, _)| *id).collect()
    }

    /// Returns the status of `{name}@x.test` in a program; empty if it is not a member.
    pub(crate) fn status_in(&self, program: u64, name: &str) -> String {
        let leads = self.with_email(&format!("{name}@x.test"));
        let status = leads.iter().find_map(|lead| self.members.get(&(program, *lead)));
        status.map(|(status, _)| status.clone()).unwrap_or_default()
    }

    fn member_row(&self, lead: u64, status: &str, code: &str) -> Value {
        let link = self.links.get(&lead).map_or("", String::as_str);
        json!({"leadId": lead, "statusName": status, "registrationCode": code, "webinarUrl": link})
    }

    fn begin(&mut self, writes: bool) -> Result<(), Json<Value>> {
        if writes && let Some(left) = &mut self.writes_left {
            match left.checked_sub(1) {
                Some(less) => *left = less,
                None => return Err(refusal("611")),
            }
        }
        self.error.map_or(Ok(()), |code| Err(refusal(code)))
    }
}

fn refusal(code: &str) -> Json<Value> {
    Json(json!({"success": false, "errors": [{"code": code, "message": "no"}]}))
}

fn results(rows: Vec<Value>) -> Json<Value> {
    Json(json!({"success": true, "result": rows}))
}

pub(super) fn router(marketo: Shared) -> Router {
    let identity = async || Json(json!({"access_token": "m", "expires_in": 3600}));
    Router::new()
        .route("/identity/oauth/token", get(identity))
        .route("/rest/v1/leads.json", post(leads))
        .route("/rest/v1/programs/{id}/members.json", get(members).post(fields))
        .route("/rest/v1/programs/{id}/members/status.json", post(status))
        .with_state(marketo)
}

/// `POST leads.json`: writes leads or, with `_method=GET`, looks them up.
async fn leads(State(marketo): State<Shared>, request: Request) -> Json<Value> {
    // Lets other tasks run between the request and the answer.
    tokio::task::yield_now().await;
    if request.uri().query() == Some("_method=GET") {
        let Form(form) = Form::<HashMap<String, String>>::from_request(request, &()).await.unwrap();
        let mut marketo = marketo.lock().unwrap();
        if let Err(refused) = marketo.begin(false) {
            return refused;
        }
        let wanted: HashSet<_> = form["filterValues"].split(',').map(str::to_lowercase).collect();
        let found =
            marketo.leads.iter().filter(|(_, lead)| wanted.contains(&lead["email"].as_str().unwrap().to_lowercase()));
        return results(found.map(|(id, lead)| shown(*id, lead)).collect());
    }
    let Json(body) = Json::<Value>::from_request(request, &()).await.unwrap();
    let mut marketo = marketo.lock().unwrap();
    if let Err(refused) = marketo.begin(true) {
        return refused;
    }
    let input = body["input"].as_array().unwrap();
    match (body["action"].as_str().unwrap(), body["lookupField"].as_str().unwrap()) {
        ("createOnly", "email") => results(input.iter().map(|record| create(&mut marketo, record)).collect()),
        ("updateOnly", "id") => results(input.iter().map(|record| update(&mut marketo, record)).collect()),
        other => panic!("{other:?}"),
    }
}

fn shown(id: u64, lead: &Map<String, Value>) -> Value {
    let mut lead = Value::from(lead.clone());
    lead["id"] = id.into();
    lead
}

fn skipped(code: &str) -> Value {
    json!({"status": "skipped", "reasons": [{"code": code, "message": "no"}]})
}

fn create(marketo: &mut FakeMarketo, record: &Value) -> Value {
    let fields = record.as_object().unwrap();
    let email = record["email"].as_str().unwrap();
    if fields.keys().any(|name| marketo.read_only.contains(name.as_str())) || !email.is_ascii() {
        return skipped("1003");
    }
    if !marketo.with_email(email).is_empty() {
        return skipped("1005");
    }
    let id = marketo.lead(email);
    marketo.leads.get_mut(&id).unwrap().extend(fields.clone());
    marketo.lead_writes.push(record.clone());
    json!({"id": id, "status": "created"})
}

fn update(marketo: &mut FakeMarketo, record: &Value) -> Value {
    let mut fields = record.as_object().unwrap().clone();
    let id = fields.remove("id").unwrap().as_u64().unwrap();
    let Some(lead) = marketo.leads.get_mut(&id) else { return skipped("1004") };
    lead.extend(fields);
    marketo.lead_writes.push(record.clone());
    json!({"id": id, "status": "updated"})
}

async fn members(
    State(marketo): State<Shared>,
    Path(program): Path<u64>,
    Query(query): Query<HashMap<String, String>>,
) -> Json<Value> {
    let mut marketo = marketo.lock().unwrap();
    if let Err(refused) = marketo.begin(false) {
        return refused;
    }
    let wanted: HashSet<_> = query["filterValues"].split(',').collect();
    if query["filterType"] == "leadId" {
        let is_wanted = |lead: &u64| wanted.contains(lead.to_string().as_str());
        let found = marketo.members.iter().filter(|((of, lead), _)| *of == program && is_wanted(lead));
        return results(found.map(|((_, lead), (status, code))| marketo.member_row(*lead, status, code)).collect());
    }
    assert_eq!(query["filterType"], "statusName");
    if marketo.is_too_large {
        return refusal("1003");
    }
    let from: usize = query.get("nextPageToken").map_or(0, |token| token.parse().unwrap());
    let found: Vec<_> = marketo
        .members
        .iter()
        .filter(|((of, _), (status, _))| *of == program && wanted.contains(status.as_str()))
        .map(|((_, lead), (status, code))| marketo.member_row(*lead, status, code))
        .collect();
    let mut page = json!({"success": true, "result": found.iter().skip(from).take(PAGE).collect::<Vec<_>>()});
    if from + PAGE < found.len() {
        page["nextPageToken"] = (from + PAGE).to_string().into();
    }
    Json(page)
}

async fn fields(State(marketo): State<Shared>, Path(program): Path<u64>, Json(body): Json<Value>) -> Json<Value> {
    let mut marketo = marketo.lock().unwrap();
    if let Err(refused) = marketo.begin(true) {
        return refused;
    }
    if let Some(code) = marketo.fields_error {
        return refusal(code);
    }
    let mut rows = Vec::new();
    for record in body["input"].as_array().unwrap() {
        let lead = record["leadId"].as_u64().unwrap();
        if marketo.members.contains_key(&(program, lead)) {
            marketo.fields.insert(lead, record.clone());
            rows.push(json!({"leadId": lead, "status": "updated"}));
        } else {
            rows.push(json!({"leadId": lead, "status": "skipped", "reasons": [{"code": "1013", "message": "no"}]}));
        }
    }
    results(rows)
}

async fn status(State(marketo): State<Shared>, Path(program): Path<u64>, Json(body): Json<Value>) -> Json<Value> {
    let mut marketo = marketo.lock().unwrap();
    if let Err(refused) = marketo.begin(true) {
        return refused;
    }
    let name = body["statusName"].as_str().unwrap();
    let input = body["input"].as_array().unwrap();
    assert!(!input.is_empty());
    let mut seen = HashSet::new();
    let rows = input.iter().map(|record| {
        let lead = record["leadId"].as_u64().unwrap();
        assert!(seen.insert(lead), "lead {lead} is twice in one call");
        set_status(&mut marketo, program, lead, name)
    });
    let rows = rows.collect();
    results(rows)
}

fn set_status(marketo: &mut FakeMarketo, program: u64, lead: u64, name: &str) -> Value {
    let skipped = |code: &str| {
        let mut skipped = skipped(code);
        skipped["leadId"] = lead.into();
        skipped
    };
    if let Some(code) = marketo.rejected.get(&lead) {
        return skipped(code);
    }
    let Some(step) = marketo.steps.get(name).copied() else { return skipped("1025") };
    let (before, code) = marketo.members.get(&(program, lead)).cloned().unwrap_or_default();
    if marketo.steps.get(&before).is_some_and(|before| *before >= step) {
        return skipped("1037");
    }
    marketo.members.insert((program, lead), (name.to_owned(), code));
    marketo.status_changes.push((lead, name.to_owned()));
    json!({"leadId": lead, "status": if before.is_empty() { "created" } else { "updated" }})
}
