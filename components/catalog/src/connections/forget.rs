//! Deletes the connections of an account that removed the app (R17).

use crate::state::AppState;
use domain::Error;
use domain::records::AnyKey;
use platform::forget_account::{ForgetAccountReport, ForgetAccountRequest, Forgetting};

/// Deletes the account's connections until the deadline. `oauth` calls this last: the other components find the account's
/// records through them.
pub(crate) async fn forget_account(
    state: &AppState,
    request: &ForgetAccountRequest,
) -> Result<ForgetAccountReport, Error> {
    let mut forgetting = Forgetting::new(&state.ports, request.deadline);
    let keys = forgetting.list().await?;
    for program in forgetting.find(request, &keys).await?.programs {
        if !forgetting.has_time() {
            return Ok(forgetting.report(false));
        }
        state.ports.connections().remove(program).await?;
        forgetting.count();
    }
    // A refresh that was under way while its program was disconnected leaves its record, and so does one of a program that
    // was connected to another account's webinar since.
    let store = state.ports.store();
    for key in keys {
        let AnyKey::Refreshed(key) = key else { continue };
        let Some(refreshed) = store.get_readable(&key).await? else { continue };
        if request.includes_service(&refreshed.service, refreshed.account_id.as_ref()) {
            forgetting.delete(&key).await?;
        }
    }
    Ok(forgetting.report(true))
}
