//! `POST /attendance/trace`: when one person was in the webinar. The address comes in the body, so that no log has it,
//! and is looked up by its hash.

use crate::person::PersonKey;
use crate::state::AppState;
use crate::store::checkpoint::{List, PageStore, PresenceRow, run_state_key};
use axum::extract::State;
use domain::time::Timestamp;
use domain::{Email, Error, ErrorCode, ProgramId, Sensitive};
use platform::auth::AdminAuth;
use platform::http::Json;
use platform::{ApiError, JsonBody};
use serde::{Deserialize, Serialize};

/// Body of `POST /attendance/trace`.
#[derive(Debug, Deserialize)]
pub(crate) struct TraceRequest {
    program_id: ProgramId,
    email: Sensitive,
}

/// Answer of `POST /attendance/trace`. All fields are null for a person who did not attend, and before the first
/// complete run.
#[derive(Debug, Default, Serialize)]
pub(crate) struct TraceView {
    joined_at: Option<Timestamp>,
    left_at: Option<Timestamp>,
    minutes: Option<i64>,
}

pub(crate) async fn show(
    _: AdminAuth,
    State(state): State<AppState>,
    JsonBody(request): JsonBody<TraceRequest>,
) -> Result<Json<TraceView>, ApiError> {
    let program = request.program_id;
    let email = Email::parse(request.email.expose())
        .ok_or_else(|| ApiError::invalid("The field email is not an e-mail address."))?;
    let connection = state.ports.connections().find(program).await?.ok_or(ErrorCode::ProgramNotConnected)?;
    let run_state = state.store().get(&run_state_key(program)).await?;
    let run_state = run_state.filter(|run_state| run_state.webinar == connection.snapshot.id);
    let Some((generation, pages)) = run_state.and_then(|run_state| run_state.presences) else {
        return Ok(Json(TraceView::default()));
    };
    let store = PageStore::new(&state, program, List::Presences, generation);
    let key = PersonKey::email(&email);
    for number in 0..pages {
        let Some(page) = store.get::<PresenceRow>(number).await.map_err(Error::from)? else { break };
        if let Some(row) = page.rows.iter().find(|row| row.key == key) {
            return Ok(Json(TraceView {
                joined_at: Timestamp::from_second(row.presence.from).ok(),
                left_at: Timestamp::from_second(row.presence.to).ok(),
                minutes: Some(row.presence.seconds / 60),
            }));
        }
    }
    Ok(Json(TraceView::default()))
}
