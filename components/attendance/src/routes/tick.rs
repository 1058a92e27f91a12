//! `POST /attendance/tick` and `GET /attendance/tick/{cron_path_key}`: the periodic tick of the whole application. The
//! platform's scheduler calls it about every minute. A tick ends after 25 seconds ([`platform::retry::RUN_TIMEOUT`],
//! through [`AppState::deadline`]) and is safe to run twice at once. A missed tick delays its work to the next one.

use crate::alerts::{self, FinishedTick};
use crate::jobs::live_worker;
use crate::jobs::sweep;
use crate::jobs::worker::{self, Task, WorkResult};
use crate::state::AppState;
use crate::store::signals;
use axum::extract::State;
use domain::time::{SignedDuration, Timestamp};
use futures::join;
use http::{HeaderMap, Uri};
use platform::ApiError;
use platform::auth::{CronAuth, verify};
use platform::http::Json;
use platform::internal_api::{self, Component, TickReport, TickRequest};
use serde::Serialize;

/// How long before the tick's own deadline the other components must have answered, so that the tick can still answer.
const ANSWER_MARGIN: SignedDuration = SignedDuration::from_secs(1);

/// Maximum duration of the call of `oauth`, which the other components' work waits for.
const OAUTH_TIMEOUT: SignedDuration = SignedDuration::from_secs(8);

/// Path of the tick, before the key.
const PATH: &str = "/attendance/tick/";

/// Answer of `POST /attendance/tick`.
#[derive(Debug, Serialize)]
pub(crate) struct TickView {
    /// Duration of the tick.
    worked_ms: i64,
    /// Number of processed chunks of the flow step's outbox, and of programs whose failures were retried.
    outbox: u64,
    /// Number of programs whose attendance was processed.
    programs: u64,
    /// Names of the jobs that left work for lack of time, and of the components that did not answer.
    left: Vec<String>,
}

/// Runs the tick for a scheduler that sends a key in a header.
pub(crate) async fn run(_: CronAuth, State(state): State<AppState>) -> Json<TickView> {
    Json(tick(&state).await)
}

/// Runs the tick for a scheduler that sends the key in the path. The path is never logged.
pub(crate) async fn run_by_path(
    State(state): State<AppState>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Json<TickView>, ApiError> {
    verify::cron_path(&state.ports, &headers, uri.path().strip_prefix(PATH).unwrap_or_default()).await?;
    Ok(Json(tick(&state).await))
}

/// Runs the tick of each component, then the sweep, then sends alerts.
async fn tick(state: &AppState) -> TickView {
    let began = state.now();
    let deadline = state.deadline();
    let mut total = Total::default();
    let previous = signals::last_tick(state).await;
    if let Err(error) = signals::record_tick(state).await {
        total.has_failed = true;
        platform::log!(Warn, "tick.record_failed", error = error);
    }
    if let Err(error) = live_worker::start_abandoned(state).await {
        platform::log!(Warn, "live.start_failed", error = error);
    }
    // `oauth` comes first: the others must not process what it deletes (R17), and they need the tokens that it
    // refreshes.
    let oauth = call(state, Component::Oauth, began + OAUTH_TIMEOUT).await;
    let (registration, catalog, programs) = join!(
        call(state, Component::Registration, deadline),
        call(state, Component::Catalog, deadline),
        work(state, deadline),
    );
    total.add("oauth", oauth);
    let outbox = total.add("registration", registration);
    total.add("catalog", catalog);
    let programs = total.add("programs", programs);
    match sweep::run_if_due(state, deadline).await {
        Ok(true) => total.left.push("sweep".to_owned()),
        Ok(false) => {}
        Err(error) => platform::log!(Warn, "tick.sweep_failed", error = format_args!("{error:#}")),
    }
    let after = alerts::after_tick(state.clone(), FinishedTick { began, previous, is_good: !total.has_failed });
    // Without enough time they go on after the answer.
    if state.now() + alerts::TIMEOUT <= deadline {
        after.await;
    } else {
        state.ports.background.spawn(Box::pin(after));
    }
    let worked_ms = state.now().as_millisecond() - began.as_millisecond();
    TickView { worked_ms, outbox, programs, left: total.left }
}

/// What a tick has come to.
#[derive(Default)]
struct Total {
    left: Vec<String>,
    has_failed: bool,
}

impl Total {
    /// Adds what a component or a job did; `None` if it failed. Returns the number of processed items.
    fn add(&mut self, name: &str, report: Option<TickReport>) -> u64 {
        let Some(TickReport { worked, left }) = report else {
            self.has_failed = true;
            self.left.push(name.to_owned());
            return 0;
        };
        self.left.extend(left);
        worked
    }
}

/// Runs the tick of another component. A failure does not stop the others.
async fn call(state: &AppState, component: Component, deadline: Timestamp) -> Option<TickReport> {
    let request = TickRequest { deadline: deadline - ANSWER_MARGIN };
    let timeout = deadline.duration_since(state.now());
    let report = internal_api::call(&state.ports, component, &["tick"], &request, timeout).await;
    if let Err(error) = &report {
        platform::log!(Warn, "tick.component_failed", component = component.host(), error = error);
    }
    report.ok()
}

/// Processes the due programs of this component.
async fn work(state: &AppState, deadline: Timestamp) -> Option<TickReport> {
    let mut report = TickReport::default();
    match worker::work(state, deadline, Task::DuePrograms).await {
        Ok(WorkResult::Done(done)) => report.worked = report.add("programs", done),
        Ok(WorkResult::Busy) => {}
        Err(error) => {
            platform::log!(Error, "tick.work_failed", error = format_args!("{error:#}"));
            return None;
        }
    }
    Some(report)
}
