//! Programs and channels of the asset API.

use axum::extract::{Path, State};
use serde_json::Value;

use crate::marketo::api::envelope;
use crate::marketo::api::envelope::ApiResult;
use crate::marketo::api::request::{Params, id_in};
use crate::marketo::api_error::MarketoApiError;
use crate::marketo::state::SharedState;
use crate::support::sync::lock;

/// Page size if the request has none.
const DEFAULT_RETURN: usize = 20;
/// Largest page of the asset API.
const MAX_RETURN: usize = 200;

/// `GET /rest/asset/v1/program/{id}.json`
pub(super) async fn by_id(State(state): State<SharedState>, Path(file): Path<String>) -> ApiResult {
    let id = id_in(&file)?;
    match lock(&state.subscription).programs.get(&id) {
        Some(program) => envelope::assets(vec![program.to_asset()]),
        None => envelope::no_assets(),
    }
}

/// `GET /rest/asset/v1/channels.json?maxReturn&offset`
pub(super) async fn channels(State(state): State<SharedState>, params: Params) -> ApiResult {
    let number = |name: &str, default: usize| {
        params.get(name).map_or(Ok(default), |text| {
            text.parse::<usize>().map_err(|_| MarketoApiError::new(701, format!("{name} is not a number")))
        })
    };
    let (offset, size) = (number("offset", 0)?, number("maxReturn", DEFAULT_RETURN)?);
    if size > MAX_RETURN {
        return Err(MarketoApiError::new(701, "maxReturn may be 200 at most"));
    }
    let subscription = lock(&state.subscription);
    let shown: Vec<Value> =
        subscription.channels.values().skip(offset).take(size).map(|channel| channel.to_asset()).collect();
    if shown.is_empty() {
        return envelope::no_assets();
    }
    envelope::assets(shown)
}

/// `GET /rest/asset/v1/channel/byName.json?name`. Adobe's specification names the parameter `Name`, its guide `name`.
pub(super) async fn channel_by_name(State(state): State<SharedState>, params: Params) -> ApiResult {
    let name = params
        .get("name")
        .or_else(|| params.get("Name"))
        .ok_or_else(|| MarketoApiError::new(701, "name cannot be null"))?;
    match lock(&state.subscription).channels.get(name) {
        Some(channel) => envelope::assets(vec![channel.to_asset()]),
        None => envelope::no_assets(),
    }
}
