//! Zoom allows 3 add-registrant calls per e-mail address, webinar and UTC day (R12).
//!
//! The ledger counts them. An address that used up its calls, or for which Zoom itself says so, is parked until 00:00 UTC.

use domain::records::{AddCalls, Registration, RegistrationOutcome};
use domain::time::{Timestamp, UtcDay};
use domain::{ErrorCode, Problem};
use zoom_client::error::next_utc_midnight;

/// Maximum number of add-registrant calls for one address, webinar and UTC day.
pub const MAX_ADD_CALLS_PER_DAY: u8 = 3;

/// Returns the add calls that a ledger entry counts for today.
pub fn add_calls_today(entry: Option<&Registration>, now: Timestamp) -> AddCalls {
    let day = UtcDay::of(now);
    entry.map(|entry| entry.adds).filter(|adds| adds.day == day).unwrap_or(AddCalls { day, count: 0 })
}

/// Returns whether the next add call would exceed Zoom's limit.
pub const fn is_exhausted(add_calls: AddCalls) -> bool {
    add_calls.count >= MAX_ADD_CALLS_PER_DAY
}

/// Counts one more add call.
#[must_use]
pub const fn one_more(add_calls: AddCalls) -> AddCalls {
    AddCalls { day: add_calls.day, count: add_calls.count.saturating_add(1) }
}

/// Returns the failure of an address that is parked until 00:00 UTC.
pub fn parked(now: Timestamp) -> RegistrationOutcome {
    RegistrationOutcome::failed(Problem::of(ErrorCode::DailyLimit), Some(next_utc_midnight(now)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::ledger;

    fn entry(outcome: RegistrationOutcome, at: &str) -> Registration {
        let at: Timestamp = at.parse().unwrap();
        let adds = AddCalls { day: UtcDay::of(at), count: 3 };
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
    fn r12_a_fourth_add_call_waits_for_the_next_utc_day() {
        let failed = RegistrationOutcome::failed(Problem::of(ErrorCode::InvalidField), None);
        let entry = entry(failed, "2026-11-02T23:59:00Z");
        assert!(is_exhausted(add_calls_today(Some(&entry), at("2026-11-02T23:59:59Z"))));
        assert!(!is_exhausted(add_calls_today(Some(&entry), at("2026-11-03T00:00:00Z"))));
        assert_eq!(one_more(add_calls_today(None, at("2026-11-03T00:00:00Z"))).count, 1);
    }

    #[test]
    fn daily_limit_is_parked_until_midnight_utc() {
        let entry = entry(parked(at("2026-11-02T10:00:00Z")), "2026-11-02T10:00:00Z");
        let settled_at =
            |now: &str| matches!(ledger::known(&entry, at("2026-11-02T12:00:00Z"), at(now)), ledger::Known::Outcome(_));
        assert!(settled_at("2026-11-02T23:59:59Z"));
        assert!(!settled_at("2026-11-03T00:00:00Z"));
    }
}
