//! Programs and channels of the asset API.

use axum::extract::{Path, State as Extract};
use serde_json::Value;

use super::envelope::{self, Answer};
use super::request::{Params, id_in};
use crate::marketo::refusal::Refusal;
use crate::marketo::shared::State;
use crate::support::lock;

/// Page size when none is asked for.
const DEFAULT_RETURN: usize = 20;
/// Largest page of the asset API.
const MAX_RETURN: usize = 200;

/// `GET /rest/asset/v1/program/{id}.json`
pub(super) async fn by_id(Extract(state): Extract<State>, Path(file): Path<String>) -> Answer {
    let id = id_in(&file)?;
    match lock(&state.world).programs.get(&id) {
        Some(program) => envelope::assets(vec![program.to_asset()]),
        None => envelope::no_assets(),
    }
}

/// `GET /rest/asset/v1/channels.json?maxReturn&offset`
pub(super) async fn channels(Extract(state): Extract<State>, params: Params) -> Answer {
    let number = |name: &str, default: usize| {
        params.get(name).map_or(Ok(default), |text| {
            text.parse::<usize>().map_err(|_| Refusal::new(701, format!("{name} is not a number")))
        })
    };
    let (offset, size) = (number("offset", 0)?, number("maxReturn", DEFAULT_RETURN)?);
    if size > MAX_RETURN {
        return Err(Refusal::new(701, "maxReturn may be 200 at most"));
    }
    let world = lock(&state.world);
    let shown: Vec<Value> = world.channels.values().skip(offset).take(size).map(|channel| channel.to_asset()).collect();
    if shown.is_empty() {
        return envelope::no_assets();
    }
    envelope::assets(shown)
}

/// `GET /rest/asset/v1/channel/byName.json?name`; Adobe's description writes `Name`, its guide `name`.
pub(super) async fn channel_by_name(Extract(state): Extract<State>, params: Params) -> Answer {
    let name =
        params.get("name").or_else(|| params.get("Name")).ok_or_else(|| Refusal::new(701, "name cannot be null"))?;
    match lock(&state.world).channels.get(name) {
        Some(channel) => envelope::assets(vec![channel.to_asset()]),
        None => envelope::no_assets(),
    }
}
