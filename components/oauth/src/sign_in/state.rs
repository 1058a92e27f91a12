//! The OAuth `state` parameter, and the pending sign-in that is stored under it.

use crate::state::AppState;
use domain::records::{PendingSignIn, SignInKey, SignInState};
use domain::time::SignedDuration;
use domain::{Error, ErrorCode};

/// How long an admin may take at Zoom.
pub(super) const LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// Minute of the hour in which expired sign-ins are swept. The sweep lists the store's keys, so it is rare; a few
/// expired sign-ins do no harm.
const SWEEP_MINUTE: i64 = 0;

/// Returns the store key of a state, or `None` for text that this component did not generate.
pub(super) fn parse(state: &str) -> Option<SignInKey> {
    SignInState::parse(state).map(|state| SignInKey { state })
}

/// Writes a pending sign-in.
pub(super) async fn save(app: &AppState, state: &str, sign_in: &PendingSignIn) -> Result<(), Error> {
    let key = parse(state).ok_or(ErrorCode::Internal)?;
    Ok(app.store().put(&key, sign_in).await?)
}

/// Deletes expired sign-ins, once an hour.
pub(crate) async fn sweep(app: &AppState) -> Result<(), Error> {
    if app.now().as_second().rem_euclid(3600) / 60 != SWEEP_MINUTE {
        return Ok(());
    }
    for key in app.store().list::<SignInKey>().await? {
        let is_expired = app.store().get_readable(&key).await?.is_some_and(|sign_in| sign_in.expires_at <= app.now());
        if is_expired {
            app.store().delete(&key).await?;
        }
    }
    Ok(())
}
