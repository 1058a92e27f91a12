//! The ledger: what is known of one address at one webinar. It is looked at first, so that nobody is registered twice
//! and no add call is spent in vain (R12).

use super::candidate::Candidate;
use super::outcome::Outcome;
use crate::app::App;
use domain::records::{self, AddCalls, ProgramsKey, Registration, RegistrationKey, VERSION};
use domain::time::Timestamp;
use domain::{Code, EmailHash, Error, Problem, ProgramId, WebinarId};
use zoom_client::error::next_utc_midnight;

/// Zoom takes this many add-registrant calls per address and UTC day (R12).
pub const ADD_CALLS_A_DAY: u8 = 3;

/// An entry's place.
pub fn key(webinar: WebinarId, candidate: &Candidate) -> RegistrationKey {
    RegistrationKey { webinar, email: candidate.email.hash() }
}

/// Reads an entry's place out of a store key; `None` for keys of other kinds.
pub fn parse_key(key: &str) -> Option<RegistrationKey> {
    let (webinar, email) = key.strip_prefix("registration:")?.split_once(':')?;
    Some(RegistrationKey { webinar: webinar.parse().ok()?, email: EmailHash::parse(email)? })
}

/// What a ledger entry settles without asking Zoom. `since` is when the push was asked for: a failure that is older
/// is tried again, since somebody may have mended its cause.
pub fn settled(entry: &Registration, since: Timestamp, now: Timestamp) -> Option<Outcome> {
    match &entry.outcome {
        records::Outcome::Registered { registrant, join_url } => {
            Some(Outcome::Registered { registrant: registrant.clone(), join_url: join_url.clone() })
        }
        records::Outcome::Pending { registrant } => Some(Outcome::Pending { registrant: registrant.clone() }),
        records::Outcome::Failed { problem, next_try } => {
            let parked = problem.code == Code::DailyLimit && next_try.is_some_and(|at| now < at);
            let fresh = next_try.is_none() && entry.at > since;
            (parked || fresh).then(|| Outcome::Failed(problem.clone()))
        }
    }
}

/// The webinars, besides one, at which an address may have spent add calls today.
pub async fn other_webinars(app: &App, webinar: WebinarId) -> Result<Vec<WebinarId>, Error> {
    let mut others = app.ports.store().get(&ProgramsKey {}).await?.unwrap_or_default().webinars;
    others.retain(|&other| other != webinar);
    Ok(others)
}

/// How many add calls an address spent today at some webinars. Zoom is reported to count them together (R12).
pub async fn spent_at(app: &App, webinars: &[WebinarId], candidate: &Candidate) -> Result<u8, Error> {
    let mut spent: u8 = 0;
    for &webinar in webinars {
        let entry = app.ports.store().get(&key(webinar, candidate)).await?;
        spent = spent.saturating_add(add_calls(entry.as_ref(), app.ports.clock.now()).count);
    }
    Ok(spent)
}

/// What is said of an address whose add call may be lost: Zoom is asked before anything is sent again.
pub fn lost(now: Timestamp) -> records::Outcome {
    records::Outcome::Failed { problem: Problem::of(Code::ZoomUnavailable), next_try: Some(now) }
}

/// Whether an add call was lost, so that nobody knows whether Zoom has the person.
pub fn is_unknown(entry: &Registration) -> bool {
    matches!(&entry.outcome, records::Outcome::Failed { problem, .. } if problem.code == Code::ZoomUnavailable)
}

/// The add calls that were spent today.
pub fn add_calls(entry: Option<&Registration>, now: Timestamp) -> AddCalls {
    let day = now.utc_day();
    entry.map(|entry| entry.adds).filter(|adds| adds.day == day).unwrap_or(AddCalls { day, count: 0 })
}

/// Whether one more add call would pass Zoom's limit, given those spent at other webinars.
pub const fn is_spent(adds: AddCalls, elsewhere: u8) -> bool {
    adds.count.saturating_add(elsewhere) >= ADD_CALLS_A_DAY
}

/// One more add call.
#[must_use]
pub const fn one_more(adds: AddCalls) -> AddCalls {
    AddCalls { day: adds.day, count: adds.count.saturating_add(1) }
}

/// The failure of an address whose add calls are spent: parked until 00:00 UTC.
pub fn parked(now: Timestamp) -> records::Outcome {
    records::Outcome::Failed { problem: Problem::of(Code::DailyLimit), next_try: Some(next_utc_midnight(now)) }
}

/// Writes an entry.
pub async fn write(
    app: &App,
    program: ProgramId,
    webinar: WebinarId,
    candidate: &Candidate,
    outcome: records::Outcome,
    adds: AddCalls,
) -> Result<(), Error> {
    let entry = Registration { v: VERSION, program, lead: candidate.lead, at: app.ports.clock.now(), outcome, adds };
    Ok(app.ports.store().put(&key(webinar, candidate), &entry).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Sensitive;

    fn entry(outcome: records::Outcome, at: &str, count: u8) -> Registration {
        let at: Timestamp = at.parse().unwrap();
        let adds = AddCalls { day: at.utc_day(), count };
        Registration { v: 1, program: 1.into(), lead: 2.into(), at, outcome, adds }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn r12_no_fourth_add_call_on_a_day_and_a_new_day_is_new() {
        let failed = records::Outcome::Failed { problem: Problem::of(Code::InvalidField), next_try: None };
        let entry = entry(failed, "2026-11-02T23:59:00Z", 3);
        assert!(is_spent(add_calls(Some(&entry), at("2026-11-02T23:59:59Z")), 0));
        assert!(!is_spent(add_calls(Some(&entry), at("2026-11-03T00:00:00Z")), 2));
        assert!(is_spent(add_calls(Some(&entry), at("2026-11-03T00:00:00Z")), 3));
        assert_eq!(one_more(add_calls(None, at("2026-11-03T00:00:00Z"))).count, 1);
    }

    #[test]
    fn daily_limit_is_parked_until_midnight_utc() {
        let entry = entry(parked(at("2026-11-02T10:00:00Z")), "2026-11-02T10:00:00Z", 3);
        let settled_at = |now: &str| settled(&entry, at("2026-11-02T12:00:00Z"), at(now)).map(|outcome| outcome.name());
        assert_eq!(settled_at("2026-11-02T23:59:59Z"), Some("failed"));
        assert_eq!(settled_at("2026-11-03T00:00:00Z"), None);
    }

    #[test]
    fn a_failure_settles_the_push_that_met_it_and_no_later_one() {
        let failed = records::Outcome::Failed { problem: Problem::of(Code::InvalidField), next_try: None };
        let entry = entry(failed, "2026-11-02T10:00:00Z", 1);
        let now = at("2026-11-02T11:00:00Z");
        assert!(settled(&entry, at("2026-11-02T09:59:00Z"), now).is_some());
        assert!(settled(&entry, at("2026-11-02T10:30:00Z"), now).is_none());
    }

    #[test]
    fn who_is_registered_is_never_asked_about_again() {
        let registered =
            records::Outcome::Registered { registrant: "r".into(), join_url: Sensitive::from("https://x") };
        let entry = entry(registered, "2026-11-02T10:00:00Z", 1);
        let outcome = settled(&entry, at("2030-01-01T00:00:00Z"), at("2030-01-01T00:00:00Z")).unwrap();
        assert_eq!(outcome.name(), "registered");
    }
}
