//! A webinar of whichever service offers it: Zoom's numbers are unique over all accounts.

use super::offer::offered_by;
use crate::app::App;
use crate::{services, zoom_errors};
use domain::records::Service;
use domain::time::Timestamp;
use domain::{Code, Error, WebinarId};
use platform::peers::ServiceWebinar;

/// The webinar and the active service that offers it. A webinar that is over by plan is told of too: whether
/// registration is still open is Zoom's to say.
///
/// # Errors
/// The most telling of what the services gave: see [`weight`].
pub(super) async fn of_any_service(app: &App, id: WebinarId) -> Result<ServiceWebinar, Error> {
    let deadline = app.deadline();
    let mut failures = Vec::new();
    for service in services::all(app.ports.store()).await? {
        match of_service(app, &service, id, deadline).await {
            Ok(webinar) => return Ok(webinar),
            Err(error) => failures.push(error),
        }
    }
    Err(failures.into_iter().max_by_key(weight).unwrap_or_else(|| Code::ServiceNotFound.into()))
}

async fn of_service(app: &App, service: &Service, id: WebinarId, deadline: Timestamp) -> Result<ServiceWebinar, Error> {
    if let Some(code) = service.state.obstacle() {
        return Err(code.into());
    }
    let webinar = app.recent_webinar(&service.id, id, deadline).await.map_err(zoom_errors::reading_webinar)?;
    let snapshot = offered_by(service, &webinar)?;
    Ok(ServiceWebinar { service: service.id.clone(), snapshot })
}

/// How much a failure tells about where the webinar is. A service that knows it says most. One that cannot be asked
/// may be the one that has it, so its failure, after which trying again can help, comes before "not found".
fn weight(error: &Error) -> u8 {
    match error.problem().code {
        Code::WebinarRecurring => 5,
        Code::HostNotEnabled => 4,
        _ if matches!(error, Error::Peer(_) | Error::Ours(_)) => 3,
        Code::ServiceNeedsSignIn | Code::ServiceLacksPermission => 2,
        Code::WebinarNotFound => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_weighed() {
        let order = [
            Code::ServiceSuperseded.into(),
            Code::WebinarNotFound.into(),
            Code::ServiceNeedsSignIn.into(),
            Error::Ours("store".into()),
            Code::HostNotEnabled.into(),
            Error::from(Code::WebinarRecurring),
        ];
        assert!(order.is_sorted_by_key(weight));
    }
}
