//! Activities: paging tokens and pages. Marketo shows an activity some time after it happened, a page covers a number of
//! activities of all types and has those that match, and each answer has a token for what comes later.

use axum::extract::State;
use axum::response::IntoResponse;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::marketo::api::envelope::{self, ApiResult};
use crate::marketo::api::request::Params;
use crate::marketo::api_error::MarketoApiError;
use crate::marketo::state::{MarketoState, SharedState};
use crate::marketo::subscription::activity::{Activity, ActivityType};
use crate::marketo::subscription::contents::Subscription;
use crate::support::sync::lock;

/// Maximum number of activity types of a query.
const MAX_TYPES: usize = 10;

/// `GET /rest/v1/activities/pagingtoken.json`
pub(super) async fn paging_token(State(state): State<SharedState>, params: Params) -> ApiResult {
    let since: Timestamp = params
        .required("sinceDatetime")?
        .parse()
        .map_err(|_| MarketoApiError::new(1003, "sinceDatetime must be a datetime"))?;
    let after = {
        let subscription = lock(&state.subscription);
        let earlier = subscription.activities.iter().take_while(|activity| activity.at < since);
        earlier.last().map_or(0, |activity| activity.id)
    };
    let token = issue(&state, after);
    Ok(axum::Json(json!({"requestId": envelope::request_id(), "success": true, "nextPageToken": token}))
        .into_response())
}

/// `GET /rest/v1/activities.json`
pub(super) async fn query(State(state): State<SharedState>, params: Params) -> ApiResult {
    let token = params.required("nextPageToken")?;
    let types = numbers(&params, "activityTypeIds")?
        .ok_or_else(|| MarketoApiError::new(1003, "activityTypeIds not specified"))?;
    if types.len() > MAX_TYPES {
        return Err(MarketoApiError::new(1003, "activityTypeIds may have 10 values at most"));
    }
    let assets = numbers(&params, "assetIds")?;
    if assets.is_some() && types.len() != 1 {
        return Err(MarketoApiError::new(1003, "assetIds requires a single activity type"));
    }
    let size = params.batch_size()?.min(state.options.max_page_size);
    let after = resume(&state, token)?;
    let now = state.now();
    let (rows, last, has_more) = {
        let subscription = lock(&state.subscription);
        let delay = SignedDuration::try_from(state.options.activity_delay).unwrap_or_default();
        let is_visible = |activity: &&Activity| activity.at + delay <= now;
        let start = subscription.activities.partition_point(|activity| activity.id <= after);
        let mut rest = subscription.activities[start..].iter().take_while(is_visible);
        let scanned: Vec<_> = rest.by_ref().take(size).collect();
        let is_match = |activity: &Activity| {
            let is_asset = |ids: &Vec<i64>| activity.program_id.is_some_and(|program| ids.contains(&program));
            types.contains(&i64::from(activity.type_id))
                && assets.as_ref().is_none_or(is_asset)
                && !subscription.hidden_activities.contains(&activity.id)
        };
        let matches = scanned.iter().filter(|activity| is_match(activity));
        let rows: Vec<Value> = matches.map(|activity| to_json(&subscription, activity)).collect();
        (rows, scanned.last().map_or(after, |activity| activity.id), rest.next().is_some())
    };
    let token = issue(&state, last);
    envelope::activities(rows, &token, has_more)
}

fn numbers(params: &Params, name: &str) -> Result<Option<Vec<i64>>, MarketoApiError> {
    if params.get(name).is_none() {
        return Ok(None);
    }
    let wrong = |_| MarketoApiError::new(1003, format!("{name} must be numbers"));
    params.list(name)?.into_iter().map(|id| id.parse().map_err(wrong)).collect::<Result<_, _>>().map(Some)
}

/// Issues a token for the activities after an id.
fn issue(state: &MarketoState, after: i64) -> String {
    let random = state.random_uuid();
    lock(&state.paging).issue(&random, format!("activities {}", state.now()), after)
}

/// Returns the id after which a token continues.
///
/// # Errors
/// Returns 1003 for a token that was not issued, or is too old.
fn resume(state: &MarketoState, token: &str) -> Result<i64, MarketoApiError> {
    let invalid = || MarketoApiError::new(1003, "Invalid nextPageToken");
    let (of, after) = lock(&state.paging).find(token).ok_or_else(invalid)?;
    let issued: Timestamp = of.strip_prefix("activities ").and_then(|at| at.parse().ok()).ok_or_else(invalid)?;
    let lifetime = SignedDuration::try_from(state.options.activity_token_lifetime).unwrap_or(SignedDuration::MAX);
    if state.now().duration_since(issued) > lifetime {
        return Err(invalid());
    }
    Ok(after)
}

/// Returns an activity as the API shows it. Subscriptions on the newer activity service have no `id`.
fn to_json(subscription: &Subscription, activity: &Activity) -> Value {
    let program = activity.program_id.and_then(|id| subscription.programs.get(&id));
    let mut row = json!({
        "marketoGUID": activity.id.to_string(), "leadId": activity.lead_id, "activityDate": activity.at,
        "activityTypeId": activity.type_id, "primaryAttributeValueId": activity.program_id,
        "primaryAttributeValue": program.map(|program| &program.name), "attributes": attributes(subscription, activity),
    });
    if activity.id % 2 == 0 {
        row["id"] = json!(activity.id);
    }
    row
}

fn attributes(subscription: &Subscription, activity: &Activity) -> Value {
    let pair = |name: &str, value: Value| json!({"name": name, "value": value});
    if activity.kind != ActivityType::ChangeProgramStatus {
        return activity
            .attributes
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| pair(name, value.clone()))
            .collect();
    }
    let member = activity.program_id.and_then(|program| subscription.members.get(&(program, activity.lead_id)));
    json!([
        pair("Acquired By", json!(false)),
        pair("New Status", activity.attributes["new"].clone()),
        pair("Old Status", json!(activity.text("old"))),
        pair("Program Member ID", json!(member.map(|member| member.id))),
        pair("Reason", json!("")),
        pair("Success", json!(member.is_some_and(|member| member.reached_success))),
    ])
}
