//! Finds the service that offers a webinar. Zoom's webinar ids are unique over all accounts.

use super::{details, eligibility};
use crate::state::AppState;
use crate::{store, zoom_errors};
use domain::records::{Service, ServiceUsability};
use domain::time::Timestamp;
use domain::{Error, ErrorCode, WebinarId};
use platform::internal_api::ServiceWebinar;

/// Returns the webinar and the active service that offers it, including a webinar whose planned end has passed: Zoom
/// decides whether its registration is still open.
///
/// # Errors
/// The most informative error of the services; see [`error_priority`].
pub(crate) async fn find_in_any_service(state: &AppState, id: WebinarId) -> Result<ServiceWebinar, Error> {
    let deadline = state.deadline();
    let mut errors = Vec::new();
    for service in store::services::all(state.ports.store()).await? {
        match find_in_service(state, &service, id, deadline).await {
            Ok(webinar) => return Ok(webinar),
            Err(error) => errors.push(error),
        }
    }
    Err(errors.into_iter().max_by_key(error_priority).unwrap_or_else(|| ErrorCode::ServiceNotFound.into()))
}

async fn find_in_service(
    state: &AppState,
    service: &Service,
    id: WebinarId,
    deadline: Timestamp,
) -> Result<ServiceWebinar, Error> {
    ServiceUsability::of(Some(service), None).require()?;
    let webinar = details::fetch_cached(state, &service.id, id, deadline).await;
    let snapshot = eligibility::eligible_snapshot(service, &webinar.map_err(zoom_errors::reading_webinar)?)?;
    Ok(ServiceWebinar { service: service.id.clone(), snapshot })
}

/// Ranks errors by how much they reveal of the webinar. A service that knows the webinar ranks highest. A service that
/// cannot be read may be the one that has it, so its error, after which a retry can succeed, ranks above "not found".
fn error_priority(error: &Error) -> u8 {
    match error.problem().code {
        ErrorCode::WebinarRecurring | ErrorCode::InvalidField => 5,
        ErrorCode::HostNotEnabled | ErrorCode::HostLacksLicence => 4,
        _ if matches!(error, Error::Upstream(_) | Error::Internal(_)) => 3,
        ErrorCode::ServiceNeedsSignIn | ErrorCode::ServiceLacksPermission => 2,
        ErrorCode::WebinarNotFound => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_ranked_by_what_they_reveal() {
        let order = [
            ErrorCode::ServiceSuperseded.into(),
            ErrorCode::WebinarNotFound.into(),
            ErrorCode::ServiceNeedsSignIn.into(),
            Error::Internal("store".into()),
            ErrorCode::HostNotEnabled.into(),
            Error::from(ErrorCode::WebinarRecurring),
        ];
        assert!(order.is_sorted_by_key(error_priority));
    }
}
