//! The OAuth `state` parameter, and the pending sign-in that is stored under it.

use crate::state::AppState;
use domain::records::{PendingSignIn, SignInKey};
use domain::time::SignedDuration;
use domain::{Error, ErrorCode};

/// How long an admin may take at Zoom.
pub(super) const LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// Length of a state: 32 bytes in base64.
const LENGTH: usize = 43;

/// Minute of the hour in which expired sign-ins are swept. The sweep lists the store's keys, so it is rare; a few
/// expired sign-ins do no harm.
const SWEEP_MINUTE: i64 = 0;

/// Returns the store key of a state, or `None` for text that this component did not generate.
pub(super) fn parse(state: &str) -> Option<SignInKey> {
    let is_valid = state.len() == LENGTH && state.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    is_valid.then(|| SignInKey { state: state.to_owned() })
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
    for name in app.store().keys("signin:").await? {
        let Some(key) = name.strip_prefix("signin:").and_then(parse) else { continue };
        let is_expired = app.store().get(&key).await?.is_some_and(|sign_in| sign_in.expires_at <= app.now());
        if is_expired {
            app.store().delete(&key).await?;
        }
    }
    Ok(())
}
