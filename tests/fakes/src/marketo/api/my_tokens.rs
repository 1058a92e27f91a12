//! The My Tokens of a program. The asset API accepts forms, not JSON.

use axum::extract::{Path, State};
use serde_json::json;

use crate::marketo::api::envelope;
use crate::marketo::api::envelope::ApiResult;
use crate::marketo::api::request::Params;
use crate::marketo::api_error::MarketoApiError;
use crate::marketo::state::SharedState;
use crate::marketo::subscription::contents::Subscription;
use crate::marketo::subscription::program::{MyTokenType, Program};
use crate::support::sync::lock;

/// `GET /rest/asset/v1/folder/{id}/tokens.json?folderType=Program`
pub(super) async fn list(State(state): State<SharedState>, Path(id): Path<i64>, params: Params) -> ApiResult {
    let mut subscription = lock(&state.subscription);
    let program = program(&mut subscription, id, params.get("folderType"))?;
    if program.my_tokens.is_empty() {
        return envelope::no_assets();
    }
    envelope::assets(vec![program.tokens_to_asset()])
}

/// `POST /rest/asset/v1/folder/{id}/tokens.json`: creates a token or replaces its value.
pub(super) async fn set(State(state): State<SharedState>, Path(id): Path<i64>, params: Params) -> ApiResult {
    let kind = kind(params.required("type")?)?;
    let (name, value) = (params.required("name")?, params.required("value")?);
    let folder_type = params.required("folderType")?;
    let now = state.now();
    let mut subscription = lock(&state.subscription);
    let program = program(&mut subscription, id, Some(folder_type))?;
    program.set_token(name, kind, value, now)?;
    envelope::assets(vec![program.tokens_to_asset()])
}

/// `POST /rest/asset/v1/folder/{id}/tokens/delete.json`
pub(super) async fn delete(State(state): State<SharedState>, Path(id): Path<i64>, params: Params) -> ApiResult {
    let kind = kind(params.required("type")?)?;
    let name = params.required("name")?;
    let folder_type = params.required("folderType")?;
    let now = state.now();
    let mut subscription = lock(&state.subscription);
    let program = program(&mut subscription, id, Some(folder_type))?;
    if program.my_tokens.get(name).is_none_or(|token| token.kind != kind) {
        return Err(MarketoApiError::new(702, "Token not found"));
    }
    program.my_tokens.remove(name);
    program.updated_at = now;
    envelope::assets(vec![json!({"id": id})])
}

/// Returns the program of a folder id. The fake has no folders other than programs.
fn program<'w>(
    subscription: &'w mut Subscription,
    id: i64,
    folder_type: Option<&str>,
) -> Result<&'w mut Program, MarketoApiError> {
    subscription
        .programs
        .get_mut(&id)
        .filter(|_| folder_type == Some("Program"))
        .ok_or_else(|| MarketoApiError::new(702, format!("Folder '{id}' not found")))
}

fn kind(text: &str) -> Result<MyTokenType, MarketoApiError> {
    serde_json::from_value(json!(text)).map_err(|_| MarketoApiError::new(701, "Invalid token type"))
}
