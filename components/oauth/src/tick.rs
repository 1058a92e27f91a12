//! `POST /internal/tick`: what is done about every minute. Safe to run twice at once, safe to miss.

use crate::app::App;
use crate::services::{self, Why};
use crate::{deauthorization, sign_in, tokens};
use axum::extract::State;
use domain::{Error, ServiceId};
use platform::ApiError;
use platform::respond::Json;
use serde::Serialize;

/// What was done.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    /// Grants that were idle for long and were renewed.
    renewed: usize,
    /// Removals that were finished.
    removed: usize,
    /// Services for which something failed. They are tried again by the next tick.
    failed: usize,
}

pub(crate) async fn tick(State(app): State<App>) -> Result<Json<Report>, ApiError> {
    let mut report = Report::default();
    let mut deauthorized = Vec::new();
    for id in services::ids(&app).await? {
        match look_after(&app, &id, &mut report).await {
            Ok(None) => {}
            Ok(Some(id)) => deauthorized.push(id),
            Err(error) => {
                // A service that cannot be used says so itself.
                if !matches!(error, Error::Caller(_)) {
                    report.failed += 1;
                    platform::log!("tick.service_failed", service = id, error = error);
                }
            }
        }
    }
    if !deauthorized.is_empty() {
        match deauthorization::finish(&app, &deauthorized).await {
            Ok(()) => report.removed += deauthorized.len(),
            Err(error) => {
                report.failed += deauthorized.len();
                platform::log!("tick.removal_failed", error = error);
            }
        }
    }
    sign_in::sweep(&app).await?;
    Ok(Json(report))
}

/// Does what one service needs. The id comes back if its account removed the app and not all is deleted yet: several
/// such services are swept together.
async fn look_after(app: &App, id: &ServiceId, report: &mut Report) -> Result<Option<ServiceId>, Error> {
    match services::removal_of(app, id).await? {
        Some(removal) if removal.why == Why::Deauthorized => return Ok(Some(id.clone())),
        Some(removal) => report.removed += usize::from(services::finish_removal(app, id, &removal).await?),
        None => {
            services::look_again(app, id).await?;
            report.renewed += usize::from(tokens::keep_alive(app, id).await?);
        }
    }
    Ok(None)
}
