//! Whether a program member is registered in this webinar. Only people whose registration stood at its end can be No Show
//! (R19). Pure.

use super::registrant_index::RegistrantIndex;
use crate::person::PersonKey;
use crate::store::checkpoint::MemberRow;
use std::collections::HashSet;

/// The relation of a program member to the webinar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Membership {
    /// Registered in this webinar.
    Registered(PersonKey),
    /// The registration was cancelled or denied. Zoom keeps no trace of a registration that a person cancelled.
    Cancelled,
    /// Registered to another webinar through this program.
    OtherWebinar,
    /// Never registered in Zoom.
    NeverRegistered,
    /// Zoom has no lists that show it.
    Unknown,
}

impl Membership {
    /// Returns the relation of a member. `denied` are the keys of cancelled and denied registrations.
    pub(crate) fn of(member: &MemberRow, registrants: &RegistrantIndex, denied: &HashSet<PersonKey>) -> Self {
        let Some(id) = &member.registrant else { return Self::NeverRegistered };
        let key = PersonKey::registrant(id);
        if registrants.is_registered(key) {
            Self::Registered(key)
        } else if member.is_of_other_webinar {
            Self::OtherWebinar
        } else if registrants.has_registrants() || denied.contains(&key) {
            Self::Cancelled
        } else {
            Self::Unknown
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::checkpoint::{MemberStandings, RegistrantRow};
    use serde_json::json;

    fn member(code: &str, link: &str) -> MemberRow {
        let row = json!({"leadId": 7, "statusName": "Registered", "registrationCode": code, "webinarUrl": link});
        MemberRow::of(serde_json::from_value(row).unwrap(), &MemberStandings::default(), 81.into())
    }

    #[test]
    fn r19_only_a_registration_in_this_webinar_that_stands_can_become_no_show() {
        let mut registrants = RegistrantIndex::new(true);
        let listed = json!({"id": "r1", "email": "r1@x.test"});
        registrants.add_registrant(&RegistrantRow::of(serde_json::from_value(listed).unwrap()).unwrap());
        let key = |id: &str| PersonKey::registrant(&id.into());
        let denied = HashSet::from([key("r2")]);
        let of = |code, link| Membership::of(&member(code, link), &registrants, &denied);
        assert_eq!(of("r1", ""), Membership::Registered(key("r1")));
        assert_eq!(of("r2", "https://zoom.test/w/81?tk=r2"), Membership::Cancelled);
        // The person cancelled by the link in Zoom's mail, so that no list has the registration.
        assert_eq!(of("r3", "https://zoom.test/w/81?tk=r3"), Membership::Cancelled);
        assert_eq!(of("r4", "https://zoom.test/w/82?tk=r4"), Membership::OtherWebinar);
        assert_eq!(of("", ""), Membership::NeverRegistered);
        assert_eq!(Membership::of(&member("r1", ""), &RegistrantIndex::new(false), &denied), Membership::Unknown);
    }
}
