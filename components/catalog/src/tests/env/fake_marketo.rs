//! A fake Marketo: programs, channels and My Tokens, each answer in Marketo's envelope.

use axum::extract::{Path, Query, State};
use axum::routing::get;
use axum::{Form, Json, Router};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

type Shared = Arc<Mutex<FakeMarketo>>;

/// The fake Marketo's state.
pub(crate) struct FakeMarketo {
    pub(crate) programs: HashMap<u64, Value>,
    pub(crate) channels: HashMap<String, Value>,
    /// Type and value of every My Token by name, shared by all programs.
    pub(crate) tokens: BTreeMap<String, (String, String)>,
    /// Names of tokens in the order of the writes.
    pub(crate) written: Vec<String>,
    pub(crate) calls: usize,
    /// The error code of every answer.
    pub(crate) error_code: Option<&'static str>,
}

impl Default for FakeMarketo {
    fn default() -> Self {
        let statuses = [("Invited", 10), ("Registered", 20), ("No Show", 30), ("Attended", 40)];
        let statuses = statuses.map(|(name, step)| json!({"name": name, "step": step}));
        let channel = json!({"name": "Webinar", "applicableProgramType": "webinar", "progressionStatuses": statuses});
        let plain = json!({"name": "Content", "applicableProgramType": "program", "progressionStatuses": []});
        Self {
            programs: HashMap::from([
                (1001, json!({"id": 1001, "name": "Autumn", "type": "Event with Webinar", "channel": "Webinar"})),
                (1002, json!({"id": 1002, "name": "Paper", "type": "Default", "channel": "Content"})),
                (1003, json!({"id": 1003, "name": "Winter", "type": "Event with Webinar", "channel": "Webinar"})),
            ]),
            channels: HashMap::from([("Webinar".to_owned(), channel), ("Content".to_owned(), plain)]),
            tokens: BTreeMap::new(),
            written: Vec::new(),
            calls: 0,
            error_code: None,
        }
    }
}

pub(super) fn router(marketo: Shared) -> Router {
    let identity = async || Json(json!({"access_token": "m", "expires_in": 3600}));
    Router::new()
        .route("/identity/oauth/token", get(identity))
        .route("/rest/asset/v1/program/{file}", get(program))
        .route("/rest/asset/v1/channel/byName.json", get(channel))
        .route("/rest/v1/programs/members/describe.json", get(describe))
        .route("/rest/asset/v1/folder/{id}/tokens.json", get(tokens).post(set_token))
        .with_state(marketo)
}

/// Answers an asset call and counts it. An empty result is a success with a warning, as at Marketo.
fn answer(marketo: &mut FakeMarketo, result: impl FnOnce(&mut FakeMarketo) -> Option<Value>) -> Json<Value> {
    marketo.calls += 1;
    if let Some(code) = marketo.error_code {
        return Json(json!({"success": false, "errors": [{"code": code, "message": "no"}]}));
    }
    Json(match result(marketo) {
        Some(asset) => json!({"success": true, "errors": [], "result": [asset]}),
        None => json!({"success": true, "errors": [], "warnings": ["No assets found for the given search criteria."]}),
    })
}

async fn program(State(marketo): State<Shared>, Path(file): Path<String>) -> Json<Value> {
    let id: u64 = file.strip_suffix(".json").unwrap().parse().unwrap();
    answer(&mut marketo.lock().unwrap(), |marketo| marketo.programs.get(&id).cloned())
}

async fn describe(State(marketo): State<Shared>) -> Json<Value> {
    let field = |(name, updateable)| json!({"name": name, "dataType": "string", "updateable": updateable});
    let fields = [("leadId", false), ("webinarUrl", true), ("zoomMinutes", true), ("zoomJoined", true)].map(field);
    answer(&mut marketo.lock().unwrap(), |_| Some(json!({"name": "API Program Membership", "fields": fields})))
}

async fn channel(State(marketo): State<Shared>, Query(query): Query<HashMap<String, String>>) -> Json<Value> {
    answer(&mut marketo.lock().unwrap(), |marketo| marketo.channels.get(&query["name"]).cloned())
}

async fn tokens(State(marketo): State<Shared>) -> Json<Value> {
    answer(&mut marketo.lock().unwrap(), |marketo| {
        let row =
            |(name, (kind, value)): (&String, &(String, String))| json!({"name": name, "type": kind, "value": value});
        let tokens: Vec<_> = marketo.tokens.iter().map(row).collect();
        (!tokens.is_empty()).then(|| json!({"tokens": tokens}))
    })
}

async fn set_token(State(marketo): State<Shared>, Form(form): Form<HashMap<String, String>>) -> Json<Value> {
    assert_eq!(form["folderType"], "Program");
    answer(&mut marketo.lock().unwrap(), |marketo| {
        marketo.written.push(form["name"].clone());
        marketo.tokens.insert(form["name"].clone(), (form["type"].clone(), form["value"].clone()));
        Some(json!({"tokens": []}))
    })
}
