//! The periodic tick of the whole application: whatever scheduler the platform has calls it about every minute. It is
//! bounded in time, safe to run twice at once, and safe to miss.
//!
//! | module | what it is |
//! |---|---|
//! | [`health`] | when the scheduler and Zoom were last heard of |
//! | [`sweep`] | forgetting what is of no use any more |

mod health;
mod sweep;

pub(crate) use health::{note_event, show as health};

use crate::app::App;
use crate::worker::{self, Worked};
use axum::extract::State;
use domain::time::{SignedDuration, Timestamp};
use futures::join;
use platform::ApiError;
use platform::entrance::Scheduler;
use platform::peers::{self, Component, TickReport, TickRequest};
use platform::respond::Json;
use serde::Serialize;

/// The others have to have answered this long before the tick's own deadline, so that it can still tell.
const ANSWER_MARGIN: SignedDuration = SignedDuration::from_secs(1);

/// The others wait for `oauth` no longer than this.
const OAUTH_LIMIT: SignedDuration = SignedDuration::from_secs(8);

/// The answer to `POST /attendance/tick`.
#[derive(Debug, Serialize)]
pub(crate) struct Ticked {
    /// How long it took.
    worked_ms: i64,
    /// Chunks of the flow step's outbox that were worked on.
    outbox: u64,
    /// Programs whose attendance was worked on.
    programs: u64,
}

/// `POST /attendance/tick`.
pub(crate) async fn tick(_: Scheduler, State(app): State<App>) -> Result<Json<Ticked>, ApiError> {
    let began = app.now();
    let deadline = app.deadline();
    if let Err(error) = health::ticked(&app).await {
        platform::log!("tick.not_noted", error = error);
    }
    // First: what it deletes (R17) the others must not work on, and the tokens that it looks after they need.
    call(&app, Component::Oauth, began + OAUTH_LIMIT).await;
    let (outbox, _, programs) = join!(
        call(&app, Component::Registration, deadline),
        call(&app, Component::Catalog, deadline),
        attend(&app, deadline),
    );
    if app.has_time(deadline)
        && let Err(error) = sweep::sweep(&app, deadline).await
    {
        platform::log!("tick.not_swept", error = error);
    }
    let worked_ms = app.now().duration_since(began).as_millis();
    Ok(Json(Ticked { worked_ms, outbox, programs }))
}

/// Lets another component do its share. That it fails is its own matter; the others go on.
async fn call(app: &App, component: Component, deadline: Timestamp) -> u64 {
    let request = TickRequest { deadline: deadline - ANSWER_MARGIN };
    let limit = deadline.duration_since(app.now());
    match peers::call::<_, TickReport>(&app.ports, component, "/internal/tick", &request, limit).await {
        Ok(report) => report.worked,
        Err(error) => {
            platform::log!("tick.component_failed", component = component.host(), error = error);
            0
        }
    }
}

/// Works on the programs that are due.
async fn attend(app: &App, deadline: Timestamp) -> u64 {
    match worker::work(app, deadline, None).await {
        Ok(Worked::On(programs)) => programs,
        Ok(Worked::Not) => 0,
        Err(error) => {
            platform::log!("tick.programs_unknown", error = error);
            0
        }
    }
}
