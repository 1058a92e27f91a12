//! `POST /internal/tick`: chunks left over, failures that are due, sweeping. Safe to run twice at once, safe to miss.

use crate::app::App;
use crate::failures::{due, record};
use crate::{outbox, sweep};
use axum::extract::State;
use platform::peers::{TickReport, TickRequest};
use platform::respond::Json;
use platform::{ApiError, Body};
use std::sync::Arc;

/// Does what is due, as far as time allows.
pub async fn tick(State(app): State<Arc<App>>, Body(request): Body<TickRequest>) -> Result<Json<TickReport>, ApiError> {
    // Listing keys reads all of them, whatever the prefix: once is enough.
    let keys = app.ports.store().keys("").await?;
    let of_kind = |prefix: &str| keys.iter().filter(|key| key.starts_with(prefix)).cloned().collect::<Vec<_>>();
    let worked = outbox::carry_on(&app, &of_kind("outbox:"), request.deadline).await?;
    let failures = of_kind(record::PREFIX);
    let tried = due::try_again(&app, &failures, request.deadline).await?;
    sweep::sweep(&app, &of_kind("registration:"), &failures, request.deadline).await?;
    Ok(Json(TickReport { worked: worked + tried }))
}
