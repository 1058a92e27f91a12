//! What is wrong now. What cannot be looked at leaves its alerts as they are.

use super::programs;
use crate::state::AppState;
use domain::records::{Alert, AlertCause, ServiceKey, ServiceState, ServicesKey};
use domain::time::{SignedDuration, Timestamp};
use domain::{Component, Error, ErrorCode};
use platform::internal_api::{self, RegistrationWatch};

/// How long leads may wait. A retry after an outage takes half an hour at most.
const MAX_WAIT: SignedDuration = SignedDuration::from_hours(1);

/// How long the scheduler may be silent. It is to call about every minute, and some schedulers skip calls.
const MAX_SILENCE: SignedDuration = SignedDuration::from_mins(10);

/// How long `registration` may take to count.
const WATCH_TIMEOUT: SignedDuration = SignedDuration::from_secs(3);

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Services,
    Programs,
    Registration,
    Quota,
    Tick,
}

/// What a look found.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// What is wrong.
    pub(super) alerts: Vec<Alert>,
    looked_at: Vec<Source>,
}

impl Findings {
    /// Returns whether a cause is over: its source was looked at, and it was not found.
    pub(super) fn exclude(&self, cause: &AlertCause) -> bool {
        self.looked_at.contains(&source_of(cause)) && !self.alerts.iter().any(|alert| alert.cause.is_same(cause))
    }

    fn add(&mut self, cause: AlertCause, text: String, since: Timestamp) {
        self.alerts.push(Alert { cause, text, since });
    }
}

fn source_of(cause: &AlertCause) -> Source {
    match cause {
        AlertCause::ServiceNeedsSignIn(_) => Source::Services,
        AlertCause::ProgramFailed(_) => Source::Programs,
        AlertCause::LeadsWaiting | AlertCause::CallbackRefused(_) => Source::Registration,
        AlertCause::MarketoQuota => Source::Quota,
        AlertCause::TickLate => Source::Tick,
    }
}

/// Looks whether the scheduler was silent for too long until an instant. If not, the alert of it is over.
pub(super) fn look_at_tick(findings: &mut Findings, last: Option<Timestamp>, until: Timestamp) {
    findings.looked_at.push(Source::Tick);
    find_gap(findings, last, until);
}

/// Finds that the scheduler was silent for too long until an instant. Ends no alert.
pub(super) fn find_gap(findings: &mut Findings, last: Option<Timestamp>, until: Timestamp) {
    if let Some(last) = last.filter(|last| *last + MAX_SILENCE < until) {
        let text = format!("The scheduler did not call the tick for more than {} minutes.", MAX_SILENCE.as_mins());
        findings.add(AlertCause::TickLate, text, last);
    }
}

/// Looks at everything else.
pub(super) async fn look_at_all(state: &AppState, findings: &mut Findings) {
    if let Err(error) = look_at_services(state, findings).await {
        platform::log!(Warn, "alerts.look_failed", at = "services", error = error);
    }
    let programs = look_at_programs(state, findings).await;
    let registration = look_at_registration(state, findings).await;
    match (programs, registration) {
        (Ok(by_programs), Ok(by_registration)) => {
            // A program that cannot be read may wait for the quota.
            if findings.looked_at.contains(&Source::Programs) {
                findings.looked_at.push(Source::Quota);
            }
            if by_programs || by_registration {
                let text = "Marketo's daily API quota is used up; leads and attendance wait until it resets.";
                findings.add(AlertCause::MarketoQuota, text.to_owned(), state.now());
            }
        }
        (programs, registration) => {
            for (at, failed) in [("programs", programs.err()), ("registration", registration.err())] {
                if let Some(error) = failed {
                    platform::log!(Warn, "alerts.look_failed", at = at, error = error);
                }
            }
        }
    }
}

async fn look_at_services(state: &AppState, findings: &mut Findings) -> Result<(), Error> {
    let ids = state.store().get(&ServicesKey {}).await?.map(|services| services.ids).unwrap_or_default();
    let mut found = Vec::new();
    for id in ids {
        let service = state.store().get(&ServiceKey { id }).await?;
        found.extend(service.filter(|service| service.state == ServiceState::NeedsSignIn));
    }
    findings.looked_at.push(Source::Services);
    for service in found {
        // Chat services read these characters as markup.
        let name = service.name.replace(['<', '>', '&'], " ");
        let text = format!(
            "Zoom no longer accepts the sign-in of \"{name}\"; a Zoom admin has to sign in again in the console."
        );
        findings.add(AlertCause::ServiceNeedsSignIn(service.id), text, state.now());
    }
    Ok(())
}

/// Returns whether a program waits for Marketo's quota. A program that cannot be read may have failed, so no alert of a program
/// is over then.
async fn look_at_programs(state: &AppState, findings: &mut Findings) -> Result<bool, Error> {
    let programs = programs::count(state).await?;
    if programs.unreadable == 0 {
        findings.looked_at.push(Source::Programs);
    }
    for (program, code) in programs.failed {
        let text = format!("The attendance of program {program} failed: {code}.");
        findings.add(AlertCause::ProgramFailed(program), text, state.now());
    }
    Ok(programs.problems.contains(&ErrorCode::MarketoQuota))
}

/// Returns whether leads wait for Marketo's quota.
async fn look_at_registration(state: &AppState, findings: &mut Findings) -> Result<bool, Error> {
    let watch = registration(state).await?;
    findings.looked_at.push(Source::Registration);
    if let Some(since) = watch.waiting_since.filter(|since| *since + MAX_WAIT < state.now()) {
        findings.add(AlertCause::LeadsWaiting, "Leads have been waiting for more than an hour.".to_owned(), since);
    }
    if let Some(origin) = watch.refused_callback {
        let text = format!(
            "A callback to {origin} was refused; if that is Marketo's address, add it to marketo_callback_url."
        );
        findings.add(AlertCause::CallbackRefused(origin), text, state.now());
    }
    Ok(watch.is_quota_used_up)
}

/// Returns what `registration` counts.
pub(crate) async fn registration(state: &AppState) -> Result<RegistrationWatch, Error> {
    internal_api::call(&state.ports, Component::Registration, &["watch"], &(), WATCH_TIMEOUT).await
}
