//! When Marketo last read the choices of the flow step, which shows that it is installed.

use crate::state::AppState;
use domain::Error;
use domain::records::{FlowStepCalledKey, Moment};
use domain::time::SignedDuration;

/// Minimum interval between two writes.
const INTERVAL: SignedDuration = SignedDuration::from_hours(1);

/// Records that Marketo reads the choices now, at most once an hour.
pub(crate) async fn record(state: &AppState) -> Result<(), Error> {
    let now = state.now();
    let last = state.ports.store().get_readable(&FlowStepCalledKey {}).await?;
    if last.is_some_and(|last| last.at <= now && now < last.at + INTERVAL) {
        return Ok(());
    }
    Ok(state.ports.store().put(&FlowStepCalledKey {}, &Moment::new(now)).await?)
}
