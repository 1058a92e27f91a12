//! Checks whether a missing permission was restored (R2), so that the problem disappears even if no component has work
//! for the service.

use crate::state::AppState;
use crate::store::{service_problems, services};
use crate::tokens::{access, renewal};
use domain::{Error, ErrorCode, Problem, ServiceId};
use zoom_client::ZoomClient;

/// Checks a service that lacks a permission. Reading the webinars of an enabled user, or else of the admin, shows
/// whether the admin's role is back. A renewal shows whether a scope is back and whether the app is enabled.
pub(super) async fn run(app: &AppState, id: &ServiceId) -> Result<(), Error> {
    let service = services::get_usable(app, id).await?;
    match &service.problem {
        Some(problem) if is_missing_role(problem) => {}
        Some(problem) if problem.code == ErrorCode::ServiceLacksPermission => {
            return renewal::recheck_scopes(app, id).await;
        }
        _ => return Ok(()),
    }
    let token = access::obtain(app, id, None).await?;
    let user = service.users.first().unwrap_or(&service.admin_email);
    if ZoomClient::with_token(&app.ports, token).may_read_webinars(user).await.map_err(Error::from)? {
        service_problems::record(app, id, None, None, None).await?;
    }
    Ok(())
}

/// Returns whether the admin lost their role. A missing scope and a fault of the app have a detail of their own.
fn is_missing_role(problem: &Problem) -> bool {
    *problem == Problem::of(ErrorCode::ServiceLacksPermission)
}
