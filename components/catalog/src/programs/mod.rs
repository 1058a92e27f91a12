//! Programs and the webinars they are connected to.
//!
//! | module | what it is |
//! |---|---|
//! | `connecting` | connecting and re-connecting |
//! | `reading` | reading a connection's webinar again |
//! | `marketo` | what Marketo tells of a program, and whether it qualifies (R6) |
//! | `records` | connections in the store |
//! | `view` | a connection as our API shows it |
//! | `shown` | what Marketo shows of the webinar (R4) |

mod connecting;
mod marketo;
mod reading;
mod records;
mod shown;
mod view;

pub(crate) use reading::{Depth, read_again};
pub(crate) use records::{every, mend_list};
pub(crate) use shown::tokens;

use crate::app::App;
use crate::services;
use axum::extract::{Path, State};
use connecting::Choice;
use domain::records::{Connection, ProgramKey};
use domain::{Code, Error, ProgramId};
use http::StatusCode;
use platform::entrance::Admin;
use platform::respond::Json;
use platform::{ApiError, Body};
use serde::Serialize;
use view::ConnectionView;

/// The answer to `GET /catalog/programs`.
#[derive(Serialize)]
pub(crate) struct Programs {
    programs: Vec<ConnectionView>,
}

/// `GET /catalog/programs`.
pub(crate) async fn list(_: Admin, State(app): State<App>) -> Result<Json<Programs>, ApiError> {
    let services = services::all(app.ports.store()).await?;
    let connections = every(app.ports.store()).await?;
    let programs = connections.into_iter().map(|connection| ConnectionView::of(connection, &services)).collect();
    Ok(Json(Programs { programs }))
}

/// `GET /catalog/programs/{program_id}`.
pub(crate) async fn show(
    _: Admin,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<ConnectionView>, ApiError> {
    let connection = connected(&app, program_id(&id)?).await?;
    Ok(Json(view(&app, connection).await?))
}

/// `PUT /catalog/programs/{program_id}`.
pub(crate) async fn connect(
    _: Admin,
    State(app): State<App>,
    Path(id): Path<String>,
    Body(choice): Body<Choice>,
) -> Result<Json<ConnectionView>, ApiError> {
    let (connection, replaced) = connecting::connect(&app, program_id(&id)?, &choice).await?;
    Ok(Json(view(&app, connection).await?.replacing(replaced)))
}

/// `DELETE /catalog/programs/{program_id}`.
pub(crate) async fn disconnect(
    _: Admin,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let connection = connected(&app, program_id(&id)?).await?;
    records::remove(app.ports.store(), connection.program).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /catalog/programs/{program_id}/refresh`.
pub(crate) async fn refresh(
    _: Admin,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<ConnectionView>, ApiError> {
    let connection = connected(&app, program_id(&id)?).await?;
    let connection = read_again(&app, connection, Depth::Everything, app.deadline()).await?;
    Ok(Json(view(&app, connection).await?))
}

fn program_id(text: &str) -> Result<ProgramId, ApiError> {
    text.parse().map_err(|_| ApiError::invalid("The id of a Marketo program is a number."))
}

/// The program's connection (R15). Asked for by its address, a connection that is not there is "not found".
async fn connected(app: &App, id: ProgramId) -> Result<Connection, ApiError> {
    let connection = app.ports.store().get(&ProgramKey { id }).await?;
    connection.ok_or_else(|| ApiError::from(Code::ProgramNotConnected).with_status(StatusCode::NOT_FOUND))
}

async fn view(app: &App, connection: Connection) -> Result<ConnectionView, Error> {
    let services = services::all(app.ports.store()).await?;
    Ok(ConnectionView::of(connection, &services))
}
