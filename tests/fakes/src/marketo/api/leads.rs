//! Leads: queries and Sync Leads.

use axum::extract::{FromRequest, Path, Request, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::marketo::api::envelope::ApiResult;
use crate::marketo::api::request::{JsonBody, Params, id_in, is_long_get};
use crate::marketo::api::{envelope, paging};
use crate::marketo::api_error::MarketoApiError;
use crate::marketo::state::{MarketoState, SharedState};
use crate::marketo::subscription::field::Field;
use crate::marketo::subscription::lead::{Lead, LeadDatabase, comparable};
use crate::marketo::subscription::lead_sync::LeadSync;
use crate::support::sync::lock;

/// The fields of a query that names none.
const DEFAULT_FIELDS: [&str; 6] = ["id", "updatedAt", "lastName", "email", "createdAt", "firstName"];
/// Maximum number of leads that a query may match.
const MAX_MATCHES: usize = 1_000;

/// `GET /rest/v1/leads.json`
pub(super) async fn by_filter(State(state): State<SharedState>, params: Params) -> ApiResult {
    query(&state, &params)
}

/// Executes a query, whose parameters come from the query string or from a form.
pub(super) fn query(state: &MarketoState, params: &Params) -> ApiResult {
    let filter = params.get("filterType").ok_or_else(|| MarketoApiError::new(1003, "filterType not specified"))?;
    let values = params.list("filterValues")?;
    let size = params.batch_size()?.min(state.options.max_page_size);
    let key = params.query_key();
    let after = lock(&state.paging).resume(&key, params.get("nextPageToken"))?;
    let (rows, next) = {
        let subscription = lock(&state.subscription);
        if !subscription.leads.is_searchable(filter) {
            return Err(MarketoApiError::new(1003, format!("Invalid filterType '{filter}'")));
        }
        let fields = fields(params, &subscription.leads)?;
        let index = subscription.leads.index_by(filter);
        let mut ids: Vec<i64> =
            values.iter().filter_map(|value| index.get(&comparable(&json!(value)))).flatten().copied().collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.len() > MAX_MATCHES {
            return Err(MarketoApiError::new(1003, "Too many results match the filter"));
        }
        let (ids, next) = paging::page_after(ids, |id| *id, after, size);
        let rows =
            ids.iter().filter_map(|id| subscription.leads.by_id.get(id)).map(|lead| to_json(lead, &fields)).collect();
        (rows, next)
    };
    let random = state.random_uuid();
    let token = next.map(|after| lock(&state.paging).issue(&random, key, after));
    envelope::page(rows, token)
}

/// `GET /rest/v1/lead/{id}.json`
pub(super) async fn by_id(State(state): State<SharedState>, Path(file): Path<String>, params: Params) -> ApiResult {
    let id = id_in(&file)?;
    let subscription = lock(&state.subscription);
    let fields = fields(&params, &subscription.leads)?;
    let lead = subscription
        .leads
        .by_id
        .get(&id)
        .ok_or_else(|| MarketoApiError::new(1004, format!("Lead '{id}' not found")))?;
    envelope::results(vec![to_json(lead, &fields)])
}

/// `GET /rest/v1/leads/describe2.json`
pub(super) async fn describe(State(state): State<SharedState>) -> ApiResult {
    let subscription = lock(&state.subscription);
    let fields: Vec<Value> = subscription.leads.fields.iter().map(Field::description).collect();
    envelope::results(vec![json!({"name": "API Lead", "searchableFields": [["email"], ["id"]], "fields": fields})])
}

/// `GET /rest/v1/leads/partitions.json`
pub(super) async fn partitions(State(state): State<SharedState>) -> ApiResult {
    let subscription = lock(&state.subscription);
    let partitions = subscription.leads.all_partitions();
    envelope::results(partitions.map(|(id, name)| json!({"id": id, "name": name})).collect())
}

fn fields(params: &Params, leads: &LeadDatabase) -> Result<Vec<String>, MarketoApiError> {
    if params.get("fields").is_none() {
        return Ok(DEFAULT_FIELDS.map(str::to_owned).to_vec());
    }
    params
        .list("fields")?
        .into_iter()
        .map(|name| match leads.is_readable(name) {
            true => Ok(name.to_owned()),
            false => Err(MarketoApiError::new(1006, format!("Field '{name}' not found"))),
        })
        .collect()
}

/// Returns the requested fields of a lead, and always its id.
fn to_json(lead: &Lead, fields: &[String]) -> Value {
    let mut row = Map::new();
    row.insert("id".to_owned(), json!(lead.id));
    row.extend(fields.iter().map(|name| (name.clone(), lead.value(name))));
    Value::Object(row)
}

/// `POST /rest/v1/leads.json`: a sync, or with `_method=GET` a query whose parameters are too long for a URI.
pub(super) async fn sync_or_query(State(state): State<SharedState>, request: Request) -> Result<Response, Response> {
    if is_long_get(&request) {
        let params = Params::from_request(request, &state).await?;
        return query(&state, &params).map_err(IntoResponse::into_response);
    }
    let JsonBody(body) = JsonBody::<LeadSync>::from_request(request, &state).await?;
    sync(&state, body).await.map_err(IntoResponse::into_response)
}

async fn sync(state: &MarketoState, body: LeadSync) -> ApiResult {
    let plans = body.plan(&lock(&state.subscription).leads)?;
    // Between the lookup and the write another sync can create the same lead; so duplicates arise at Marketo.
    state.runtime().sleep(state.options.sync_delay).await;
    let now = state.now();
    let results = body.apply(plans, &mut lock(&state.subscription), now);
    envelope::results(results)
}
