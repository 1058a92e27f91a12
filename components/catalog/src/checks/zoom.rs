//! Checks of Zoom: token, scopes and clock.

use super::report::{Check, CheckName};
use crate::state::AppState;
use crate::webinars::details;
use crate::zoom_errors;
use axum::body::Bytes;
use domain::records::{ProgramConnection, Service};
use domain::time::{SignedDuration, Timestamp, parse_http_date};
use domain::{Error, ErrorCode};
use http::{Request, header};
use platform::services;

/// How far the clocks may be apart. Zoom's daily limits end at 00:00 UTC, and sessions are matched by their planned time.
const MAX_CLOCK_DIFFERENCE: SignedDuration = SignedDuration::from_secs(30);

/// Timeout of the request that shows Zoom's clock.
const CLOCK_TIMEOUT: SignedDuration = SignedDuration::from_secs(5);

pub(super) async fn run(
    state: &AppState,
    connection: &ProgramConnection,
    deadline: Timestamp,
) -> Result<Vec<Check>, Error> {
    let service = match services::usable_for(state.ports.store(), &connection.service, &connection.snapshot).await {
        Ok(service) => service,
        Err(Error::Internal(error)) => return Err(Error::Internal(error)),
        Err(error) => {
            let not_asked = "Zoom was not asked, because the service cannot be used.";
            return Ok(vec![
                CheckName::ZoomToken.failed(error.problem()),
                CheckName::ZoomScopes.unknown(not_asked),
                CheckName::Clock.unknown(not_asked),
            ]);
        }
    };
    let token = match details::fetch(state, &service.id, connection.snapshot.id, deadline).await {
        Ok(_) => CheckName::ZoomToken.passed("Zoom accepts the token and shows the webinar."),
        Err(error) => CheckName::ZoomToken.failed(zoom_errors::reading_webinar(error).problem()),
    };
    Ok(vec![token, scopes(&service), clock(state, &service).await])
}

fn scopes(service: &Service) -> Check {
    match &service.problem {
        Some(problem) if problem.code == ErrorCode::ServiceLacksPermission => {
            CheckName::ZoomScopes.failed(problem.clone())
        }
        _ if service.scopes.is_empty() => {
            CheckName::ZoomScopes.unknown("Zoom did not say which scopes the sign-in granted.")
        }
        _ => CheckName::ZoomScopes
            .passed(format!("The sign-in granted {} scopes, and none is missing.", service.scopes.len())),
    }
}

/// Compares the clocks by the `Date` of an answer of Zoom, of whatever status.
async fn clock(state: &AppState, service: &Service) -> Check {
    let name = CheckName::Clock;
    let Ok(request) = Request::get(format!("{}/", service.api_base)).body(Bytes::new()) else {
        return name.unknown("The address of Zoom's API is not valid.");
    };
    let answer = state.ports.send_within(CLOCK_TIMEOUT, request).await;
    let date = answer.ok().and_then(|answer| {
        answer.headers().get(header::DATE).and_then(|date| date.to_str().ok()).and_then(parse_http_date)
    });
    let Some(theirs) = date else { return name.unknown("Zoom's answer had no time.") };
    let difference = state.now().duration_since(theirs).abs();
    if difference <= MAX_CLOCK_DIFFERENCE {
        return name.passed("The clocks of this application and of Zoom agree.");
    }
    let seconds = difference.as_secs();
    name.failed_because(format!(
        "The clock of this application and that of Zoom are {seconds} seconds apart; let the server synchronise its clock."
    ))
}
