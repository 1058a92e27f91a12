//! Reading leads.

use axum::extract::{Path, State as Extract};
use serde_json::{Map, Value, json};

use super::envelope::{self, Answer};
use super::paging;
use super::request::{Params, id_in};
use crate::marketo::refusal::Refusal;
use crate::marketo::shared::{Shared, State};
use crate::marketo::world::{Lead, LeadDatabase, comparable};
use crate::support::lock;

/// What a query answers when it names no fields.
const DEFAULT_FIELDS: [&str; 6] = ["id", "updatedAt", "lastName", "email", "createdAt", "firstName"];
/// A query that more leads match is refused.
const MAX_MATCHES: usize = 1_000;

/// `GET /rest/v1/leads.json`
pub(super) async fn by_filter(Extract(state): Extract<State>, params: Params) -> Answer {
    query(&state, &params)
}

/// The query itself, whichever way its parameters came.
pub(super) fn query(state: &Shared, params: &Params) -> Answer {
    let filter = params.get("filterType").ok_or_else(|| Refusal::new(1003, "filterType not specified"))?;
    let values = params.list("filterValues")?;
    let size = params.batch_size()?;
    let key = params.query_key();
    let after = lock(&state.paging).resume(&key, params.get("nextPageToken"))?;
    let (rows, next) = {
        let world = lock(&state.world);
        if !world.leads.is_searchable(filter) {
            return Err(Refusal::new(1003, format!("Invalid filterType '{filter}'")));
        }
        let fields = fields(params, &world.leads)?;
        let index = world.leads.index_by(filter);
        let mut ids: Vec<i64> =
            values.iter().filter_map(|value| index.get(&comparable(&json!(value)))).flatten().copied().collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.len() > MAX_MATCHES {
            return Err(Refusal::new(1003, "Too many results match the filter"));
        }
        let (ids, next) = paging::cut(ids, |id| *id, after, size);
        let rows = ids.iter().filter_map(|id| world.leads.by_id.get(id)).map(|lead| shown(lead, &fields)).collect();
        (rows, next)
    };
    let token = next.map(|after| lock(&state.paging).issue(key, after));
    envelope::page(rows, token)
}

/// `GET /rest/v1/lead/{id}.json`
pub(super) async fn by_id(Extract(state): Extract<State>, Path(file): Path<String>, params: Params) -> Answer {
    let id = id_in(&file)?;
    let world = lock(&state.world);
    let fields = fields(&params, &world.leads)?;
    let lead = world.leads.by_id.get(&id).ok_or_else(|| Refusal::new(1004, format!("Lead '{id}' not found")))?;
    envelope::results(vec![shown(lead, &fields)])
}

fn fields(params: &Params, leads: &LeadDatabase) -> Result<Vec<String>, Refusal> {
    if params.get("fields").is_none() {
        return Ok(DEFAULT_FIELDS.map(str::to_owned).to_vec());
    }
    params
        .list("fields")?
        .into_iter()
        .map(|name| match leads.is_readable(name) {
            true => Ok(name.to_owned()),
            false => Err(Refusal::new(1006, format!("Field '{name}' not found"))),
        })
        .collect()
}

/// A lead with the fields asked for; its id always comes along.
fn shown(lead: &Lead, fields: &[String]) -> Value {
    let mut row = Map::new();
    row.insert("id".to_owned(), json!(lead.id));
    row.extend(fields.iter().map(|name| (name.clone(), lead.value(name))));
    Value::Object(row)
}
