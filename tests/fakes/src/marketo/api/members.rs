//! Program members: status, data, removal, queries, and the list of their fields.

use std::collections::HashSet;

use axum::extract::{FromRequest, Path, Request, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::marketo::api::envelope::ApiResult;
use crate::marketo::api::request::{JsonBody, Params, is_long_get};
use crate::marketo::api::{envelope, paging};
use crate::marketo::api_error::MarketoApiError;
use crate::marketo::state::{MarketoState, SharedState};
use crate::marketo::subscription::contents::Subscription;
use crate::marketo::subscription::field::Field;
use crate::marketo::subscription::member::{ChangedBy, Member, StatusChange};
use crate::support::sync::lock;

/// Maximum number of records in one call.
const MAX_RECORDS: usize = 300;

/// The body of calls that change members.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct MemberInput {
    status_name: Option<String>,
    #[serde(default)]
    input: Vec<Map<String, Value>>,
}

/// `POST /rest/v1/programs/{id}/members/status.json`: adds members or changes their status.
///
/// A status that the channel does not have is an error of each record, because Adobe lists 1025 as a record-level
/// error.
pub(super) async fn set_status(
    State(state): State<SharedState>,
    Path(program_id): Path<i64>,
    JsonBody(body): JsonBody<MemberInput>,
) -> ApiResult {
    let status = body
        .status_name
        .filter(|name| !name.is_empty())
        .ok_or_else(|| MarketoApiError::new(1003, "statusName not specified"))?;
    let now = state.now();
    for_each_record(&state, program_id, body.input, |subscription, lead_id, _| {
        match subscription.change_status(program_id, lead_id, &status, ChangedBy::Api, now) {
            StatusChange::Created => Ok("created"),
            StatusChange::Updated => Ok("updated"),
            StatusChange::Skipped(reason) => Err(reason),
        }
    })
}

/// `POST /rest/v1/programs/{id}/members.json`: writes data, or with `_method=GET` executes a query.
pub(super) async fn write_or_query(
    State(state): State<SharedState>,
    Path(program_id): Path<i64>,
    request: Request,
) -> Result<Response, Response> {
    if is_long_get(&request) {
        let params = Params::from_request(request, &state).await?;
        return run_query(&state, program_id, &params).map_err(IntoResponse::into_response);
    }
    let JsonBody(body) = JsonBody::<MemberInput>::from_request(request, &state).await?;
    write(&state, program_id, body).map_err(IntoResponse::into_response)
}

fn write(state: &MarketoState, program_id: i64, body: MemberInput) -> ApiResult {
    let now = state.now();
    for_each_record(state, program_id, body.input, |subscription, lead_id, record| {
        subscription.write_member(program_id, lead_id, record, now).map(|()| "updated")
    })
}

/// `POST /rest/v1/programs/{id}/members/delete.json`
pub(super) async fn delete(
    State(state): State<SharedState>,
    Path(program_id): Path<i64>,
    JsonBody(body): JsonBody<MemberInput>,
) -> ApiResult {
    let now = state.now();
    for_each_record(&state, program_id, body.input, |subscription, lead_id, _| {
        subscription.remove_member(program_id, lead_id, now).map(|()| "deleted")
    })
}

/// Applies a change to each record. Returns one result per record, in order.
fn for_each_record(
    state: &MarketoState,
    program_id: i64,
    input: Vec<Map<String, Value>>,
    mut change: impl FnMut(&mut Subscription, i64, Map<String, Value>) -> Result<&'static str, MarketoApiError>,
) -> ApiResult {
    if input.is_empty() {
        return Err(MarketoApiError::new(1003, "Leads not specified"));
    }
    if input.len() > MAX_RECORDS {
        return Err(MarketoApiError::new(1003, "Number of records exceeds the limit of 300"));
    }
    let mut subscription = lock(&state.subscription);
    known_program(&subscription, program_id)?;
    let mut seen = HashSet::new();
    let results = input.into_iter().enumerate().map(|(seq, mut record)| {
        let lead_id = record.remove("leadId").as_ref().and_then(Value::as_i64);
        let outcome = match lead_id {
            None => Err(MarketoApiError::new(1003, "leadId must be a number")),
            Some(id) if !seen.insert(id) => Err(MarketoApiError::new(1036, "Duplicate object found in input")),
            Some(id) => change(&mut subscription, id, record),
        };
        match outcome {
            Ok(status) => json!({"seq": seq, "leadId": lead_id, "status": status}),
            Err(reason) => json!({"seq": seq, "leadId": lead_id, "status": "skipped", "reasons": [reason]}),
        }
    });
    let results = results.collect();
    drop(subscription);
    envelope::results(results)
}

/// Checks that a program exists.
///
/// # Errors
/// Returns 1013 if there is no such program.
pub(super) fn known_program(subscription: &Subscription, program_id: i64) -> Result<(), MarketoApiError> {
    if subscription.programs.contains_key(&program_id) {
        return Ok(());
    }
    Err(MarketoApiError::new(1013, format!("Program '{program_id}' not found")))
}

/// `GET /rest/v1/programs/members/describe.json`
pub(super) async fn describe(State(state): State<SharedState>) -> ApiResult {
    let subscription = lock(&state.subscription);
    let fields: Vec<Value> = subscription.all_member_fields().iter().map(Field::description).collect();
    envelope::results(vec![json!({
        "name": "API Program Membership", "description": "Map for API program membership fields",
        "dedupeFields": ["leadId", "programId"],
        "searchableFields": [["leadId"], ["reachedSuccess"], ["statusName"]],
        "fields": fields,
    })])
}

/// The fields of a query that names none.
const DEFAULT_FIELDS: [&str; 5] = ["acquiredBy", "leadId", "membershipDate", "programId", "reachedSuccess"];

/// `GET /rest/v1/programs/{id}/members.json`
pub(super) async fn query(State(state): State<SharedState>, Path(program_id): Path<i64>, params: Params) -> ApiResult {
    run_query(&state, program_id, &params)
}

/// Executes a query, whose parameters come from the query string or from a form.
fn run_query(state: &MarketoState, program_id: i64, params: &Params) -> ApiResult {
    let filter = params.get("filterType").ok_or_else(|| MarketoApiError::new(1003, "filterType not specified"))?;
    let values = params.list("filterValues")?;
    let size = params.batch_size()?.min(state.options.max_page_size);
    let key = format!("{program_id} {}", params.query_key());
    let after = lock(&state.paging).resume(&key, params.get("nextPageToken"))?;
    let (rows, next) = {
        let subscription = lock(&state.subscription);
        known_program(&subscription, program_id)?;
        let fields = fields(params, &subscription)?;
        if filter != "leadId" && subscription.members_of(program_id).count() > state.options.member_list_limit {
            return Err(MarketoApiError::new(1003, "The program has too many members to list"));
        }
        let members = matching(&subscription, program_id, filter, &values)?;
        let (members, next) = paging::page_after(members, |member| member.lead_id, after, size);
        let rows =
            members.iter().enumerate().map(|(seq, member)| to_json(&subscription, seq, member, &fields)).collect();
        (rows, next)
    };
    let random = state.random_uuid();
    let token = next.map(|after| lock(&state.paging).issue(&random, key, after));
    envelope::page(rows, token)
}

/// Returns the members of a program that match a filter, by lead id.
fn matching<'w>(
    subscription: &'w Subscription,
    program_id: i64,
    filter: &str,
    values: &[&str],
) -> Result<Vec<&'w Member>, MarketoApiError> {
    let value_of: fn(&Member) -> String = match filter {
        "leadId" => |member| member.lead_id.to_string(),
        "statusName" => |member| member.status_name.clone(),
        "reachedSuccess" => |member| member.reached_success.to_string(),
        _ => return Err(MarketoApiError::new(1003, format!("Invalid filterType '{filter}'"))),
    };
    let wanted: HashSet<String> = values.iter().map(|value| value.to_lowercase()).collect();
    Ok(subscription.members_of(program_id).filter(|member| wanted.contains(&value_of(member).to_lowercase())).collect())
}

fn fields(params: &Params, subscription: &Subscription) -> Result<Vec<String>, MarketoApiError> {
    if params.get("fields").is_none() {
        return Ok(DEFAULT_FIELDS.map(str::to_owned).to_vec());
    }
    params
        .list("fields")?
        .into_iter()
        .map(|name| match subscription.member_field(name) {
            Some(field) => Ok(field.name),
            None => Err(MarketoApiError::new(1006, format!("Field '{name}' not found"))),
        })
        .collect()
}

/// Returns the requested fields of a member, and its index in the page.
fn to_json(subscription: &Subscription, seq: usize, member: &Member, fields: &[String]) -> Value {
    let mut row = Map::new();
    row.insert("seq".to_owned(), json!(seq));
    row.extend(fields.iter().map(|name| (name.clone(), subscription.member_value(member, name))));
    Value::Object(row)
}
