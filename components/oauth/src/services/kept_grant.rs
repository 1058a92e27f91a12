//! The grant of a sign-in, kept for the service that was live before it (R1). Zoom ends a user's earlier grant when it
//! exchanges the code of the next one, so a sign-in that fails after that would leave the live service without a grant.

use super::identity::Identity;
use crate::state::AppState;
use crate::store::services;
use crate::store::token_store::{self, ServiceTokens};
use crate::tokens::renewal::apply_grant;
use crate::zoom_oauth::response::Grant;
use domain::Error;
use domain::records::ServiceState;
use domain::time::Timestamp;

/// Gives a grant to the account's live service if the same user signed in for it. The grant of another user did not end
/// that of the live service. Tokens of a later sign-in stay.
pub(crate) async fn keep(
    app: &AppState,
    identity: &Identity,
    grant: &Grant,
    signed_in_at: Timestamp,
) -> Result<(), Error> {
    let _index_guard = app.lock_service_index().await;
    let all = services::all(app).await?;
    let live = all.into_iter().find(|service| {
        service.account_id == identity.account
            && service.admin_user_id == identity.user
            && matches!(service.state, ServiceState::Active | ServiceState::NeedsSignIn)
    });
    let Some(mut service) = live else { return Ok(()) };
    let _guard = app.lock_service(&service.id).await;
    match token_store::load(app, &service.id).await {
        Ok(Some(stored)) if stored.signed_in_at > signed_in_at => return Ok(()),
        // Tokens that cannot be decrypted are replaced too.
        Ok(_) | Err(Error::Rejected(_)) => {}
        Err(error) => return Err(error),
    }
    token_store::save(app, &service.id, &ServiceTokens::new(grant, signed_in_at, app.now())).await?;
    platform::log!(Info, "grant.kept", service = service.id);
    if apply_grant(&mut service, grant) {
        services::save(app, &service).await?;
    }
    Ok(())
}
