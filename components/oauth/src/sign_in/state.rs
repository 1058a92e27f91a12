//! The OAuth `state` parameter, and the pending sign-in that is stored under it.

use crate::state::AppState;
use domain::records::{PendingSignIn, SignInKey, SignInState};
use domain::time::SignedDuration;
use domain::{Error, ErrorCode};

/// How long an admin may take at Zoom.
pub(super) const LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// Returns the store key of a state, or `None` for text that this component did not generate.
pub(super) fn parse(state: &str) -> Option<SignInKey> {
    SignInState::parse(state).map(|state| SignInKey { state })
}

/// Writes a pending sign-in.
pub(super) async fn save(app: &AppState, state: &str, sign_in: &PendingSignIn) -> Result<(), Error> {
    let key = parse(state).ok_or(ErrorCode::Internal)?;
    Ok(app.store().put(&key, sign_in).await?)
}
