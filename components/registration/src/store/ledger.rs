//! The ledger: the state of one e-mail address at one webinar. It is a cache of Zoom's registrants: a lead that it
//! knows is not registered twice, and costs no add call (R12).

use crate::outcome::LeadOutcome;
use crate::state::AppState;
use domain::records::{Registration, RegistrationKey, RegistrationOutcome};
use domain::time::Timestamp;
use domain::{Email, Error, ErrorCode, Problem, WebinarId};

/// Returns the key of an address at a webinar.
pub fn key(webinar: WebinarId, email: &Email) -> RegistrationKey {
    RegistrationKey { webinar, email: email.hash() }
}

/// Reads the entry of an address at a webinar.
pub async fn read(state: &AppState, webinar: WebinarId, email: &Email) -> Result<Option<Registration>, Error> {
    Ok(state.ports.store().get(&key(webinar, email)).await?)
}

/// Reads all failed entries, and skips unreadable ones. Reads the whole ledger: for the console only.
pub async fn read_failed(state: &AppState) -> Result<Vec<Registration>, Error> {
    let mut failed = Vec::new();
    for key in state.ports.store().list::<RegistrationKey>().await? {
        let entry = state.ports.store().get_readable(&key).await?;
        failed.extend(entry.filter(|entry| matches!(entry.outcome, RegistrationOutcome::Failed { .. })));
    }
    Ok(failed)
}

/// Writes an entry.
pub async fn write(state: &AppState, key: &RegistrationKey, entry: &Registration) -> Result<(), Error> {
    Ok(state.ports.store().put(key, entry).await?)
}

/// Returns the outcome that an entry settles without a call to Zoom. A failure older than the request is not settled:
/// the admin may have removed its cause since.
pub fn known_outcome(entry: &Registration, requested_at: Timestamp, now: Timestamp) -> Option<LeadOutcome> {
    match &entry.outcome {
        RegistrationOutcome::Registered { registrant, join_url } => {
            Some(LeadOutcome::Registered { registrant: registrant.clone(), join_url: join_url.clone() })
        }
        RegistrationOutcome::Pending { registrant } => Some(LeadOutcome::Pending { registrant: registrant.clone() }),
        RegistrationOutcome::Failed { problem, next_try } => {
            let is_parked = problem.code == ErrorCode::DailyLimit && next_try.is_some_and(|at| now < at);
            let is_of_this_request = next_try.is_none() && entry.at > requested_at;
            (is_parked || is_of_this_request).then(|| LeadOutcome::Failed(problem.clone()))
        }
    }
}

/// Returns the outcome of an add call whose answer was lost: Zoom is asked for the address before the next add call.
pub fn unknown_outcome(now: Timestamp) -> RegistrationOutcome {
    RegistrationOutcome::Failed { problem: Problem::of(ErrorCode::ZoomUnavailable), next_try: Some(now) }
}

/// Returns whether Zoom may have the registrant of an entry although the ledger does not.
pub fn is_outcome_unknown(entry: &Registration) -> bool {
    matches!(&entry.outcome, RegistrationOutcome::Failed { problem, .. } if problem.code == ErrorCode::ZoomUnavailable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Sensitive;
    use domain::records::AddCalls;
    use domain::time::UtcDay;

    fn entry(outcome: RegistrationOutcome, at: &str, count: u8) -> Registration {
        let at: Timestamp = at.parse().unwrap();
        let adds = AddCalls { day: UtcDay::of(at), count };
        Registration { v: 1, program: 1.into(), lead: 2.into(), at, outcome, adds }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_failure_settles_its_own_request_and_no_later_one() {
        let failed = RegistrationOutcome::Failed { problem: Problem::of(ErrorCode::InvalidField), next_try: None };
        let entry = entry(failed, "2026-11-02T10:00:00Z", 1);
        let now = at("2026-11-02T11:00:00Z");
        assert!(known_outcome(&entry, at("2026-11-02T09:59:00Z"), now).is_some());
        assert!(known_outcome(&entry, at("2026-11-02T10:30:00Z"), now).is_none());
    }

    #[test]
    fn a_registered_entry_settles_every_request() {
        let registered =
            RegistrationOutcome::Registered { registrant: "r".into(), join_url: Sensitive::from("https://x") };
        let entry = entry(registered, "2026-11-02T10:00:00Z", 1);
        let outcome = known_outcome(&entry, at("2030-01-01T00:00:00Z"), at("2030-01-01T00:00:00Z")).unwrap();
        assert_eq!(outcome.name(), "registered");
    }
}
