//! The ledger: the state of one e-mail address at one webinar. It is a cache of Zoom's registrants: a lead that it
//! knows is not registered twice, and costs no add call (R12).

use crate::outcome::LeadOutcome;
use crate::state::AppState;
use domain::records::{Registration, RegistrationKey, RegistrationOutcome};
use domain::time::Timestamp;
use domain::{Email, Error, ErrorCode, Problem, RegistrantId, WebinarId};

/// Returns the key of an address at a webinar.
pub fn key(webinar: WebinarId, email: &Email) -> RegistrationKey {
    RegistrationKey { webinar, email: email.hash() }
}

/// Reads the entry of an address at a webinar.
pub async fn read(state: &AppState, webinar: WebinarId, email: &Email) -> Result<Option<Registration>, Error> {
    read_key(state, &key(webinar, email)).await
}

/// Reads an entry.
pub async fn read_key(state: &AppState, key: &RegistrationKey) -> Result<Option<Registration>, Error> {
    Ok(state.ports.store().get(key).await?)
}

/// Returns whether an entry is of a person who cancelled, or whose registrant the host deleted.
pub fn is_cancelled(entry: &Registration) -> bool {
    entry.outcome.is_cancelled()
}

/// Writes an entry, and counts it.
pub async fn write(state: &AppState, key: &RegistrationKey, entry: &Registration) -> Result<(), Error> {
    let before = read_key(state, key).await?;
    state.ports.store().put(key, entry).await?;
    state.counts.record(key.webinar, before.as_ref(), entry);
    Ok(())
}

/// What an entry says to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// The outcome. Zoom need not be asked.
    Outcome(LeadOutcome),
    /// The registrant as an earlier request left it. Zoom may have changed it since, so it is asked (R18).
    Registrant(RegistrantId),
    /// Nothing: the lead is to be added.
    Nothing,
}

/// Returns what an entry says to a request. A registration that is older than the request is checked at Zoom. A failure
/// that is older does not count: the admin may have removed its cause since.
pub fn known(entry: &Registration, requested_at: Timestamp, now: Timestamp) -> Known {
    let is_of_this_request = entry.at > requested_at;
    match &entry.outcome {
        RegistrationOutcome::Registered { registrant, .. } | RegistrationOutcome::Pending { registrant } => {
            if is_of_this_request {
                Known::Outcome(entry.outcome.clone().into())
            } else {
                Known::Registrant(registrant.clone())
            }
        }
        RegistrationOutcome::Failed { problem, next_try, registrant } => {
            let is_parked = problem.code == ErrorCode::DailyLimit && next_try.is_some_and(|at| now < at);
            match registrant {
                _ if is_parked || (next_try.is_none() && is_of_this_request) => {
                    Known::Outcome(LeadOutcome::Failed(problem.clone()))
                }
                Some(registrant) => Known::Registrant(registrant.clone()),
                None => Known::Nothing,
            }
        }
    }
}

/// Returns the outcome of an add call whose answer was lost: Zoom is asked for the address before the next add call.
pub fn unknown_outcome(now: Timestamp) -> RegistrationOutcome {
    RegistrationOutcome::failed(Problem::of(ErrorCode::ZoomUnavailable), Some(now))
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
        Registration {
            v: 1,
            program: 1.into(),
            lead: 2.into(),
            at,
            outcome,
            adds,
            others_stale: false,
            copy_pending: false,
            source: None,
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_failure_settles_its_own_request_and_no_later_one() {
        let failed = RegistrationOutcome::failed(Problem::of(ErrorCode::InvalidField), None);
        let entry = entry(failed, "2026-11-02T10:00:00Z", 1);
        let now = at("2026-11-02T11:00:00Z");
        assert!(matches!(known(&entry, at("2026-11-02T09:59:00Z"), now), Known::Outcome(LeadOutcome::Failed(_))));
        assert_eq!(known(&entry, at("2026-11-02T10:30:00Z"), now), Known::Nothing);
    }

    #[test]
    fn r18_a_registration_settles_its_own_request_and_is_checked_for_a_later_one() {
        let now = at("2026-11-02T11:00:00Z");
        let registered =
            RegistrationOutcome::Registered { registrant: "r".into(), join_url: Sensitive::from("https://x") };
        let denied = RegistrationOutcome::Failed {
            problem: Problem::of(ErrorCode::RegistrantDenied),
            next_try: None,
            registrant: Some("r".into()),
        };
        for outcome in [registered, RegistrationOutcome::Pending { registrant: "r".into() }, denied] {
            let entry = entry(outcome, "2026-11-02T10:00:00Z", 1);
            let own = known(&entry, at("2026-11-02T09:59:00Z"), now);
            assert_eq!(own, Known::Outcome(entry.outcome.clone().into()));
            assert_eq!(known(&entry, at("2026-11-02T10:30:00Z"), now), Known::Registrant("r".into()));
        }
    }
}
