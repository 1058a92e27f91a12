//! How many calls were made today.

use axum::extract::State as Extract;
use serde_json::json;

use super::envelope::{self, Answer};
use crate::marketo::shared::State;
use crate::support::lock;

/// `GET /rest/v1/stats/usage.json`
pub(super) async fn today(Extract(state): Extract<State>) -> Answer {
    let (date, total) = lock(&state.meters).today(state.now());
    envelope::results(vec![json!({
        "date": date, "total": total, "users": [{"userId": "zoom-bridge@example.com", "count": total}],
    })])
}
