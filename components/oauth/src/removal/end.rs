//! The first step of every removal: the service ends.

use crate::state::AppState;
use crate::store::{removals, services, token_store};
use domain::records::{Removal, RemovalReason, ServiceState};
use domain::{Email, Error, ErrorCode, Problem, ServiceId};

/// Replaces the address of an admin whose data was deleted.
const DELETED_ADMIN_EMAIL: &str = "deleted@zoom.invalid";

/// Records that a service is to be removed, and ends it.
pub(super) async fn begin_removal(app: &AppState, id: &ServiceId, removal: &Removal) -> Result<(), Error> {
    removals::save(app, id, removal).await?;
    end(app, id, removal.reason).await
}

/// Makes a service unusable and deletes the addresses in it. Ending it twice does no harm.
pub(super) async fn end(app: &AppState, id: &ServiceId, reason: RemovalReason) -> Result<(), Error> {
    let _guard = app.lock_service(id).await;
    let Some(mut service) = services::get(app, id).await? else { return Ok(()) };
    let detail = match reason {
        RemovalReason::Reported => return Ok(()),
        RemovalReason::Deleted => "This service is being deleted.",
        RemovalReason::Deauthorized => {
            "The app was removed from the Zoom account, and all data of the account is deleted here."
        }
    };
    service.state = ServiceState::Deauthorized;
    service.problem = Some(Problem { code: ErrorCode::ServiceNeedsSignIn, detail: detail.to_owned() });
    service.users.clear();
    service.scopes.clear();
    service.admin_user_id = "".into();
    if let Some(email) = Email::parse(DELETED_ADMIN_EMAIL) {
        service.admin_email = email;
    }
    services::save(app, &service).await?;
    services::clear_live(app, &service).await?;
    if reason == RemovalReason::Deauthorized {
        // Zoom has revoked the grant already.
        token_store::delete(app, id).await?;
    }
    Ok(())
}
