//! Reading program members.

use std::collections::HashSet;

use axum::extract::{Path, State as Extract};
use serde_json::{Map, Value, json};

use super::envelope::{self, Answer};
use super::members::known_program;
use super::paging;
use super::request::Params;
use crate::marketo::refusal::Refusal;
use crate::marketo::shared::{Shared, State};
use crate::marketo::world::{Member, World};
use crate::support::lock;

/// What a query answers when it names no fields.
const DEFAULT_FIELDS: [&str; 5] = ["acquiredBy", "leadId", "membershipDate", "programId", "reachedSuccess"];

/// `GET /rest/v1/programs/{id}/members.json`
pub(super) async fn query(Extract(state): Extract<State>, Path(program_id): Path<i64>, params: Params) -> Answer {
    run(&state, program_id, &params)
}

/// The query itself, whichever way its parameters came.
pub(super) fn run(state: &Shared, program_id: i64, params: &Params) -> Answer {
    let filter = params.get("filterType").ok_or_else(|| Refusal::new(1003, "filterType not specified"))?;
    let values = params.list("filterValues")?;
    let size = params.batch_size()?;
    let key = format!("{program_id} {}", params.query_key());
    let after = lock(&state.paging).resume(&key, params.get("nextPageToken"))?;
    let (rows, next) = {
        let world = lock(&state.world);
        known_program(&world, program_id)?;
        let fields = fields(params, &world)?;
        let members = matching(&world, program_id, filter, &values)?;
        let (members, next) = paging::cut(members, |member| member.lead_id, after, size);
        let rows = members.iter().enumerate().map(|(seq, member)| shown(&world, seq, member, &fields)).collect();
        (rows, next)
    };
    let token = next.map(|after| lock(&state.paging).issue(key, after));
    envelope::page(rows, token)
}

/// The members of a program that a filter lets through, by lead id.
fn matching<'w>(world: &'w World, program_id: i64, filter: &str, values: &[&str]) -> Result<Vec<&'w Member>, Refusal> {
    let value_of: fn(&Member) -> String = match filter {
        "leadId" => |member| member.lead_id.to_string(),
        "statusName" => |member| member.status_name.clone(),
        "reachedSuccess" => |member| member.reached_success.to_string(),
        _ => return Err(Refusal::new(1003, format!("Invalid filterType '{filter}'"))),
    };
    let wanted: HashSet<String> = values.iter().map(|value| value.to_lowercase()).collect();
    Ok(world
        .members
        .range((program_id, i64::MIN)..=(program_id, i64::MAX))
        .map(|(_, member)| member)
        .filter(|member| wanted.contains(&value_of(member).to_lowercase()))
        .collect())
}

fn fields(params: &Params, world: &World) -> Result<Vec<String>, Refusal> {
    if params.get("fields").is_none() {
        return Ok(DEFAULT_FIELDS.map(str::to_owned).to_vec());
    }
    params
        .list("fields")?
        .into_iter()
        .map(|name| match world.member_field(name) {
            Some(field) => Ok(field.name),
            None => Err(Refusal::new(1006, format!("Field '{name}' not found"))),
        })
        .collect()
}

/// A member with exactly the fields asked for, and its place in the page.
fn shown(world: &World, seq: usize, member: &Member, fields: &[String]) -> Value {
    let mut row = Map::new();
    row.insert("seq".to_owned(), json!(seq));
    row.extend(fields.iter().map(|name| (name.clone(), world.member_value(member, name))));
    Value::Object(row)
}
