//! Which alerts begin and which are over, by the record of the open ones. A cause is in the record once its alert was
//! sent, so what could not be sent is found again by the next tick.

use super::causes::Findings;
use super::send;
use crate::state::AppState;
use domain::records::{Alert, AlertWorkerKey, OpenAlerts, OpenAlertsKey, Record};
use domain::time::SignedDuration;
use domain::{Error, Sensitive};
use platform::lease::LeaseTerms;

/// The terms of the lease: sending takes a few seconds.
const TERMS: LeaseTerms =
    LeaseTerms { max_duration: SignedDuration::from_secs(10), settling_time: SignedDuration::from_millis(50) };

/// Maximum number of lines of a message. Chat services cut long ones off.
const MAX_LINES: usize = 20;

/// Maximum number of open alerts, so that they fit into a record.
const MAX_ALERTS: usize = 150;

/// Sends the alerts that begin and those that are over. Failures are logged, without the URL, which is a secret.
pub(super) async fn announce(state: &AppState, url: &Sensitive, findings: &Findings) {
    if let Err(error) = try_announce(state, url, findings).await {
        platform::log!(Warn, "alerts.record_failed", error = error);
    }
}

async fn try_announce(state: &AppState, url: &Sensitive, findings: &Findings) -> Result<(), Error> {
    if Changes::of(read(state).await?, findings).is_empty() {
        return Ok(());
    }
    // Another request that sends the same alerts at the same time has the lease.
    let until = state.now() + TERMS.max_duration;
    let Some(lease) = TERMS.acquire(&state.ports, AlertWorkerKey {}, until).await? else { return Ok(()) };
    let result = send_changes(state, url, findings).await;
    lease.release().await?;
    result
}

async fn send_changes(state: &AppState, url: &Sensitive, findings: &Findings) -> Result<(), Error> {
    let changes = Changes::of(read(state).await?, findings);
    if changes.is_empty() || !send::alert(state, url, &changes.text(state).await).await {
        return Ok(());
    }
    platform::log!(Info, "alerts.sent", begun = changes.begun.len(), over = changes.over.len());
    let mut alerts = changes.kept;
    alerts.extend(changes.begun);
    Ok(state.store().put(&OpenAlertsKey {}, &OpenAlerts { v: OpenAlerts::VERSION, alerts }).await?)
}

/// Reads the open alerts. If they cannot be read, they are sent again.
async fn read(state: &AppState) -> Result<Vec<Alert>, Error> {
    Ok(state.store().get_readable(&OpenAlertsKey {}).await?.unwrap_or_default().alerts)
}

/// How the open alerts change.
struct Changes {
    kept: Vec<Alert>,
    begun: Vec<Alert>,
    over: Vec<Alert>,
}

impl Changes {
    fn of(open: Vec<Alert>, findings: &Findings) -> Self {
        let is_new = |found: &&Alert| !open.iter().any(|alert| alert.cause.is_same(&found.cause));
        let room = MAX_ALERTS.saturating_sub(open.len());
        let begun = findings.alerts.iter().filter(is_new).take(room).cloned().collect();
        let (over, kept) = open.into_iter().partition(|alert| findings.exclude(&alert.cause));
        Self { kept, begun, over }
    }

    fn is_empty(&self) -> bool {
        self.begun.is_empty() && self.over.is_empty()
    }

    /// Returns the message: a line for each alert, and which deployment it is about.
    async fn text(&self, state: &AppState) -> String {
        let mut text = match state.ports.config().public_url().await {
            Ok(url) => format!("Zoom for Marketo at {url}:"),
            Err(_) => "Zoom for Marketo:".to_owned(),
        };
        let begun = self.begun.iter().map(|alert| ("", alert));
        let lines = begun.chain(self.over.iter().map(|alert| ("Over: ", alert)));
        for (prefix, alert) in lines.take(MAX_LINES) {
            text.push('\n');
            text.push_str(prefix);
            text.push_str(&alert.text);
        }
        let more = (self.begun.len() + self.over.len()).saturating_sub(MAX_LINES);
        if more > 0 {
            text.push_str(&format!("\nAnd {more} more; see the console."));
        }
        text
    }
}
