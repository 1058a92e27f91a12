//! Sign-ins that were begun and have not come back.

use crate::app::App;
use domain::records::{SignIn, SignInKey};
use domain::time::SignedDuration;
use domain::{Code, Error};

/// How long an admin may take at Zoom.
pub(super) const LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// The length of a state that we made: 32 bytes in base64.
const STATE_LENGTH: usize = 43;

/// Sign-ins that never came back are swept in the first minute of each hour: it reads every key of the store, and a
/// handful of them does no harm.
const SWEEP_MINUTE: i64 = 0;

/// Where a state lies in the store. `None` for what we cannot have made.
pub(super) fn key(state: &str) -> Option<SignInKey> {
    let fits =
        state.len() == STATE_LENGTH && state.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    fits.then(|| SignInKey { state: state.to_owned() })
}

/// Writes a sign-in down.
pub(super) async fn remember(app: &App, state: &str, sign_in: &SignIn) -> Result<(), Error> {
    let key = key(state).ok_or(Code::Internal)?;
    Ok(app.store().put(&key, sign_in).await?)
}

/// Forgets the sign-ins that are over.
pub(crate) async fn sweep(app: &App) -> Result<(), Error> {
    if app.now().as_second().rem_euclid(3600) / 60 != SWEEP_MINUTE {
        return Ok(());
    }
    for name in app.store().keys("signin:").await? {
        let Some(key) = name.strip_prefix("signin:").and_then(key) else { continue };
        let is_over = app.store().get(&key).await?.is_some_and(|sign_in| sign_in.expires_at <= app.now());
        if is_over {
            app.store().delete(&key).await?;
        }
    }
    Ok(())
}
