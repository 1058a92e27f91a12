//! Writing program members: status, data, removal; and what fields they have.

use std::collections::HashSet;

use axum::extract::{FromRequest, Path, Request, State as Extract};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::envelope::{self, Answer};
use super::member_query;
use super::request::{JsonBody, Params, is_long_get};
use crate::marketo::refusal::Refusal;
use crate::marketo::shared::{Shared, State};
use crate::marketo::world::{ChangedBy, StatusChange, World};
use crate::support::lock;

/// Most records in one call.
const MAX_RECORDS: usize = 300;

/// The body of the calls that change members.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct MemberInput {
    status_name: Option<String>,
    #[serde(default)]
    input: Vec<Map<String, Value>>,
}

/// `POST /rest/v1/programs/{id}/members/status.json`: makes members, or moves them on.
///
/// A status that the channel does not have is an error of each record: 1025 stands in Adobe's table of those.
pub(super) async fn set_status(
    Extract(state): Extract<State>,
    Path(program_id): Path<i64>,
    JsonBody(body): JsonBody<MemberInput>,
) -> Answer {
    let status = body
        .status_name
        .filter(|name| !name.is_empty())
        .ok_or_else(|| Refusal::new(1003, "statusName not specified"))?;
    let now = state.now();
    each(&state, program_id, body.input, |world, lead_id, _| {
        match world.change_status(program_id, lead_id, &status, ChangedBy::Api, now) {
            StatusChange::Created => Ok("created"),
            StatusChange::Updated => Ok("updated"),
            StatusChange::Skipped(reason) => Err(reason),
        }
    })
}

/// `POST /rest/v1/programs/{id}/members.json`: writes data, or with `_method=GET` queries.
pub(super) async fn write_or_query(
    Extract(state): Extract<State>,
    Path(program_id): Path<i64>,
    request: Request,
) -> Result<Response, Response> {
    if is_long_get(&request) {
        let params = Params::from_request(request, &state).await?;
        return member_query::run(&state, program_id, &params).map_err(IntoResponse::into_response);
    }
    let JsonBody(body) = JsonBody::<MemberInput>::from_request(request, &state).await?;
    write(&state, program_id, body).map_err(IntoResponse::into_response)
}

fn write(state: &Shared, program_id: i64, body: MemberInput) -> Answer {
    let now = state.now();
    each(state, program_id, body.input, |world, lead_id, record| {
        world.write_member(program_id, lead_id, record, now).map(|()| "updated")
    })
}

/// `POST /rest/v1/programs/{id}/members/delete.json`
pub(super) async fn delete(
    Extract(state): Extract<State>,
    Path(program_id): Path<i64>,
    JsonBody(body): JsonBody<MemberInput>,
) -> Answer {
    let now = state.now();
    each(&state, program_id, body.input, |world, lead_id, _| {
        world.remove_member(program_id, lead_id, now).map(|()| "deleted")
    })
}

/// Does something with each record and answers one result a record, in order.
fn each(
    state: &Shared,
    program_id: i64,
    input: Vec<Map<String, Value>>,
    mut change: impl FnMut(&mut World, i64, Map<String, Value>) -> Result<&'static str, Refusal>,
) -> Answer {
    if input.is_empty() {
        return Err(Refusal::new(1003, "Leads not specified"));
    }
    if input.len() > MAX_RECORDS {
        return Err(Refusal::new(1003, "Number of records exceeds the limit of 300"));
    }
    let mut world = lock(&state.world);
    known_program(&world, program_id)?;
    let mut seen = HashSet::new();
    let results = input.into_iter().enumerate().map(|(seq, mut record)| {
        let lead_id = record.remove("leadId").as_ref().and_then(Value::as_i64);
        let outcome = match lead_id {
            None => Err(Refusal::new(1003, "leadId must be a number")),
            Some(id) if !seen.insert(id) => Err(Refusal::new(1036, "Duplicate object found in input")),
            Some(id) => change(&mut world, id, record),
        };
        match outcome {
            Ok(status) => json!({"seq": seq, "leadId": lead_id, "status": status}),
            Err(reason) => json!({"seq": seq, "leadId": lead_id, "status": "skipped", "reasons": [reason]}),
        }
    });
    let results = results.collect();
    drop(world);
    envelope::results(results)
}

/// # Errors
/// 1013 when there is no such program.
pub(super) fn known_program(world: &World, program_id: i64) -> Result<(), Refusal> {
    if world.programs.contains_key(&program_id) {
        return Ok(());
    }
    Err(Refusal::new(1013, format!("Program '{program_id}' not found")))
}

/// `GET /rest/v1/programs/members/describe.json`
pub(super) async fn describe(Extract(state): Extract<State>) -> Answer {
    let world = lock(&state.world);
    let fields: Vec<Value> = world
        .all_member_fields()
        .iter()
        .map(|field| {
            json!({
                "name": field.name, "displayName": field.name, "dataType": field.data_type, "length": field.length,
                "updateable": field.updateable, "crmManaged": false,
            })
        })
        .collect();
    envelope::results(vec![json!({
        "name": "API Program Membership", "description": "Map for API program membership fields",
        "dedupeFields": ["leadId", "programId"],
        "searchableFields": [["leadId"], ["reachedSuccess"], ["statusName"]],
        "fields": fields,
    })])
}
