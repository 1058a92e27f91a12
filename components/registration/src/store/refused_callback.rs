//! The callback address that was refused last, because `marketo_callback_url` does not allow it.

use crate::state::AppState;
use domain::Error;
use domain::records::{Record, RefusedCallback, RefusedCallbackKey};
use domain::time::SignedDuration;
use platform::url_origin::UrlOrigin;

/// How long the same address is not recorded again, so that a campaign with many chunks costs one write.
const MIN_INTERVAL: SignedDuration = SignedDuration::from_hours(1);

/// How long a refusal is shown.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Records a refused address.
pub async fn record(state: &AppState, origin: &UrlOrigin) -> Result<(), Error> {
    let now = state.ports.clock.now();
    let refused = RefusedCallback { v: RefusedCallback::VERSION, origin: origin.to_string(), at: now };
    let stored = state.ports.store().get_readable(&RefusedCallbackKey {}).await?;
    if stored.is_some_and(|stored| stored.origin == refused.origin && now.duration_since(stored.at) < MIN_INTERVAL) {
        return Ok(());
    }
    platform::log!(Warn, "callback.refused", origin = refused.origin);
    Ok(state.ports.store().put(&RefusedCallbackKey {}, &refused).await?)
}

/// Returns the address that was refused last, unless that was long ago or the address is allowed by now.
pub async fn recent(state: &AppState) -> Result<Option<RefusedCallback>, Error> {
    let Some(refused) = state.ports.store().get_readable(&RefusedCallbackKey {}).await? else { return Ok(None) };
    let patterns = state.ports.config().marketo_callback_url().await?;
    let is_allowed = UrlOrigin::parse(&refused.origin).is_ok_and(|origin| patterns.matches(&origin));
    let is_recent = state.ports.clock.now().duration_since(refused.at) < MAX_AGE;
    Ok(Some(refused).filter(|_| is_recent && !is_allowed))
}
