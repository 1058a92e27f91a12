//! `POST /internal/watch`, by service chaining only: what `attendance` shows to the operator, and alerts of.

use crate::state::AppState;
use crate::store::{activity_cursor, failure_index, failures, given_up, refused_callback, slots};
use axum::extract::State;
use domain::records::{LastRegistrationSweepKey, OutboxKey};
use domain::{Error, ErrorCode, Problem};
use platform::ApiError;
use platform::http::Json;
use platform::internal_api::RegistrationWatch;
use std::sync::Arc;

/// Maximum number of failures whose records are read for their codes.
const MAX_FAILURES: usize = 500;

/// Counts what is open and what failed, by the indexes.
pub async fn show(State(state): State<Arc<AppState>>) -> Result<Json<RegistrationWatch>, ApiError> {
    Ok(Json(watch(&state).await?))
}

async fn watch(state: &AppState) -> Result<RegistrationWatch, Error> {
    let now = state.ports.clock.now();
    let open = slots::taken(state).await?;
    let indexed = failure_index::all(state).await?;
    let overdue = indexed.iter().filter_map(|(_, at)| at.filter(|at| *at <= now));
    let waiting_since = open.iter().map(|(_, slot)| slot.at).chain(overdue).min();
    let last = state.ports.store().get_readable(&LastRegistrationSweepKey {}).await?;
    let cursor = activity_cursor::read(state).await?;
    let mut watch = RegistrationWatch {
        open_chunks: open.len(),
        waiting_since,
        uncounted_failures: indexed.len().saturating_sub(MAX_FAILURES),
        unreadable: last.map(|last| last.unreadable).unwrap_or_default(),
        refused_callback: refused_callback::recent(state).await?.map(|refused| refused.origin),
        is_quota_used_up: cursor.is_some_and(|cursor| cursor.problem.as_ref().is_some_and(is_quota)),
        ..RegistrationWatch::default()
    };
    for record in failures::indexed(state, None, MAX_FAILURES).await?.records {
        if record.is_under_way(now) {
            continue;
        }
        watch.is_quota_used_up |= record.next_try.is_some_and(|at| at > now) && is_quota(&record.problem);
        count(&mut watch, record.problem.code);
    }
    let given_up = given_up::all(state).await?;
    watch.uncounted_failures += given_up.len().saturating_sub(MAX_FAILURES);
    let heads: Vec<_> = given_up.into_iter().take(MAX_FAILURES).map(|id| OutboxKey { id }).collect();
    for head in state.ports.store().get_all(&heads).await?.records {
        if let Some(problem) = head.problem {
            count(&mut watch, problem.code);
        }
    }
    Ok(watch)
}

fn is_quota(problem: &Problem) -> bool {
    problem.code == ErrorCode::MarketoQuota
}

fn count(watch: &mut RegistrationWatch, code: ErrorCode) {
    match watch.failures.iter_mut().find(|(counted, _)| *counted == code) {
        Some((_, number)) => *number += 1,
        None => watch.failures.push((code, 1)),
    }
}
