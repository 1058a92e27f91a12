//! Programs: how far each is, and starting one by hand.
//!
//! | module | what it is |
//! |---|---|
//! | [`connected`] | the connections, which `catalog` writes |
//! | [`ended`] | marking webinars that ended |
//! | [`trace`] | when one person was there |
//! | [`view`] | how far a program is, as our API shows it |

mod connected;
mod ended;
mod trace;
mod view;

pub(crate) use connected::{all, of_webinar};
pub(crate) use ended::mark_ended;
pub(crate) use trace::trace;

use crate::app::App;
use crate::run;
use crate::worker::{self, Worked};
use axum::extract::{Path, State};
use domain::Code;
use domain::records::{AskedKey, Connection, Moment, ProgramKey};
use domain::time::SignedDuration;
use http::StatusCode;
use platform::ApiError;
use platform::entrance::Admin;
use platform::respond::Json;
use view::AttendanceView;

/// How often a request that waits for another worker looks whether that is done. Instances share nothing but the store,
/// which tells nobody of changes.
const BUSY_INTERVAL: SignedDuration = SignedDuration::from_millis(500);

/// `GET /attendance/programs/{program_id}`.
pub(crate) async fn show(
    _: Admin,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<AttendanceView>, ApiError> {
    let connection = connection_of(&app, &id).await?;
    answer(&app, &connection).await
}

/// `POST /attendance/programs/{program_id}/sync`: runs within the request, after whoever is at work.
pub(crate) async fn sync(
    _: Admin,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<AttendanceView>, ApiError> {
    let deadline = app.deadline();
    let connection = connection_of(&app, &id).await?;
    while worker::work(&app, deadline, Some(&connection)).await? == Worked::Not {
        if !app.has_time(deadline) {
            // Whoever is at work takes it up.
            let asked = Moment::new(app.now());
            app.store().put(&AskedKey { program: connection.program }, &asked).await?;
            break;
        }
        app.ports.clock.sleep(BUSY_INTERVAL).await;
    }
    answer(&app, &connection).await
}

async fn answer(app: &App, connection: &Connection) -> Result<Json<AttendanceView>, ApiError> {
    let record = run::current(app, connection).await?;
    Ok(Json(AttendanceView::of(connection, record)))
}

/// The program's connection (R15). Asked for by its address, a connection that is not there is "not found".
async fn connection_of(app: &App, id: &str) -> Result<Connection, ApiError> {
    let id = id.parse().map_err(|_| ApiError::invalid("The id of a Marketo program is a number."))?;
    let connection = app.store().get(&ProgramKey { id }).await?;
    connection.ok_or_else(|| ApiError::from(Code::ProgramNotConnected).with_status(StatusCode::NOT_FOUND))
}
