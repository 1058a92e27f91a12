//! Alerts: sends the operator what needs a person, once for each cause, and once more when it is over.
//!
//! Nothing here delays or fails the tick: what cannot be sent is logged, and the next tick tries again.
//!
//! | module | contents |
//! |---|---|
//! | [`causes`] | what is wrong now |
//! | [`programs`] | the programs by phase |
//! | [`announce`] | which alerts begin and which are over, by the record of the open ones |
//! | [`send`] | calls the webhook and the heartbeat |

mod announce;
mod causes;
pub(crate) mod programs;
mod send;

pub(crate) use causes::registration;

use crate::state::AppState;
use crate::store::signals;
use causes::Findings;
use domain::Error;
use domain::time::{SignedDuration, Timestamp};
use futures::join;

/// How long alerts and the heartbeat may take after a tick: they read the state of `registration`, and make one call
/// each.
pub(crate) const TIMEOUT: SignedDuration = SignedDuration::from_secs(8);

/// A tick, as the alerts see it.
#[derive(Debug)]
pub(crate) struct FinishedTick {
    /// When it began.
    pub(crate) began: Timestamp,
    /// When the one before began, if there was one. If that could not be read, no gap shows and none is over.
    pub(crate) previous: Result<Option<Timestamp>, Error>,
    /// Whether every component did its work.
    pub(crate) is_good: bool,
}

/// Sends what is to be sent after a tick.
pub(crate) async fn after_tick(state: AppState, tick: FinishedTick) {
    join!(alert_after_tick(&state, &tick), send::heartbeat(&state, tick.is_good));
}

async fn alert_after_tick(state: &AppState, tick: &FinishedTick) {
    let Some(url) = state.ports.config().alert_webhook_url().await else { return };
    let mut findings = Findings::default();
    match &tick.previous {
        Ok(previous) => causes::look_at_tick(&mut findings, *previous, tick.began),
        Err(error) => platform::log!(Warn, "alerts.look_failed", at = "tick", error = error),
    }
    causes::look_at_all(state, &mut findings).await;
    announce::announce(state, &url, &findings).await;
}

/// Alerts of a scheduler that does not call. Zoom's events show it while there is no tick. Only a tick ends the alert: one
/// that is under way has recorded itself, and looks at the gap before it.
pub(crate) async fn after_event(state: &AppState) {
    let Some(url) = state.ports.config().alert_webhook_url().await else { return };
    let Ok(last_tick) = signals::last_tick(state).await else { return };
    let mut findings = Findings::default();
    causes::find_gap(&mut findings, last_tick, state.now());
    announce::announce(state, &url, &findings).await;
}
