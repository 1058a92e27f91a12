//! The tick's share of the work.

use super::due::due;
use super::read_all;
use crate::app::App;
use crate::programs;
use axum::extract::State;
use platform::peers::{TickReport, TickRequest};
use platform::respond::Json;
use platform::{ApiError, Body};

/// `POST /internal/tick`. Safe to run twice at once: reading again changes nothing that the other would not write.
pub(crate) async fn tick(
    State(app): State<App>,
    Body(request): Body<TickRequest>,
) -> Result<Json<TickReport>, ApiError> {
    let connections = programs::mend_list(app.ports.store(), app.now()).await?;
    let worked = read_all(&app, due(connections, app.now()), request.deadline).await;
    Ok(Json(TickReport { worked }))
}
