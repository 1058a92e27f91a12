//! The My Tokens of a program. The asset API takes forms, never JSON.

use axum::extract::{Path, State as Extract};
use serde_json::json;

use super::envelope::{self, Answer};
use super::request::Params;
use crate::marketo::refusal::Refusal;
use crate::marketo::shared::State;
use crate::marketo::world::{MyTokenType, Program, World};
use crate::support::lock;

/// `GET /rest/asset/v1/folder/{id}/tokens.json?folderType=Program`
pub(super) async fn list(Extract(state): Extract<State>, Path(id): Path<i64>, params: Params) -> Answer {
    let mut world = lock(&state.world);
    let program = program(&mut world, id, params.get("folderType"))?;
    if program.my_tokens.is_empty() {
        return envelope::no_assets();
    }
    envelope::assets(vec![program.tokens_to_asset()])
}

/// `POST /rest/asset/v1/folder/{id}/tokens.json`: creates a token or replaces its value.
pub(super) async fn set(Extract(state): Extract<State>, Path(id): Path<i64>, params: Params) -> Answer {
    let kind = kind(params.required("type")?)?;
    let (name, value) = (params.required("name")?, params.required("value")?);
    let folder_type = params.required("folderType")?;
    let now = state.now();
    let mut world = lock(&state.world);
    let program = program(&mut world, id, Some(folder_type))?;
    program.set_token(name, kind, value, now)?;
    envelope::assets(vec![program.tokens_to_asset()])
}

/// `POST /rest/asset/v1/folder/{id}/tokens/delete.json`
pub(super) async fn delete(Extract(state): Extract<State>, Path(id): Path<i64>, params: Params) -> Answer {
    let kind = kind(params.required("type")?)?;
    let name = params.required("name")?;
    let folder_type = params.required("folderType")?;
    let now = state.now();
    let mut world = lock(&state.world);
    let program = program(&mut world, id, Some(folder_type))?;
    if program.my_tokens.get(name).is_none_or(|token| token.kind != kind) {
        return Err(Refusal::new(702, "Token not found"));
    }
    program.my_tokens.remove(name);
    program.updated_at = now;
    envelope::assets(vec![json!({"id": id})])
}

/// The program whose tokens are meant. Folders that are no programs do not exist here.
fn program<'w>(world: &'w mut World, id: i64, folder_type: Option<&str>) -> Result<&'w mut Program, Refusal> {
    world
        .programs
        .get_mut(&id)
        .filter(|_| folder_type == Some("Program"))
        .ok_or_else(|| Refusal::new(702, format!("Folder '{id}' not found")))
}

fn kind(text: &str) -> Result<MyTokenType, Refusal> {
    serde_json::from_value(json!(text)).map_err(|_| Refusal::new(701, "Invalid token type"))
}
