//! `POST /attendance/tick`: the periodic tick of the whole application. The platform's scheduler calls it about every
//! minute. A tick ends after 25 seconds ([`platform::retry::RUN_TIMEOUT`], through [`AppState::deadline`]) and is safe to
//! run twice at once. A missed tick delays its work to the next one.

use crate::jobs::live_worker;
use crate::jobs::sweep;
use crate::jobs::worker::{self, Task, WorkResult};
use crate::state::AppState;
use crate::store::signals;
use axum::extract::State;
use domain::time::{SignedDuration, Timestamp};
use futures::join;
use platform::ApiError;
use platform::auth::CronAuth;
use platform::http::Json;
use platform::internal_api::{self, Component, TickReport, TickRequest};
use serde::Serialize;

/// How long before the tick's own deadline the other components must have answered, so that the tick can still answer.
const ANSWER_MARGIN: SignedDuration = SignedDuration::from_secs(1);

/// Maximum duration of the call of `oauth`, which the other components' work waits for.
const OAUTH_TIMEOUT: SignedDuration = SignedDuration::from_secs(8);

/// Answer of `POST /attendance/tick`.
#[derive(Debug, Serialize)]
pub(crate) struct TickView {
    /// Duration of the tick.
    worked_ms: i64,
    /// Number of processed chunks of the flow step's outbox, and of programs whose failures were retried.
    outbox: u64,
    /// Number of programs whose attendance was processed.
    programs: u64,
}

/// Runs the tick of each component, then the sweep.
pub(crate) async fn run(_: CronAuth, State(state): State<AppState>) -> Result<Json<TickView>, ApiError> {
    let began = state.now();
    let deadline = state.deadline();
    if let Err(error) = signals::record_tick(&state).await {
        platform::log!(Warn, "tick.record_failed", error = error);
    }
    if let Err(error) = live_worker::start_abandoned(&state).await {
        platform::log!(Warn, "live.start_failed", error = error);
    }
    // `oauth` comes first: the others must not process what it deletes (R17), and they need the tokens that it
    // refreshes.
    call(&state, Component::Oauth, began + OAUTH_TIMEOUT).await;
    let (outbox, _, programs) = join!(
        call(&state, Component::Registration, deadline),
        call(&state, Component::Catalog, deadline),
        work(&state, deadline),
    );
    if state.has_time(deadline)
        && let Err(error) = sweep::run_if_due(&state, deadline).await
    {
        platform::log!(Warn, "tick.sweep_failed", error = format_args!("{error:#}"));
    }
    let worked_ms = state.now().as_millisecond() - began.as_millisecond();
    Ok(Json(TickView { worked_ms, outbox, programs }))
}

/// Runs the tick of another component and returns what it processed. A failure does not stop the others.
async fn call(state: &AppState, component: Component, deadline: Timestamp) -> u64 {
    let request = TickRequest { deadline: deadline - ANSWER_MARGIN };
    let timeout = deadline.duration_since(state.now());
    match internal_api::call::<_, TickReport>(&state.ports, component, &["tick"], &request, timeout).await {
        Ok(report) => report.worked,
        Err(error) => {
            platform::log!(Warn, "tick.component_failed", component = component.host(), error = error);
            0
        }
    }
}

/// Processes the due programs of this component and returns their number.
async fn work(state: &AppState, deadline: Timestamp) -> u64 {
    match worker::work(state, deadline, Task::DuePrograms).await {
        Ok(WorkResult::Done(programs)) => programs,
        Ok(WorkResult::Busy) => 0,
        Err(error) => {
            platform::log!(Error, "tick.work_failed", error = format_args!("{error:#}"));
            0
        }
    }
}
